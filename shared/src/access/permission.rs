//! What a key may do.

use std::fmt;
use std::str::FromStr;

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Submit events.
    Ingest = 1,
    /// Read everything but settings.
    Read = 2,
    /// Change errors, rules and incidents; contains `ingest`.
    Write = 4,
    /// Everything, settings included.
    Admin = 8,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 4] = [Self::Ingest, Self::Read, Self::Write, Self::Admin];

    /// The name in JSON and in Postgres.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of ingest, read, write, admin")]
pub struct UnknownPermission;

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownPermission)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions(u8);

impl Permissions {
    /// Whether the set allows what needs the permission, counting what others contain.
    pub fn allow(self, needed: Permission) -> bool {
        let containing = match needed {
            Permission::Ingest => {
                Permission::Ingest as u8 | Permission::Write as u8 | Permission::Admin as u8
            }
            other => other as u8 | Permission::Admin as u8,
        };
        self.0 & containing != 0
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        Self(permissions.into_iter().fold(0, |set, permission| set | permission as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(held: &[Permission], allowed: &[Permission]) {
        let set: Permissions = held.iter().copied().collect();
        for permission in Permission::ALL {
            assert_eq!(
                set.allow(permission),
                allowed.contains(&permission),
                "{held:?} {permission}"
            );
        }
    }

    #[test]
    fn write_contains_ingest_and_admin_contains_all() {
        use Permission::{Admin, Ingest, Read, Write};
        check(&[], &[]);
        check(&[Ingest], &[Ingest]);
        check(&[Read], &[Read]);
        check(&[Write], &[Ingest, Write]);
        check(&[Admin], &Permission::ALL);
    }
}
