//! How times are written and read.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// Writes a time as every answer does: `2025-08-29T12:00:00.000Z`.
pub fn format(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads any RFC 3339 time.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
}

/// The UTC day of a time.
pub fn day(time: DateTime<Utc>) -> NaiveDate {
    time.date_naive()
}

/// The time now, cut to the microseconds that Postgres keeps, so that a time reads back as written.
pub fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// Serialises times in the form of [`format()`], for `#[serde(with = "shared::time::json")]`.
pub mod json {
    use chrono::{DateTime, Utc};
    use serde::Serializer;

    /// Writes a time.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(time: &DateTime<Utc>, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&super::format(*time))
    }
}

/// The same for a time that may be missing.
pub mod json_option {
    use chrono::{DateTime, Utc};
    use serde::Serializer;

    /// Writes a time, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        time: &Option<DateTime<Utc>>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => super::json::serialize(time, out),
            None => out.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_z() {
        for (input, expected) in [
            ("2025-08-29T12:00:00Z", "2025-08-29T12:00:00.000Z"),
            ("2025-08-29T14:00:00.1234567+02:00", "2025-08-29T12:00:00.123Z"),
            ("2025-08-29t12:00:00-00:30", "2025-08-29T12:30:00.000Z"),
        ] {
            assert_eq!(parse(input).map(format).as_deref(), Some(expected), "{input}");
        }
        assert_eq!(parse("2025-08-29 12:00"), None);
        assert_eq!(parse("yesterday"), None);
    }
}
