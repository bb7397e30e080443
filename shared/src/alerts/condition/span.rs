//! How long a window is.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The length of a window: whole minutes, from one minute to thirty days.
///
/// Displays in words (`5 minutes`, `1 hour`), with the largest unit that divides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    minutes: u32,
}

impl Span {
    /// The shortest window.
    pub const MIN: Self = Self { minutes: 1 };

    /// The longest window.
    pub const MAX: Self = Self { minutes: 30 * 24 * 60 };

    /// So many minutes, when they are neither too few nor too many.
    pub fn from_minutes(minutes: u32) -> Option<Self> {
        (Self::MIN.minutes..=Self::MAX.minutes).contains(&minutes).then_some(Self { minutes })
    }

    /// In minutes.
    pub fn minutes(self) -> u32 {
        self.minutes
    }

    /// As a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.minutes) * 60)
    }

    /// The short form: `5m`, `1h`, `2d`.
    pub fn short(self) -> String {
        let (count, unit) = self.in_largest_unit();
        format!("{count}{}", unit.names()[0])
    }

    /// So many units; none when that is too short or too long. `count` are digits.
    pub(super) fn of(count: &str, unit: Unit) -> Option<Self> {
        let count: u32 = count.parse().ok()?;
        Self::from_minutes(count.checked_mul(unit.minutes())?)
    }

    fn in_largest_unit(self) -> (u32, Unit) {
        let divides = |unit: &Unit| self.minutes.is_multiple_of(unit.minutes());
        let unit = [Unit::Day, Unit::Hour].into_iter().find(divides).unwrap_or(Unit::Minute);
        (self.minutes / unit.minutes(), unit)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = self.in_largest_unit();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{count} {}{plural}", unit.word())
    }
}

/// Why a text is no length of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SpanError {
    #[error("must be a time such as 5m, 2 hours or 7 days")]
    Malformed,
    #[error("must be between 1 minute and 30 days")]
    OutOfRange,
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let (count, unit) = split_count(text.trim());
        let unit = Unit::by_name(unit.trim_start()).ok_or(SpanError::Malformed)?;
        if count.is_empty() {
            return Err(SpanError::Malformed);
        }
        Self::of(count, unit).ok_or(SpanError::OutOfRange)
    }
}

/// The digits that a text begins with, and the rest.
pub(super) fn split_count(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// What a length is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
}

impl Unit {
    /// The unit of a name in any case.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        let has = |unit: &Self| unit.names().iter().any(|known| known.eq_ignore_ascii_case(name));
        [Self::Minute, Self::Hour, Self::Day].into_iter().find(has)
    }

    /// All that it is called, the shortest first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Minute => &["m", "min", "mins", "minute", "minutes"],
            Self::Hour => &["h", "hr", "hrs", "hour", "hours"],
            Self::Day => &["d", "day", "days"],
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    fn minutes(self) -> u32 {
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => 24 * 60,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, minutes: u32, words: &str, short: &str) {
        let span: Span = text.parse().unwrap();
        let read = (span.minutes(), span.to_string(), span.short());
        assert_eq!(read, (minutes, words.to_owned(), short.to_owned()), "{text}");
        assert_eq!(span.duration(), Duration::from_secs(u64::from(minutes) * 60), "{text}");
    }

    #[track_caller]
    fn check_bad(text: &str, expected: SpanError) {
        assert_eq!(text.parse::<Span>(), Err(expected), "{text}");
    }

    #[test]
    fn every_form_is_read() {
        for text in ["5m", "5min", "5 mins", "5minutes", " 5  Minutes ", "05 minute"] {
            check(text, 5, "5 minutes", "5m");
        }
        for text in ["1h", "1hr", "1 hrs", "1 hour", "1 HOURS", "60m"] {
            check(text, 60, "1 hour", "1h");
        }
        for text in ["2d", "2 day", "2 days", "48h", "2880 min"] {
            check(text, 2_880, "2 days", "2d");
        }
        check("1 minute", 1, "1 minute", "1m");
        check("90m", 90, "90 minutes", "90m");
        check("25h", 1_500, "25 hours", "25h");
        check("1d", 1_440, "1 day", "1d");
        check("30 days", 43_200, "30 days", "30d");
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in
            ["", "5", "m", "minutes", "5s", "1w", "1.5h", "-5m", "+5m", "1h30m", "5 m m", "٥m"]
        {
            check_bad(text, SpanError::Malformed);
        }
        for text in ["0m", "0 days", "31d", "43201m", "721h", "4294967296m", "4294967295d"] {
            check_bad(text, SpanError::OutOfRange);
        }
    }

    #[test]
    fn every_length_reads_back_from_both_forms() {
        for minutes in Span::MIN.minutes()..=Span::MAX.minutes() {
            let span = Span::from_minutes(minutes).unwrap();
            assert_eq!(span.to_string().parse(), Ok(span));
            assert_eq!(span.short().parse(), Ok(span));
        }
        assert_eq!(Span::from_minutes(0), None);
        assert_eq!(Span::from_minutes(Span::MAX.minutes() + 1), None);
    }
}
