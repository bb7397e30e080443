//! Who looks after running parts: pid files for the stack that stays, a guard for throw-away ones.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;
use crate::guard::Guard;
use crate::part::Part;
use crate::process::{Process, ProcessId};

/// How long a part that lives may take to answer before it counts as unhealthy. A service whose
/// database has just come back needs a moment.
const RECOVERY: Duration = Duration::from_secs(5);

/// Where it is written down which processes were started.
#[derive(Debug)]
pub(crate) enum Keeper {
    /// They outlive this process: each has a pid file in this folder.
    Recorded(PathBuf),
    /// They end with this process.
    Guarded(Guard),
}

impl Keeper {
    /// Makes a part run and waits until it is ready. A healthy one of an earlier run is left alone;
    /// an unhealthy or outdated one is replaced.
    pub(crate) async fn bring_up(&self, part: &Part) -> Result<Process, Error> {
        if let Some(process) = self.take_over(part).await {
            return Ok(process);
        }
        let mut process = self.start(part)?;
        let waited = |seconds| tracing::info!("waiting for {} ({seconds} s) …", part.title);
        match part.wait_ready(&mut process, waited).await {
            Ok(()) => {
                tracing::info!("{} is ready", part.title);
                Ok(process)
            }
            Err(error) => {
                process.end(part.stop).await;
                self.forget(part, process.id());
                Err(error)
            }
        }
    }

    /// Starts a part and writes it down, without waiting for it.
    pub(crate) fn start(&self, part: &Part) -> Result<Process, Error> {
        let process = part.spawn()?;
        match self {
            Self::Guarded(guard) => guard.watch(&process),
            Self::Recorded(folder) => {
                let record = format!("{} {}\n", process.id(), outline(part));
                let path = folder.join(format!("{}.pid", part.name));
                fs::write(&path, record).map_err(Error::io("write", &path))?;
            }
        }
        Ok(process)
    }

    /// A part has ended.
    pub(crate) fn forget(&self, part: &Part, process: &ProcessId) {
        match self {
            Self::Guarded(guard) => guard.forget(process),
            Self::Recorded(folder) => {
                let _missing = fs::remove_file(folder.join(format!("{}.pid", part.name)));
            }
        }
    }

    /// The process of an earlier run, when it still does what the part wants.
    async fn take_over(&self, part: &Part) -> Option<Process> {
        let Self::Recorded(folder) = self else {
            return None;
        };
        let path = folder.join(format!("{}.pid", part.name));
        let mut process = Process::from_pid_file(&path)?;
        let reason = if fs::read_to_string(&path).ok()?.trim_end().ends_with(&outline(part))
            && runs_present_program(part, &process)
        {
            let patient = Part { start_limit: RECOVERY, ..part.clone() };
            if patient.wait_ready(&mut process, |_| {}).await.is_ok() {
                tracing::info!("{} is running", part.title);
                return Some(process);
            }
            "does not answer"
        } else {
            "has changed"
        };
        tracing::info!("{} {reason}: starting it anew", part.title);
        process.end(part.stop).await;
        self.forget(part, process.id());
        None
    }
}

/// A number that changes with the part's command line or environment.
fn outline(part: &Part) -> String {
    let mut hasher = DefaultHasher::new();
    (&part.program, &part.args, &part.env).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Whether the process runs the file that is on disk now and not one that a build has replaced.
/// Start scripts run another program in the end, so only our own binaries can be compared.
fn runs_present_program(part: &Part, process: &Process) -> bool {
    let running = fs::metadata(format!("/proc/{}/exe", process.id().pid()));
    let (Ok(running), Ok(present)) = (running, fs::metadata(&part.program)) else {
        return true;
    };
    let same_file = (running.dev(), running.ino()) == (present.dev(), present.ino());
    same_file || !part.is_ours
}
