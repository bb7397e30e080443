//! Installing the engines from the system's packages, without starting a system service.
//!
//! Debian's packages start what they install: a Postgres cluster, a Redis, a broker and the Erlang
//! port mapper, all on the ports that such servers usually have. Nobody asked for that, so during
//! the installation two files tell the packages not to, and both are put back afterwards.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::command::run;
use crate::error::Error;
use crate::process::{Stop, named};
use crate::programs::{self, DAEMONS};

/// Consulted by every package before it starts a service; 101 means "do not".
const POLICY: &str = "/usr/sbin/policy-rc.d";
const POLICY_TEXT: &str = "#!/bin/sh\n# In place only while the development stack installs its \
                           engines.\nexit 101\n";

/// Read by the Postgres package before it makes a cluster and starts it.
const CLUSTER: &str = "/etc/postgresql-common/createcluster.d/errata.conf";
const CLUSTER_TEXT: &str = "# In place only while the development stack installs its engines.\n\
                            create_main_cluster = false\n";

/// Enough for a slow mirror.
const LIMIT: Duration = Duration::from_secs(900);

/// Whether packages can be installed here.
pub(crate) fn can_install() -> bool {
    rustix::process::geteuid().is_root() && programs::find("apt-get").is_some()
}

/// Installs packages and makes sure that nothing new runs afterwards.
pub(crate) async fn install(packages: &[&str]) -> Result<(), Error> {
    let before = named(&DAEMONS);
    let policy = Replaced::by(Path::new(POLICY), POLICY_TEXT, 0o755)?;
    let cluster = Replaced::by(Path::new(CLUSTER), CLUSTER_TEXT, 0o644)?;
    let result = apt_install(packages).await;
    drop((policy, cluster));
    for (process, name) in named(&DAEMONS) {
        if !before.iter().any(|(known, _)| *known == process) {
            tracing::info!("the installation started {name}, which nobody asked for: ending it");
            process.end(Stop::terminate(10)).await;
        }
    }
    result
}

async fn apt_install(packages: &[&str]) -> Result<(), Error> {
    let all = packages.join(" ");
    tracing::info!("installing {all} …");
    let install = || apt(&[&["install", "-y", "--no-install-recommends"], packages].concat());
    if run(install(), LIMIT).await.is_ok() {
        return Ok(());
    }
    // The package lists may be missing or out of date.
    tracing::info!("reading the package lists …");
    let failed = |error: Error| Error::Install { packages: all.clone(), source: Box::new(error) };
    run(apt(&["update"]), LIMIT).await.map_err(failed)?;
    run(install(), LIMIT).await.map(drop).map_err(failed)
}

fn apt(args: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    // Questions about changed configuration files are answered by keeping what is there.
    command.args(["-q", "-o", "Dpkg::Options::=--force-confold", "-o", "DPkg::Lock::Timeout=300"]);
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// A file with another content for a while; the former one comes back when this is dropped.
#[derive(Debug)]
struct Replaced {
    path: PathBuf,
    saved: PathBuf,
    /// A folder that had to be made for the file.
    made_folder: Option<PathBuf>,
}

impl Replaced {
    fn by(path: &Path, content: &str, mode: u32) -> Result<Self, Error> {
        let saved = PathBuf::from(format!("{}.errata-saved", path.display()));
        let left_behind = fs::read_to_string(path).is_ok_and(|present| present == content);
        if left_behind {
            // By an installation that was killed; what it had saved, if anything, comes back below.
            fs::remove_file(path).map_err(Error::io("remove", path))?;
        } else if path.exists() {
            fs::rename(path, &saved).map_err(Error::io("set aside", path))?;
        }
        let folder = path.parent().filter(|folder| !folder.exists()).map(Path::to_owned);
        let replaced = Self { path: path.to_owned(), saved, made_folder: folder };
        if let Some(folder) = &replaced.made_folder {
            fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        fs::write(path, content).map_err(Error::io("write", path))?;
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(path, permissions).map_err(Error::io("change the rights of", path))?;
        Ok(replaced)
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        let _missing = fs::remove_file(&self.path);
        let _nothing_saved = fs::rename(&self.saved, &self.path);
        if let Some(folder) = &self.made_folder {
            let _not_empty = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_former_file_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy");
        fs::write(&path, "former").unwrap();
        let replaced = Replaced::by(&path, "ours", 0o755).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "ours");
        drop(replaced);
        assert_eq!(fs::read_to_string(&path).unwrap(), "former");
    }

    #[test]
    fn a_killed_installation_is_cleaned_up_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy");
        fs::write(&path, "former").unwrap();
        std::mem::forget(Replaced::by(&path, "ours", 0o755).unwrap());
        drop(Replaced::by(&path, "ours", 0o755).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "former");
    }

    #[test]
    fn where_there_was_nothing_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/policy");
        drop(Replaced::by(&path, "ours", 0o644).unwrap());
        assert!(!path.exists());
        assert!(!folder.path().join("made").exists());
    }
}
