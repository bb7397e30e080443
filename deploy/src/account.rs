//! The account that the engines run as.
//!
//! Postgres refuses to run as root, and no engine needs to. Started by root, all of them run as one
//! account without rights; started by anybody else, they run as that person.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use crate::error::Error;

/// Tried in this order: the account that the Postgres package makes, then the one that every
/// system has for programs without rights.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// The account to drop to, or none when we are not root and stay who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account(Option<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// Whom the engines run as when started by the present user.
    pub(crate) fn for_engines() -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(Error::io("read", path))?;
        Ok(Self(CANDIDATES.iter().find_map(|name| entry(&passwd, name))))
    }

    /// The present user, for programs that need no other.
    pub(crate) fn present() -> Self {
        Self(None)
    }

    /// Makes a command run as this account.
    pub(crate) fn apply(&self, command: &mut Command) {
        use std::os::unix::process::CommandExt as _;
        if let Some(entry) = &self.0 {
            // Setting the user id as root also drops the supplementary groups.
            command.uid(entry.uid).gid(entry.gid);
        }
    }

    /// Gives a file or folder to this account.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Error> {
        match &self.0 {
            Some(entry) => chown(path, Some(entry.uid), Some(entry.gid))
                .map_err(Error::io("hand to the engines' account", path)),
            None => Ok(()),
        }
    }

    /// Makes a folder that belongs to this account.
    pub(crate) fn folder(&self, path: &Path) -> Result<(), Error> {
        fs::create_dir_all(path).map_err(Error::io("create", path))?;
        self.own(path)
    }

    /// Writes a file that belongs to this account.
    pub(crate) fn file(&self, path: &Path, content: &str) -> Result<(), Error> {
        fs::write(path, content).map_err(Error::io("write", path))?;
        self.own(path)
    }

    /// Whether this account can reach a folder; another account's home, for one, is closed to it.
    pub(crate) fn can_enter(&self, folder: &Path) -> bool {
        let mut test = Command::new("test");
        test.arg("-x").arg(folder);
        self.apply(&mut test);
        test.status().is_ok_and(|status| status.success())
    }

    /// The account's name, for messages.
    pub(crate) fn name(&self) -> &str {
        self.0.as_ref().map_or("the present user", |entry| &entry.name)
    }
}

fn entry(passwd: &str, name: &str) -> Option<Entry> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let uid = fields.next()?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Entry { name: name.to_owned(), uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_an_account() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:9:9::/:\npostgres:x:104:105::/:";
        let expected = Entry { name: "postgres".to_owned(), uid: 104, gid: 105 };
        assert_eq!(entry(passwd, "postgres"), Some(expected));
        assert_eq!(entry(passwd, "nobody"), None);
        assert_eq!(entry("nobody:x:none:1", "nobody"), None);
    }
}
