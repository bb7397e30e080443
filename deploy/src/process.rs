//! Processes: naming one for certain, starting it in its own group, and ending it.
//!
//! A process id alone names nothing: the kernel gives it to somebody else once the process is
//! gone. Everything here therefore works on a [`ProcessId`], which also holds the time at which the
//! process started and the boot in which it did, and signals travel through a pidfd. What the
//! processes are (Postgres, a service) is not known here.

use std::fmt;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::str::FromStr;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::time::{Instant, sleep};

/// How often an ending process is looked at. It bounds only how late we notice.
const POLL: Duration = Duration::from_millis(10);

/// How a process is asked to end, and how long it may take before it is made to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    signal: Signal,
    grace: Duration,
}

impl Stop {
    /// SIGTERM, the usual way.
    pub(crate) fn terminate(seconds: u64) -> Self {
        Self { signal: Signal::TERM, grace: Duration::from_secs(seconds) }
    }

    /// SIGINT, for programs to which it means the same without waiting for their clients.
    pub(crate) fn interrupt(seconds: u64) -> Self {
        Self { signal: Signal::INT, grace: Duration::from_secs(seconds) }
    }
}

/// One process and no other, ever: its id, its start time and the boot it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProcessId {
    pid: i32,
    /// Clock ticks after boot, field 22 of `/proc/PID/stat`.
    started: u64,
    boot: String,
}

impl ProcessId {
    /// The process that has this id now.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        let pid = i32::try_from(pid).map_err(io::Error::other)?;
        let stat = Stat::read(pid)?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        Ok(Self { pid, started: stat.started, boot: boot.trim().to_owned() })
    }

    /// The number that the kernel knows the process by.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether this very process still runs. One that has ended and waits for its parent to
    /// collect the status does not run any more.
    pub(crate) fn is_alive(&self) -> bool {
        let same_boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .is_ok_and(|boot| boot.trim() == self.boot);
        same_boot
            && Stat::read(self.pid)
                .is_ok_and(|stat| stat.started == self.started && !stat.has_ended())
    }

    /// Sends a signal to this very process; does nothing when it is gone.
    pub(crate) fn signal(&self, signal: Signal) {
        // The pidfd pins the process: what is checked after opening it is what gets the signal.
        if let Some(pidfd) = self.open()
            && self.is_alive()
        {
            let _gone_meanwhile = pidfd_send_signal(&pidfd, signal);
        }
    }

    /// Its working folder, when it runs and may be asked.
    pub(crate) fn works_in(&self) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/cwd", self.pid)).ok().filter(|_| self.is_alive())
    }

    fn open(&self) -> Option<OwnedFd> {
        pidfd_open(Pid::from_raw(self.pid)?, PidfdFlags::empty()).ok()
    }

    /// Waits until the process is gone; `false` when it still runs after `limit`.
    pub(crate) async fn gone_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(POLL).await;
        }
        true
    }

    /// This process and everything below it in the process tree, itself first.
    pub(crate) fn with_descendants(&self) -> Vec<Self> {
        let mut found = vec![self.clone()];
        let all = all_processes();
        let mut next = 0;
        while let Some(parent) = found.get(next).map(Self::pid) {
            found.extend(all.iter().filter(|(_, ppid)| *ppid == parent).map(|(id, _)| id.clone()));
            next += 1;
        }
        found
    }

    /// Ends the process and what it started: asks it alone, so that it can tell its own children,
    /// then after the grace time SIGKILL to whatever is left of them all.
    pub(crate) async fn end(&self, stop: Stop) {
        let family = self.with_descendants();
        self.signal(stop.signal);
        let deadline = Instant::now() + stop.grace;
        for member in &family {
            let left = deadline.saturating_duration_since(Instant::now());
            member.gone_within(left).await;
        }
        kill_all(&family).await;
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.pid, self.started, self.boot)
    }
}

impl FromStr for ProcessId {
    type Err = io::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split_whitespace();
        let mut word = || words.next().ok_or_else(|| io::Error::other("incomplete pid file"));
        Ok(Self {
            pid: word()?.parse().map_err(io::Error::other)?,
            started: word()?.parse().map_err(io::Error::other)?,
            boot: word()?.to_owned(),
        })
    }
}

/// SIGKILL to all of them, then waits until the kernel has let go of them.
pub(crate) async fn kill_all(processes: &[ProcessId]) {
    for process in processes {
        process.signal(Signal::KILL);
    }
    for process in processes {
        // A killed process goes as soon as its current system call ends; ten seconds cover a disk
        // that takes its time.
        process.gone_within(Duration::from_secs(10)).await;
    }
}

