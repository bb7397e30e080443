//! Where the engines' programs are on this machine.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the engines and the edge are called in the list of processes.
pub(crate) const DAEMONS: [&str; 5] = ["postgres", "redis-server", "beam.smp", "epmd", "haproxy"];

/// Searched besides `PATH`: system programs stand in folders that an ordinary person's `PATH` leaves
/// out, and Homebrew keeps RabbitMQ's in one of its own.
const MORE_FOLDERS: [&str; 4] =
    ["/usr/sbin", "/sbin", "/usr/local/sbin", "/opt/homebrew/opt/rabbitmq/sbin"];

/// RabbitMQ's own start script. The one in `/usr/sbin` on Debian is a wrapper around it that insists
/// on the account and the log folder of the system's instance.
const RABBITMQ_SCRIPT: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// The full path of a program.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_in(&path, name)
}

fn find_in(path: &OsStr, name: &str) -> Option<PathBuf> {
    let folders = std::env::split_paths(path).chain(MORE_FOLDERS.map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}

/// RabbitMQ's start script.
pub(crate) fn rabbitmq_server() -> Option<PathBuf> {
    let script = Path::new(RABBITMQ_SCRIPT);
    if script.is_file() { Some(script.to_owned()) } else { find("rabbitmq-server") }
}

/// RabbitMQ's command for its operators, past the wrapper as well.
pub(crate) fn rabbitmqctl() -> Option<PathBuf> {
    let beside_server = rabbitmq_server()?.with_file_name("rabbitmqctl");
    if beside_server.is_file() { Some(beside_server) } else { find("rabbitmqctl") }
}

/// An installed release of Postgres.
#[derive(Debug)]
pub(crate) struct PostgresRelease {
    pub(crate) major: u32,
    pub(crate) folder: PathBuf,
}

/// Every release of Postgres whose server is installed. Debian keeps them side by side and out of
/// `PATH`; elsewhere the one in `PATH` counts.
pub(crate) fn postgres_releases() -> Vec<PostgresRelease> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut releases: Vec<_> = packaged
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some(PostgresRelease { major, folder: entry.path().join("bin") })
        })
        .filter(|release| release.folder.join("initdb").is_file())
        .collect();
    if releases.is_empty() {
        releases.extend(postgres_in_path());
    }
    releases
}

fn postgres_in_path() -> Option<PostgresRelease> {
    let program = find("postgres")?;
    let output = Command::new(&program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PostgresRelease { major: major_in(&text)?, folder: program.parent()?.to_owned() })
}

/// The major release in a line such as `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major_in(version: &str) -> Option<u32> {
    let number = version.split_whitespace().find(|word| word.starts_with(char::is_numeric))?;
    number.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_release() {
        assert_eq!(major_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0)"), Some(15));
        assert_eq!(major_in("postgres (PostgreSQL) 17beta1"), None);
        assert_eq!(major_in(""), None);
    }

    #[test]
    fn searches_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("only-here");
        fs::write(&program, "").unwrap();
        assert_eq!(find_in(folder.path().as_os_str(), "only-here"), Some(program));
        assert_eq!(find_in(folder.path().as_os_str(), "nowhere"), None);
    }
}
