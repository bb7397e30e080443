//! Processor time and memory of groups of processes, read from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Processes that are measured together.
#[derive(Debug, Clone)]
pub struct Group {
    /// What to call them.
    pub name: &'static str,
    /// Which they are.
    pub members: Members,
}

/// Which processes belong to a group.
#[derive(Debug, Clone)]
pub enum Members {
    /// One process without those that it started.
    One(i32),
    /// These and everything below them.
    Families(Vec<i32>),
}

/// What a group has used by some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Processor time since its processes started.
    pub cpu: Duration,
    /// Memory in bytes, what is shared between processes counted once (PSS).
    pub memory: u64,
}

/// All groups at one moment.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Since the first sample.
    pub at: Duration,
    /// In the order of the groups.
    pub groups: Vec<Usage>,
    /// Processor time of the whole machine since it started.
    pub machine: Duration,
}

/// Samples once a second on a thread of its own.
#[derive(Debug)]
pub struct Sampler {
    stop: Sender<()>,
    thread: JoinHandle<Vec<Sample>>,
}

impl Sampler {
    /// Begins with a sample at once.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(groups: Vec<Group>) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name("sampler".to_owned());
        let thread = thread.spawn(move || {
            let begun = Instant::now();
            let mut samples = vec![sample(&groups, Duration::ZERO)];
            for second in 1.. {
                let next = Duration::from_secs(second).saturating_sub(begun.elapsed());
                let ended = stopped.recv_timeout(next) != Err(RecvTimeoutError::Timeout);
                samples.push(sample(&groups, begun.elapsed()));
                if ended {
                    break;
                }
            }
            samples
        })?;
        Ok(Self { stop, thread })
    }

    /// Ends with a last sample.
    #[must_use]
    pub fn finish(self) -> Vec<Sample> {
        let Self { stop, thread } = self;
        // The thread also ends when the sender is gone.
        drop(stop);
        thread.join().unwrap_or_default()
    }
}

/// What the groups have used by now.
#[must_use]
pub fn now(groups: &[Group]) -> Sample {
    sample(groups, Duration::ZERO)
}

fn sample(groups: &[Group], at: Duration) -> Sample {
    let processes = processes();
    let groups = groups.iter().map(|group| usage(&group.members, &processes)).collect();
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    Sample { at, groups, machine: ticks(machine_ticks(&stat)) }
}

fn usage(members: &Members, processes: &BTreeMap<i32, Stat>) -> Usage {
    let mut usage = Usage::default();
    let members = match members {
        Members::One(pid) => vec![*pid],
        Members::Families(roots) => family(roots, processes),
    };
    for pid in members {
        usage.cpu += processes.get(&pid).map_or(Duration::ZERO, |stat| ticks(stat.ticks));
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        usage.memory += pss(&rollup);
    }
    usage
}

/// The processes and everything below them.
fn family(roots: &[i32], processes: &BTreeMap<i32, Stat>) -> Vec<i32> {
    let mut found = roots.to_vec();
    found.sort_unstable();
    found.dedup();
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let below = processes.iter().filter(|(_, stat)| stat.parent == parent).map(|(pid, _)| *pid);
        let new: Vec<i32> = below.filter(|pid| !found.contains(pid)).collect();
        found.extend(new);
        next += 1;
    }
    found
}

fn processes() -> BTreeMap<i32, Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some((pid, Stat::parse(&text)?))
    })
    .collect()
}

fn ticks(count: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_nanos(count.saturating_mul(1_000_000_000 / per_second))
}

/// What matters here of `/proc/PID/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: i32,
    /// Of the process and of its children that have ended: those of a database come and go.
    ticks: u64,
}

impl Stat {
    /// The program's name stands in parentheses and may hold spaces and parentheses itself.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            ticks: number(11)? + number(12)? + number(13)? + number(14)?,
        })
    }
}

/// The line `Pss:` of `/proc/PID/smaps_rollup`, in bytes.
fn pss(rollup: &str) -> u64 {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// Time that the machine was not idle, from the first line of `/proc/stat`: user, nice, system,
/// then after idle and waiting irq and softirq.
fn machine_ticks(stat: &str) -> u64 {
    let line = stat.lines().next().unwrap_or_default();
    let numbers: Vec<u64> =
        line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
    [0, 1, 2, 5, 6].into_iter().filter_map(|at| numbers.get(at)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_status_whatever_the_name() {
        let text = "42 (a (b) c) S 7 1 1 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 4711";
        assert_eq!(Stat::parse(text), Some(Stat { parent: 7, ticks: 100 }));
        assert_eq!(Stat::parse("42 (x) S 7"), None);
    }

    #[test]
    fn a_family_is_everything_below() {
        let stat = |parent| Stat { parent, ticks: 1 };
        let processes = [(1, stat(0)), (5, stat(1)), (6, stat(5)), (7, stat(9))].into();
        assert_eq!(family(&[5, 6], &processes), [5, 6]);
        assert_eq!(family(&[1], &processes), [1, 5, 6]);
    }

    #[test]
    fn reads_memory_and_machine() {
        assert_eq!(pss("Rss:  9 kB\nPss:      4 kB\nPss_Dirty: 1 kB\n"), 4096);
        assert_eq!(pss(""), 0);
        assert_eq!(machine_ticks("cpu  1 2 3 100 100 4 5 100 0 0\ncpu0 9"), 15);
    }

    #[test]
    fn this_process_uses_time_and_memory() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let sampler =
            Sampler::start(vec![Group { name: "me", members: Members::One(pid) }]).unwrap();
        let samples = sampler.finish();
        assert!(samples.len() >= 2);
        assert!(samples.last().unwrap().groups[0].memory > 0);
    }
}