/// Every process with its parent's id.
fn all_processes() -> Vec<(ProcessId, i32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|pid| {
            let id = ProcessId::of(pid).ok()?;
            let parent = Stat::read(id.pid).ok()?.parent;
            Some((id, parent))
        })
        .collect()
}

/// The processes whose program has one of these names (as in `/proc/PID/comm`).
pub(crate) fn named(names: &[&str]) -> Vec<(ProcessId, String)> {
    all_processes()
        .into_iter()
        .filter_map(|(id, _)| {
            let comm = fs::read_to_string(format!("/proc/{}/comm", id.pid)).ok()?;
            let comm = comm.trim();
            names.contains(&comm).then(|| (id, comm.to_owned()))
        })
        .collect()
}

/// The few fields of `/proc/PID/stat` that matter here.
#[derive(Debug, PartialEq)]
struct Stat {
    state: char,
    parent: i32,
    started: u64,
}

impl Stat {
    fn read(pid: i32) -> io::Result<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(&text).ok_or_else(|| io::Error::other("unreadable process status"))
    }

    /// The program's name stands in parentheses and may itself hold spaces and parentheses, so the
    /// fields are counted from the last closing one.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        Some(Self {
            state: fields.next()?.chars().next()?,
            parent: fields.next()?.parse().ok()?,
            started: fields.nth(17)?.parse().ok()?,
        })
    }

    fn has_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }
}

/// A process that this one started or found again by its pid file.
#[derive(Debug)]
pub(crate) struct Process {
    id: ProcessId,
    /// Kept so that the status is collected; absent for a process of an earlier run.
    child: Option<Child>,
}

impl Process {
    /// Takes over a child that was just started.
    pub(crate) fn of_child(child: Child) -> io::Result<Self> {
        let id = ProcessId::of(child.id())?;
        Ok(Self { id, child: Some(child) })
    }

    /// Reads a pid file, a [`ProcessId`] with anything behind it; `None` when it is missing,
    /// unreadable, or names a process that is gone.
    pub(crate) fn from_pid_file(path: &Path) -> Option<Self> {
        let id: ProcessId = fs::read_to_string(path).ok()?.parse().ok()?;
        id.is_alive().then_some(Self { id, child: None })
    }

    /// Which process it is.
    pub(crate) fn id(&self) -> &ProcessId {
        &self.id
    }

    /// The status, once a child of ours has ended.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().ok().flatten()
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.exit_status().is_none() && self.id.is_alive()
    }

    /// SIGKILL to the process and to everything below it, with no chance to say goodbye.
    pub(crate) async fn kill(&mut self) {
        kill_all(&self.id.with_descendants()).await;
        self.reap();
    }

    /// Ends it in order, by force after `grace`.
    pub(crate) async fn end(&mut self, stop: Stop) -> Option<ExitStatus> {
        self.id.end(stop).await;
        self.reap()
    }

    /// SIGKILL without waiting, for places that cannot wait.
    pub(crate) fn kill_now(&mut self) {
        for process in self.id.with_descendants() {
            process.signal(Signal::KILL);
        }
        self.reap();
    }

    /// Collects the status of a child that has just ended or been killed.
    fn reap(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.wait().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_stat(text: &str, expected: Option<Stat>) {
        assert_eq!(Stat::parse(text), expected);
    }

    #[test]
    fn reads_the_status_whatever_the_name() {
        let tail = "S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9";
        let expected = || Some(Stat { state: 'S', parent: 7, started: 4711 });
        check_stat(&format!("42 (postgres) {tail}"), expected());
        check_stat(&format!("42 (odd) name (x)) {tail}"), expected());
        check_stat("42 (postgres) S 7", None);
        check_stat("", None);
    }

    #[test]
    fn a_pid_file_survives_the_round_trip() {
        let me = ProcessId::of(std::process::id()).unwrap();
        assert_eq!(me.to_string().parse::<ProcessId>().unwrap(), me);
        assert!(me.is_alive());
    }

    #[test]
    fn another_start_time_or_boot_is_another_process() {
        let me = ProcessId::of(std::process::id()).unwrap();
        assert!(!ProcessId { started: me.started + 1, ..me.clone() }.is_alive());
        assert!(!ProcessId { boot: "another".to_owned(), ..me }.is_alive());
    }

    #[test]
    fn half_a_pid_file_names_nobody() {
        assert!("4711".parse::<ProcessId>().is_err());
        assert!("".parse::<ProcessId>().is_err());
    }
}
