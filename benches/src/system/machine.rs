//! What the measurement ran on, for the report.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The machine and the revision of the code.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Processors that this process may use.
    pub cores: usize,
    /// Model of the processor.
    pub processor: String,
    /// Memory in bytes.
    pub memory: u64,
    /// Release of the kernel.
    pub kernel: String,
    /// Revision of the code, with a mark when files differ from it.
    pub revision: String,
    /// The day, in UTC.
    pub day: String,
    /// The time of the day, in UTC, to the minute.
    pub time: String,
}

impl Machine {
    /// This machine, now, with the repository in the given folder.
    #[must_use]
    pub fn read(repository: &Path) -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (day, time) = now();
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: field(&file("/proc/cpuinfo"), "model name").to_owned(),
            memory: memory(&file("/proc/meminfo")),
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
            revision: revision(repository),
            day,
            time,
        }
    }
}

/// The value of a line `name : value`.
fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(key, _)| key.trim() == name).map_or("unknown", |(_, value)| value.trim())
}

fn memory(meminfo: &str) -> u64 {
    let kilobytes = field(meminfo, "MemTotal").split_whitespace().next();
    kilobytes.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn now() -> (String, String) {
    let text = output("date", &["-u", "+%Y-%m-%d %H:%M"], Path::new("."));
    let (day, time) = text.split_once(' ').unwrap_or(("undated", ""));
    (day.to_owned(), time.to_owned())
}

fn revision(repository: &Path) -> String {
    let revision = output("git", &["rev-parse", "--short", "HEAD"], repository);
    let changes = output("git", &["status", "--porcelain", "--untracked-files=no"], repository);
    let mark = if changes.is_empty() { "" } else { " with local changes" };
    if revision.is_empty() { "unknown".to_owned() } else { format!("{revision}{mark}") }
}

/// What a program prints; nothing when it fails or is missing.
fn output(program: &str, args: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(args).current_dir(folder).output();
    let output = output.ok().filter(|output| output.status.success());
    output.map_or_else(String::new, |o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_says() {
        assert_eq!(memory("MemTotal:       2048 kB\nMemFree: 1 kB\n"), 2 << 20);
        assert_eq!(field("processor\t: 0\nmodel name\t: Fast CPU\n", "model name"), "Fast CPU");
        assert_eq!(field("", "model name"), "unknown");
    }

    #[test]
    fn the_day_is_a_date() {
        let (day, time) = now();
        assert_eq!((day.len(), time.len()), (10, 5));
    }
}
