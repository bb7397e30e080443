//! Programs of others that ours are compared with. They get a folder, free ports and the same care as our own
//! parts: whatever happens, they end with whoever started them. What they are is not known here.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::account::Account;
use crate::command::run;
use crate::error::Error;
use crate::guard::Guard;
use crate::keeper::Keeper;
use crate::part::Part;
use crate::ports;
use crate::process::{Process, Stop};
use crate::ready::Ready;

/// A program that sets something up, such as a schema, may take this long.
const SETUP_LIMIT: Duration = Duration::from_secs(120);

/// A program that runs until it is told to end.
#[derive(Clone, Debug)]
pub struct Guest {
    /// What to call it in messages, and its log.
    pub name: &'static str,
    /// The program.
    pub program: PathBuf,
    /// What it is told.
    pub args: Vec<String>,
    /// The port and the path that answer 200 when it is ready; a program without any is not waited for.
    pub ready: Option<(u16, &'static str)>,
}

/// Programs with a folder of their own, which is removed in the end. They end with [`Guests::stop`], when this is
/// dropped, and when the process that holds it is killed.
#[derive(Debug)]
pub struct Guests {
    running: Vec<(Part, Process)>,
    folder: PathBuf,
    keeper: Keeper,
}

impl Guests {
    /// A folder, with nothing running yet.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn new() -> Result<Self, Error> {
        let within = std::env::temp_dir();
        let folder = tempfile::Builder::new().prefix("errata-guests-").tempdir();
        let folder = folder.map_err(Error::io("create a folder in", &within))?.keep();
        let keeper = Keeper::Guarded(Guard::over(&folder)?);
        Ok(Self { running: Vec::new(), folder, keeper })
    }

    /// The folder, in which everything runs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A port that is free now.
    ///
    /// # Errors
    /// When none is.
    pub fn free_port() -> Result<u16, Error> {
        let [port] = ports::free()?;
        Ok(port)
    }

    /// Runs a program in the folder to its end; what it printed comes back.
    ///
    /// # Errors
    /// When it fails.
    pub async fn run(&self, program: &Path, args: &[&str]) -> Result<String, Error> {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.folder);
        run(command, SETUP_LIMIT).await
    }

    /// Starts a program in the folder and waits until it is ready.
    ///
    /// # Errors
    /// When it does not get ready; the error shows the end of its log.
    pub async fn start(&mut self, guest: Guest) -> Result<(), Error> {
        let logs = self.folder.join("log");
        fs::create_dir_all(&logs).map_err(Error::io("create", &logs))?;
        let (part, asked) = (self.part(&guest, &logs), guest.ready.is_some());
        let process =
            if asked { self.keeper.bring_up(&part).await? } else { self.keeper.start(&part)? };
        self.running.push((part, process));
        Ok(())
    }

    fn part(&self, guest: &Guest, logs: &Path) -> Part {
        let (port, path) = guest.ready.unwrap_or((0, ""));
        Part {
            name: guest.name.to_owned(),
            title: guest.name.to_owned(),
            program: guest.program.clone(),
            is_ours: false,
            args: guest.args.iter().map(Into::into).collect(),
            env: BTreeMap::from([("PYTHONUNBUFFERED".to_owned(), "1".to_owned())]),
            folder: self.folder.clone(),
            account: Account::present(),
            log: logs.join(format!("{}.log", guest.name)),
            ports: Vec::new(),
            ready: Ready::Http { address: (Ipv4Addr::LOCALHOST, port).into(), path },
            start_limit: Duration::from_secs(30),
            stop: Stop::terminate(20),
        }
    }

    /// What runs, by its processes; those that they started are not among them.
    #[must_use]
    pub fn pids(&self) -> Vec<i32> {
        self.running.iter().map(|(_, process)| process.id().pid()).collect()
    }

    /// Ends the programs, the first one first. The folder stays until this is dropped.
    pub async fn stop(&mut self) {
        for (part, mut process) in std::mem::take(&mut self.running) {
            process.end(part.stop).await;
            self.keeper.forget(&part, process.id());
        }
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        for (_, process) in &mut self.running {
            process.kill_now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Guest {
        let (program, args) = (PathBuf::from("/bin/sleep"), vec!["600".to_owned()]);
        Guest { name: "sleeper", program, args, ready: None }
    }

    #[tokio::test]
    async fn guests_end_and_leave_nothing() {
        let mut guests = Guests::new().unwrap();
        guests.start(sleeper()).await.unwrap();
        let (folder, pids) = (guests.folder().to_owned(), guests.pids());
        assert!(Path::new(&format!("/proc/{}", pids[0])).exists());
        guests.stop().await;
        assert!(!Path::new(&format!("/proc/{}", pids[0])).exists());
        assert!(folder.exists() && guests.pids().is_empty());
        drop(guests);
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn guests_that_are_dropped_end_too() {
        let mut guests = Guests::new().unwrap();
        guests.start(sleeper()).await.unwrap();
        let pids = guests.pids();
        drop(guests);
        assert!(!Path::new(&format!("/proc/{}", pids[0])).exists());
    }

    #[tokio::test]
    async fn a_program_that_ends_at_once_is_no_guest() {
        let mut guests = Guests::new().unwrap();
        let port = Guests::free_port().unwrap();
        let (program, args) = (PathBuf::from("/bin/false"), Vec::new());
        let guest = Guest { name: "nobody", program, args, ready: Some((port, "/")) };
        assert!(matches!(guests.start(guest).await, Err(Error::Ended { .. })));
    }
}
