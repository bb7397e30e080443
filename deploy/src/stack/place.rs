//! The folder of the stack that stays: what lies where, one run at a time, and what still runs.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use crate::account::Account;
use crate::engines::{Site, Size};
use crate::error::Error;
use crate::process::{self, Process, ProcessId, Stop};
use crate::programs::DAEMONS;
use crate::settings::Settings;

/// Where engines keep their data when their account cannot enter the project's folder, as in a
/// checkout in root's home.
const ELSEWHERE: &str = "/var/lib/errata-stack";

/// The folders of one stack.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) run: PathBuf,
    pub(crate) logs: PathBuf,
    account: Account,
}

impl Place {
    /// Makes the folders unless they are there.
    pub(crate) fn of(settings: &Settings) -> Result<Self, Error> {
        let folder = settings.folder.clone();
        let (run, logs) = (folder.join("run"), folder.join("log"));
        for path in [&run, &logs, &folder.join("spool")] {
            fs::create_dir_all(path).map_err(Error::io("create", path))?;
        }
        let folder = fs::canonicalize(&folder).map_err(Error::io("find", &folder))?;
        Ok(Self { folder, run, logs, account: Account::for_engines()? })
    }

    /// Waits until no other run works on this stack. The lock goes with the process that holds it.
    pub(crate) async fn lock(&self) -> Result<File, Error> {
        let path = self.folder.join("lock");
        let file = File::create(&path).map_err(Error::io("open", &path))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path)(source)),
                Err(TryLockError::WouldBlock) if !told => {
                    tracing::info!("waiting for another run of the stack to finish …");
                    told = true;
                }
                Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Where the engines are; their account can enter the folder afterwards.
    pub(crate) fn engines(&self, settings: &Settings) -> Result<Site, Error> {
        let within = self.folder.join("engines");
        fs::create_dir_all(&within).map_err(Error::io("create", &within))?;
        let folder = if self.account.can_enter(&within) { within } else { self.elsewhere() };
        self.account.folder(&folder)?;
        let site = Site {
            folder,
            logs: self.logs.clone(),
            account: self.account.clone(),
            size: Size::Development,
            ports: settings.engine_ports,
        };
        site.check_reachable("STACK_DIR")?;
        Ok(site)
    }

    fn elsewhere(&self) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        self.folder.hash(&mut hasher);
        Path::new(ELSEWHERE).join(format!("{:016x}", hasher.finish()))
    }

    /// Everywhere that engines of this stack may keep data.
    pub(crate) fn engine_folders(&self) -> [PathBuf; 2] {
        [self.folder.join("engines"), self.elsewhere()]
    }

    /// The parts that are written down and still run.
    pub(crate) fn recorded(&self) -> Vec<(String, Process)> {
        let entries = fs::read_dir(&self.run).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let name = entry.file_name().to_str()?.strip_suffix(".pid")?.to_owned();
                Some((name, Process::from_pid_file(&entry.path())?))
            })
            .collect()
    }

    /// Ends engines that work in this stack's folders but are written down nowhere: what is left
    /// when a run was killed between starting a part and noting it.
    pub(crate) async fn end_strays(&self) {
        let known: BTreeSet<i32> = self
            .recorded()
            .iter()
            .flat_map(|(_, process)| process.id().with_descendants())
            .map(|id| id.pid())
            .collect();
        let folders = self.engine_folders();
        let is_stray = |id: &ProcessId| {
            !known.contains(&id.pid())
                && id.works_in().is_some_and(|path| folders.iter().any(|own| path.starts_with(own)))
        };
        for (id, name) in process::named(&DAEMONS) {
            if is_stray(&id) {
                tracing::info!("ending {name}, left over from an interrupted run");
                id.end(Stop::interrupt(10)).await;
            }
        }
    }
}
