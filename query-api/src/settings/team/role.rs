//! What members are, and what their keys may do.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use shared::access::Permission;

/// A member's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// May do everything, and make owners.
    Owner,
    /// May do everything but make, demote or remove owners.
    Admin,
    /// Reads and changes errors, rules and incidents.
    Developer,
    /// Reads.
    Viewer,
}

impl Role {
    /// All roles.
    pub(crate) const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Developer, Self::Viewer];

    /// The name in JSON and in Postgres.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Viewer => "viewer",
        }
    }

    /// What a member's own key may do.
    pub(super) fn permissions(self) -> Vec<Permission> {
        match self {
            Self::Owner | Self::Admin => vec![Permission::Admin],
            Self::Developer => vec![Permission::Read, Permission::Write],
            Self::Viewer => vec![Permission::Read],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of owner, admin, developer, viewer")]
pub(crate) struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownRole)
    }
}
