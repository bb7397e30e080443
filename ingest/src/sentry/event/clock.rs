//! Times and levels in all the ways that SDKs write them.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;
use shared::event::Level;

/// Unix times above are milliseconds: seconds of the year 5138.
const MAX_SECONDS: f64 = 1e11;

/// Reads RFC 3339 with or without a zone (then it is UTC), with any number of digits, or a Unix time.
pub(super) fn time(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            shared::time::parse(text)
                .or_else(|| zoneless(text))
                .or_else(|| unix(text.parse().ok()?))
        }
        Value::Number(number) => unix(number.as_f64()?),
        _ => None,
    }
}

fn zoneless(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim_end_matches(['Z', 'z']);
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|time| time.and_utc())
}

#[expect(clippy::cast_possible_truncation, reason = "the float was checked to be in range")]
fn unix(number: f64) -> Option<DateTime<Utc>> {
    let seconds = if number.abs() > MAX_SECONDS { number / 1e3 } else { number };
    (seconds.is_finite() && seconds.abs() <= MAX_SECONDS)
        .then(|| DateTime::from_timestamp_micros((seconds * 1e6) as i64))?
}

/// Reads a level; what is none is the default, because the event says more than its level.
pub(super) fn level(value: Option<&Value>) -> Level {
    match value {
        Some(Value::String(text)) => named_level(text),
        // The numbers of Python's logging.
        Some(Value::Number(number)) => match number.as_f64() {
            Some(number) if number >= 50.0 => Level::Fatal,
            Some(number) if number >= 40.0 => Level::Error,
            Some(number) if number >= 30.0 => Level::Warning,
            Some(number) if number >= 20.0 => Level::Info,
            Some(_) => Level::Debug,
            None => Level::default(),
        },
        _ => Level::default(),
    }
}

fn named_level(text: &str) -> Level {
    let text = text.trim().to_ascii_lowercase();
    match text.as_str() {
        "log" | "notice" => Level::Info,
        "warn" => Level::Warning,
        "trace" => Level::Debug,
        "panic" => Level::Fatal,
        number if number.starts_with(|first: char| first.is_ascii_digit()) => {
            level(number.parse::<u32>().ok().map(Value::from).as_ref())
        }
        name => name.parse().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_time(value: Value, expected: Option<&str>) {
        let read = time(&value).map(shared::time::format);
        assert_eq!(read.as_deref(), expected, "{value}");
    }

    #[test]
    fn times_are_read_in_every_form() {
        let noon = Some("2026-11-20T12:00:00.123Z");
        check_time(json!("2026-11-20T12:00:00.123456789Z"), noon);
        check_time(json!("2026-11-20T14:00:00.123+02:00"), noon);
        check_time(json!("2026-11-20T12:00:00.123"), noon);
        check_time(json!("2026-11-20 12:00:00.123"), noon);
        check_time(json!("2026-11-20T12:00:00.123ZZ"), noon);
        check_time(json!(1_795_176_000.123), noon);
        check_time(json!("1795176000.123"), noon);
        check_time(json!(1_795_176_000_123_u64), noon);
        for bad in [json!("noon"), json!(1e300), json!([]), json!(null), json!("")] {
            check_time(bad, None);
        }
    }

    #[test]
    fn levels_are_read_in_every_form() {
        for (value, expected) in [
            (json!("fatal"), Level::Fatal),
            (json!("Critical"), Level::Fatal),
            (json!("log"), Level::Info),
            (json!(40), Level::Error),
            (json!(50), Level::Fatal),
            (json!("30"), Level::Warning),
            (json!(10), Level::Debug),
            (json!("strange"), Level::Error),
            (json!({}), Level::Error),
        ] {
            assert_eq!(level(Some(&value)), expected, "{value}");
        }
        assert_eq!(level(None), Level::Error);
    }
}
