//! How bad an event is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How bad an event is. The discriminants are stored in Postgres and travel in messages.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For developers.
    Debug = 1,
    /// Something worth knowing.
    Info = 2,
    /// Something that may become an error.
    Warning = 3,
    /// Something failed.
    #[default]
    Error = 4,
    /// The program could not go on.
    Fatal = 5,
}

impl Level {
    /// All levels, mildest first.
    pub const ALL: [Self; 5] = [Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Fatal];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The number in Postgres and in messages.
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The level of a stored number; an unknown one reads as the default.
    pub fn from_code(code: i16) -> Self {
        Self::ALL.into_iter().find(|level| level.code() == code).unwrap_or_default()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of debug, info, warning, error, fatal (or critical)")]
pub struct UnknownLevel;

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "critical" => Ok(Self::Fatal),
            _ => Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(UnknownLevel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_read_back_from_name_and_code() {
        for level in Level::ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
            assert_eq!(Level::from_code(level.code()), level);
        }
        assert_eq!("critical".parse(), Ok(Level::Fatal));
        assert_eq!("Error".parse::<Level>(), Err(UnknownLevel));
        assert_eq!(Level::from_code(99), Level::Error);
    }
}
