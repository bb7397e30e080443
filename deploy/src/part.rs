//! A part of the stack: a program with its arguments, and how to tell that it is ready.
//!
//! Engines, the edge and our own services are all parts; what makes each of them special stands in
//! the module that builds it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::account::Account;
use crate::error::Error;
use crate::ports;
use crate::process::{Process, Stop};
use crate::ready::Ready;

/// How often readiness is asked for while a part starts.
const POLL: Duration = Duration::from_millis(50);

/// How many of a log's last lines an error shows.
const TAIL_LINES: usize = 12;

/// What the caller left open (a lock on the build folder, a pipe of `make`) must not stay open for as
/// long as an engine lives, and nothing in safe Rust closes what it did not open. A shell does, and
/// then becomes the program. Numbers above 9 cannot be named in every shell; callers use low ones.
const CLOSE_INHERITED: &str = r#"exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec "$@""#;

/// Everything needed to run one part.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Its file name in the log and pid folders.
    pub(crate) name: String,
    /// What to call it in messages.
    pub(crate) title: String,
    pub(crate) program: PathBuf,
    /// Whether the program is built from this repository.
    pub(crate) is_ours: bool,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) folder: PathBuf,
    pub(crate) account: Account,
    pub(crate) log: PathBuf,
    /// The ports it listens on, each with the variable that changes it.
    pub(crate) ports: Vec<(u16, &'static str)>,
    pub(crate) ready: Ready,
    /// How long it may take to get ready.
    pub(crate) start_limit: Duration,
    pub(crate) stop: Stop,
}

impl Part {
    /// Starts the program in its own process group, so that Ctrl-C at the terminal ends the
    /// command that the person runs and not the engines behind it.
    pub(crate) fn spawn(&self) -> Result<Process, Error> {
        self.check_ports()?;
        if let Some(folder) = self.log.parent() {
            fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        let open = || {
            let options = OpenOptions::new().create(true).append(true).to_owned();
            options.open(&self.log).map_err(Error::io("open", &self.log))
        };
        let mut command = Command::new("sh");
        command
            .args(["-c", CLOSE_INHERITED, "sh"])
            .arg(&self.program)
            .args(&self.args)
            .envs(&self.env)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(open()?)
            .stderr(open()?)
            .process_group(0);
        self.account.apply(&mut command);
        let started = command.spawn().and_then(Process::of_child);
        started.map_err(Error::io("start", &self.program))
    }

    fn check_ports(&self) -> Result<(), Error> {
        match self.ports.iter().find(|(port, _)| ports::is_taken(*port)) {
            None => Ok(()),
            Some(&(port, setting)) => {
                Err(Error::PortTaken { part: self.title.clone(), port, setting })
            }
        }
    }

    /// Waits until the part is ready; `waited` is called once for every second spent waiting.
    pub(crate) async fn wait_ready(
        &self,
        process: &mut Process,
        waited: impl Fn(u64),
    ) -> Result<(), Error> {
        let begun = Instant::now();
        let mut seconds = 0;
        loop {
            if self.ready.holds().await {
                return Ok(());
            }
            if !process.is_alive() {
                return Err(self.ended(process));
            }
            if begun.elapsed() >= self.start_limit {
                return Err(self.not_ready());
            }
            if begun.elapsed().as_secs() > seconds {
                seconds = begun.elapsed().as_secs();
                waited(seconds);
            }
            sleep(POLL).await;
        }
    }

    fn ended(&self, process: &mut Process) -> Error {
        let status = process.exit_status();
        Error::Ended {
            part: self.title.clone(),
            status: status.map_or_else(|| "status unknown".to_owned(), |s| s.to_string()),
            log: self.log.clone(),
            tail: log_tail(&self.log),
        }
    }

    fn not_ready(&self) -> Error {
        Error::NotReady {
            part: self.title.clone(),
            limit: self.start_limit,
            log: self.log.clone(),
            tail: log_tail(&self.log),
        }
    }
}

/// The last lines of a log, each indented on a line of its own.
fn log_tail(log: &Path) -> String {
    tail(&String::from_utf8_lossy(&fs::read(log).unwrap_or_default()))
}

/// The last lines of some output, each indented on a line of its own.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.iter().skip(lines.len().saturating_sub(TAIL_LINES));
    last.map(|line| format!("\n  | {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_tail(text: &str, expected: &str) {
        assert_eq!(tail(text), expected);
    }

    #[test]
    fn the_tail_is_short_and_indented() {
        check_tail("", "");
        check_tail("one\n\ntwo\n", "\n  | one\n  | two");
        let long: String = (0..100).map(|n| format!("line {n}\n")).collect();
        assert_eq!(tail(&long).lines().count(), TAIL_LINES + 1);
        assert!(tail(&long).ends_with("line 99"));
    }
}
