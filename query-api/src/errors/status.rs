//! What people decided about an error.

use std::str::FromStr;

use serde::Serialize;

/// What people decided about an error. The discriminants are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Unresolved = 0,
    Resolved = 1,
    Ignored = 2,
}

impl Status {
    pub(crate) const ALL: [Self; 3] = [Self::Unresolved, Self::Resolved, Self::Ignored];

    /// What a status in a request may be.
    pub(crate) const ALLOWED: &'static str = "must be one of unresolved, resolved, ignored";

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unresolved => "unresolved",
            Self::Resolved => "resolved",
            Self::Ignored => "ignored",
        }
    }

    /// The number in Postgres.
    pub(crate) fn code(self) -> i16 {
        self as i16
    }

    /// The status of a stored number; a constraint keeps other numbers out.
    pub(crate) fn from_code(code: i16) -> Self {
        Self::ALL.into_iter().find(|status| status.code() == code).unwrap_or(Self::Unresolved)
    }
}

impl FromStr for Status {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(())
    }
}
