//! A private Postgres.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{EngineKind, PASSWORD, Site, Size, USER};
use crate::command::run;
use crate::error::Error;
use crate::part::Part;
use crate::postgres_client::Connection;
use crate::process::Stop;
use crate::programs;
use crate::provision::Program;
use crate::ready::Ready;

/// What `server_version_num` must reach: 15, the oldest release that the services are tested with.
const OLDEST: u32 = 150_000;

/// Listening address and folders go on the command line, the rest in the file.
const SETTINGS: &str = include_str!("../../postgres/postgresql.conf");

pub(super) fn url(port: u16) -> String {
    format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{port}/{USER}")
}

/// Makes the data folder at the first start and writes the settings at every start.
pub(super) async fn prepare(site: &Site, port: u16) -> Result<Part, Error> {
    let folder = site.folder.join("postgres");
    let data = folder.join("data");
    site.account.folder(&folder)?;
    let programs = programs_for(&data)?;
    if !data.join("PG_VERSION").exists() {
        initialise(site, &programs, &folder, &data).await?;
    }
    forget_dead_postmaster(&data);
    let settings = folder.join("postgresql.conf");
    let sizes = match site.size {
        Size::Development => include_str!("../../postgres/up.conf"),
        Size::ThrowAway => include_str!("../../postgres/throwaway.conf"),
    };
    site.account.file(&settings, &format!("{SETTINGS}\n{sizes}"))?;
    Ok(part(site, port, programs.join("postgres"), &folder))
}

fn part(site: &Site, port: u16, program: PathBuf, folder: &Path) -> Part {
    let data = folder.join("data");
    let option = |name: &str, value: &str| format!("--{name}={value}");
    let args = vec![
        option("config_file", &folder.join("postgresql.conf").to_string_lossy()),
        option("data_directory", &data.to_string_lossy()),
        option("hba_file", &data.join("pg_hba.conf").to_string_lossy()),
        option("ident_file", &data.join("pg_ident.conf").to_string_lossy()),
        option("listen_addresses", "127.0.0.1"),
        option("port", &port.to_string()),
        // A socket file would need a folder with a short path, and nobody uses it.
        option("unix_socket_directories", ""),
    ];
    Part {
        name: "postgres".to_owned(),
        title: "Postgres".to_owned(),
        program,
        is_ours: false,
        args: args.into_iter().map(Into::into).collect(),
        env: [("LC_ALL", "C.UTF-8")].map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        folder: folder.to_owned(),
        account: site.account.clone(),
        log: site.logs.join("postgres.log"),
        ports: vec![(port, "STACK_POSTGRES_PORT")],
        ready: Ready::Postgres { url: url(port) },
        // Recovery after a crash in the middle of a benchmark replays up to max_wal_size.
        start_limit: Duration::from_secs(120),
        // SIGTERM would wait for the clients to leave; SIGINT rolls them back and ends at once.
        stop: Stop::interrupt(20),
    }
}

/// Checks the server's version and makes the database that the services use.
pub(crate) async fn finish(url: &str) -> Result<(), Error> {
    let connection = Connection::open(url, Some("postgres")).await?;
    check_version(connection.version_number().await?)?;
    connection.ensure_database(USER).await
}

/// Refuses a server that is too old, wherever it runs.
pub(crate) fn check_version(number: u32) -> Result<(), Error> {
    if number >= OLDEST {
        return Ok(());
    }
    let found = format!("{}.{}", number / 10_000, number % 10_000);
    Err(Error::TooOld { what: "Postgres", found, needed: "15" })
}

async fn initialise(site: &Site, programs: &Path, folder: &Path, data: &Path) -> Result<(), Error> {
    // The folder gets its final name only when it is complete, so that an interrupted first start
    // is begun again and not taken for a database.
    let unfinished = folder.join("data.new");
    let password = folder.join("password");
    let _missing = fs::remove_dir_all(&unfinished);
    site.account.file(&password, PASSWORD)?;
    let mut initdb = Command::new(programs.join("initdb"));
    initdb.current_dir(folder).process_group(0);
    initdb.arg("-D").arg(&unfinished).arg(format!("--pwfile={}", password.display()));
    initdb.args(["-U", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]);
    if site.size == Size::ThrowAway {
        // Survives every killed process, only not a power cut.
        initdb.arg("--no-sync");
    }
    site.account.apply(&mut initdb);
    tracing::info!("making the Postgres data folder …");
    run(initdb, Duration::from_secs(120)).await?;
    let _kept_for_nobody = fs::remove_file(&password);
    fs::rename(&unfinished, data).map_err(Error::io("rename", &unfinished))
}

/// A killed postmaster leaves its lock file behind; when its number belongs to another Postgres by
/// now, the new one would refuse to start. A postmaster works in its data folder, so one that does
/// not is not ours.
fn forget_dead_postmaster(data: &Path) {
    let lock = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&lock) else {
        return;
    };
    let pid = text.lines().next().unwrap_or_default().trim();
    let works_in = fs::read_link(format!("/proc/{pid}/cwd")).ok();
    if works_in != fs::canonicalize(data).ok() {
        let _missing = fs::remove_file(&lock);
    }
}

/// The folder of Postgres' programs: of the release that made the data, else the newest.
fn programs_for(data: &Path) -> Result<PathBuf, Error> {
    let installed = programs::postgres_releases();
    let wanted = fs::read_to_string(data.join("PG_VERSION")).ok();
    let major = wanted.and_then(|text| text.trim().parse::<u32>().ok());
    let of_data = installed.iter().find(|release| Some(release.major) == major);
    let newest = installed.iter().max_by_key(|release| release.major);
    match of_data.or(newest) {
        None => Err(Program::Engine(EngineKind::Postgres).missing()),
        Some(release) => {
            check_version(release.major * 10_000)?;
            Ok(release.folder.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_refused_by_name() {
        assert!(check_version(150_018).is_ok());
        let refusal = check_version(140_011).unwrap_err().to_string();
        assert_eq!(refusal, "Postgres 14.11 is too old: the services need 15 or newer");
    }

    #[test]
    fn the_lock_file_of_a_foreign_process_is_forgotten() {
        let data = tempfile::tempdir().unwrap();
        let lock = data.path().join("postmaster.pid");
        fs::write(&lock, format!("{}\n{}\n", std::process::id(), data.path().display())).unwrap();
        forget_dead_postmaster(data.path());
        assert!(!lock.exists());
    }
}
