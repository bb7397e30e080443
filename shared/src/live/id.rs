//! Places in the stream.

use std::fmt;
use std::str::FromStr;

/// The id of an entry, as Redis gives it: milliseconds, and a number among those of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    millis: u64,
    number: u64,
}

/// A text is no id of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the live feed")]
pub struct BadStreamId;

impl StreamId {
    /// The least id after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self.number.checked_add(1) {
            Some(number) => Self { number, ..self },
            None => Self { millis: self.millis.saturating_add(1), number: 0 },
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.number)
    }
}

impl FromStr for StreamId {
    type Err = BadStreamId;

    fn from_str(text: &str) -> Result<Self, BadStreamId> {
        let (millis, number) = text.split_once('-').ok_or(BadStreamId)?;
        let digits = |part: &str| {
            let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if plain { part.parse().map_err(|_| BadStreamId) } else { Err(BadStreamId) }
        };
        Ok(Self { millis: digits(millis)?, number: digits(number)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, next: Option<&str>) {
        let id = text.parse::<StreamId>().ok();
        assert_eq!(id.map(|id| id.to_string()).as_deref(), next.map(|_| text));
        assert_eq!(id.map(|id| id.next().to_string()).as_deref(), next, "{text}");
    }

    #[test]
    fn an_id_is_two_numbers() {
        check("1700000000000-0", Some("1700000000000-1"));
        check("0-18446744073709551615", Some("1-0"));
        for bad in ["", "1", "-", "1-", "-1", "1-+1", "a-1", "1-1-1", "1-18446744073709551616"] {
            check(bad, None);
        }
    }

    #[test]
    fn ids_are_ordered_as_numbers() {
        let id = |text: &str| text.parse::<StreamId>().unwrap();
        assert!(id("9-9") < id("10-0") && id("10-2") < id("10-10"));
    }
}
