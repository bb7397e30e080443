//! The JSON API's report of an error: from a JSON object to a checked, bounded [`Report`].

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use shared::api::{ApiError, FieldErrorKind};
use shared::event::{Change, Level, Note, Object, User};
use shared::ids::EventId;
use shared::time;

use super::bounds::{self, Notes};
use super::fields::{Fields, scalar};

/// A report whose fields are all good.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Report {
    pub(crate) message: String,
    pub(crate) source: String,
    pub(crate) level: Level,
    pub(crate) environment: String,
    pub(crate) stack_trace: Option<String>,
    pub(crate) context: Option<Object>,
    pub(crate) url: Option<String>,
    pub(crate) timestamp: Option<DateTime<Utc>>,
    pub(crate) release: Option<String>,
    pub(crate) user: Option<User>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) exception_type: Option<String>,
    pub(crate) fingerprint: Option<Vec<String>>,
    pub(crate) event_id: Option<EventId>,
    pub(crate) notes: Vec<Note>,
}

/// How far back an event's own time is believed.
const OLDEST: TimeDelta = TimeDelta::days(30);
/// How far ahead of our clock an event's own time is believed.
const NEWEST: TimeDelta = TimeDelta::seconds(60);

/// Checks a report. `received_at` decides whether its own time can be believed.
pub(crate) fn check(value: Value, received_at: DateTime<Utc>) -> Result<Report, ApiError> {
    let Value::Object(object) = value else {
        let message = "must be a JSON object";
        return Err(ApiError::field(FieldErrorKind::WrongType, "body", message));
    };
    let mut fields = Fields::new(object);
    let mut notes = Notes::default();
    let report = Report {
        message: required(&mut fields, &mut notes, "message", bounds::MESSAGE),
        source: required(&mut fields, &mut notes, "source", bounds::NAME),
        level: level(&mut fields),
        environment: optional(&mut fields, &mut notes, "environment", bounds::ENVIRONMENT)
            .unwrap_or_else(|| "production".to_owned()),
        stack_trace: optional(&mut fields, &mut notes, "stack_trace", bounds::STACK_TRACE),
        context: context(&mut fields, &mut notes),
        url: optional(&mut fields, &mut notes, "url", bounds::URL),
        timestamp: timestamp(&mut fields, &mut notes, received_at),
        release: optional(&mut fields, &mut notes, "release", bounds::NAME),
        user: user(&mut fields, &mut notes),
        tags: tags(&mut fields, &mut notes),
        exception_type: optional(&mut fields, &mut notes, "exception_type", bounds::EXCEPTION_TYPE),
        fingerprint: fingerprint(&mut fields, &mut notes),
        event_id: event_id(&mut fields),
        notes: notes.0,
    };
    if fields.errors.is_empty() { Ok(report) } else { Err(ApiError::validation(fields.errors)) }
}

fn required(fields: &mut Fields, notes: &mut Notes, name: &str, limit: usize) -> String {
    let text = fields.required_string(name);
    notes.bounded(name, text, limit)
}

/// A text that may be missing; an empty one counts as missing.
fn optional(fields: &mut Fields, notes: &mut Notes, name: &str, limit: usize) -> Option<String> {
    let text = fields.string(name).filter(|text| !text.is_empty())?;
    Some(notes.bounded(name, text, limit))
}

fn level(fields: &mut Fields) -> Level {
    let Some(text) = fields.string("level") else { return Level::default() };
    text.parse().unwrap_or_else(|unknown: shared::event::UnknownLevel| {
        fields.fault(FieldErrorKind::UnknownValue, "level", &unknown.to_string());
        Level::default()
    })
}

fn context(fields: &mut Fields, notes: &mut Notes) -> Option<Object> {
    let context = fields.object("context")?;
    if context.values().any(|value| bounds::too_deep(value, bounds::DEPTH - 1)) {
        let message = format!("must not nest deeper than {} levels", bounds::DEPTH);
        fields.fault(FieldErrorKind::OutOfRange, "context", &message);
        return None;
    }
    Some(notes.bounded_context(context))
}

/// The event's own time, unless it lies too far back or ahead: then the receipt time stands in, with
/// a note.
fn timestamp(
    fields: &mut Fields,
    notes: &mut Notes,
    received_at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let text = fields.string("timestamp")?;
    let Some(given) = time::parse(&text) else {
        let message = "must be an RFC 3339 time such as 2025-08-29T12:00:00Z";
        fields.fault(FieldErrorKind::Malformed, "timestamp", message);
        return None;
    };
    let believed = believed(given, received_at);
    if believed.is_none() {
        notes.add("timestamp", Change::ClockCorrected);
    }
    believed
}

/// A client's time; none when it lies too far back or ahead of the receipt.
pub(crate) fn believed(given: DateTime<Utc>, received_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if given < received_at - OLDEST || given > received_at + NEWEST {
        return None;
    }
    // Postgres keeps microseconds.
    DateTime::from_timestamp_micros(given.timestamp_micros())
}

fn user(fields: &mut Fields, notes: &mut Notes) -> Option<User> {
    let mut object = fields.object("user")?;
    let mut part = |name: &str| {
        let field = format!("user.{name}");
        let value = object.remove(name).filter(|value| !value.is_null())?;
        let Some(text) = scalar(value) else {
            fields.fault(FieldErrorKind::WrongType, &field, "must be a string or a number");
            return None;
        };
        Some(notes.bounded(&field, text, bounds::NAME))
    };
    let user = User {
        id: part("id"),
        email: part("email"),
        username: part("username"),
        ip_address: part("ip_address"),
    };
    (user != User::default()).then_some(user)
}

fn tags(fields: &mut Fields, notes: &mut Notes) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for (key, value) in fields.object("tags").unwrap_or_default() {
        if value.is_null() {
            continue;
        }
        let field = format!("tags.{}", key.chars().take(bounds::NAME).collect::<String>());
        let Some(value) = scalar(value) else {
            fields.fault(FieldErrorKind::WrongType, &field, "must be a string, number or boolean");
            continue;
        };
        if tags.len() == bounds::TAGS {
            notes.add("tags", Change::Dropped);
            break;
        }
        let key = notes.bounded(&field, key, bounds::NAME);
        tags.insert(key, notes.bounded(&field, value, bounds::NAME));
    }
    tags
}

/// The client's own grouping: a string, or a list of strings. An empty list is none.
fn fingerprint(fields: &mut Fields, notes: &mut Notes) -> Option<Vec<String>> {
    let parts = match fields.take("fingerprint")? {
        Value::String(text) => vec![text],
        Value::Array(items) => {
            let count = items.len();
            let parts: Vec<String> = items.into_iter().filter_map(scalar).collect();
            if parts.len() < count {
                let message = "must be a string or a list of strings";
                fields.fault(FieldErrorKind::WrongType, "fingerprint", message);
            }
            parts
        }
        _ => {
            let message = "must be a string or a list of strings";
            fields.fault(FieldErrorKind::WrongType, "fingerprint", message);
            return None;
        }
    };
    if parts.len() > bounds::FINGERPRINT_PARTS {
        notes.add("fingerprint", Change::Dropped);
    }
    let parts: Vec<String> = parts
        .into_iter()
        .take(bounds::FINGERPRINT_PARTS)
        .map(|part| notes.bounded("fingerprint", part, bounds::MESSAGE))
        .collect();
    // A client that always sends an empty text means nothing by it.
    parts.iter().any(|part| !part.trim().is_empty()).then_some(parts)
}

fn event_id(fields: &mut Fields) -> Option<EventId> {
    let text = fields.string("event_id").filter(|text| !text.is_empty())?;
    // The nil UUID is what an unset field looks like, not an id.
    let given: Option<EventId> = text
        .parse()
        .map_err(|_| fields.fault(FieldErrorKind::Malformed, "event_id", "must be a UUID"))
        .ok();
    given.filter(|id| !id.0.is_nil())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn received() -> DateTime<Utc> {
        time::parse("2025-08-29T12:00:00Z").unwrap()
    }

    fn read(value: Value) -> Report {
        check(value, received()).unwrap()
    }

    /// The bad fields of a report, as `field type`.
    fn faults(value: Value) -> Vec<String> {
        let error = check(value, received()).unwrap_err();
        let body = error.to_json(shared::config::Environment::Production);
        let errors = body["details"]["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| {
                format!("{} {}", error["field"].as_str().unwrap(), error["type"].as_str().unwrap())
            })
            .collect()
    }

    #[test]
    fn a_short_report_has_the_documented_defaults() {
        let report = read(json!({"message": "m", "source": "s"}));
        assert_eq!(report.level, Level::Error);
        assert_eq!(report.environment, "production");
        assert_eq!(report.event_id, None);
        assert_eq!(report.notes, []);
    }

    #[test]
    fn every_bad_field_is_named() {
        assert_eq!(faults(json!([])), ["body wrong_type"]);
        assert_eq!(faults(json!({})), ["message missing", "source missing"]);
        assert_eq!(
            faults(json!({
                "message": 7, "source": " ", "level": "bad", "environment": [], "stack_trace": {},
                "context": "x", "url": 1, "timestamp": "noon", "release": {}, "user": {"id": []},
                "tags": {"a": {}}, "fingerprint": [[]], "event_id": "x", "exception_type": false,
            })),
            [
                "message wrong_type",
                "source missing",
                "level unknown_value",
                "environment wrong_type",
                "stack_trace wrong_type",
                "context wrong_type",
                "url wrong_type",
                "timestamp malformed",
                "release wrong_type",
                "user.id wrong_type",
                "tags.a wrong_type",
                "exception_type wrong_type",
                "fingerprint wrong_type",
                "event_id malformed",
            ]
        );
    }

    #[test]
    fn a_deep_context_is_refused() {
        let nested = |depth: usize| {
            let mut value = json!(1);
            for _ in 0..depth {
                value = json!({ "a": value });
            }
            json!({"message": "m", "source": "s", "context": value})
        };
        assert!(check(nested(32), received()).is_ok());
        assert_eq!(faults(nested(33)), ["context out_of_range"]);
    }

    #[test]
    fn a_clock_is_believed_within_bounds() {
        let at = |text: &str| read(json!({"message": "m", "source": "s", "timestamp": text}));
        assert_eq!(at("2025-08-29T11:00:00+00:00").timestamp, time::parse("2025-08-29T11:00:00Z"));
        for wrong in ["2024-08-29T12:00:00Z", "2025-08-29T12:01:01Z", "9999-12-31T23:59:59Z"] {
            let report = at(wrong);
            assert_eq!(report.timestamp, None);
            assert_eq!(report.notes[0].change, Change::ClockCorrected);
        }
    }

    #[test]
    fn numbers_stand_in_for_texts_where_clients_send_them() {
        let report = read(json!({
            "message": "m", "source": "s", "level": "critical",
            "user": {"id": 42, "email": null}, "tags": {"n": 1.5, "b": true, "nil": null},
            "fingerprint": "mine", "event_id": "550e8400e29b41d4a716446655440000",
        }));
        assert_eq!(report.level, Level::Fatal);
        assert_eq!(report.user.unwrap().id.as_deref(), Some("42"));
        assert_eq!(report.tags.len(), 2);
        assert_eq!(report.fingerprint, Some(vec!["mine".to_owned()]));
    }

    #[test]
    fn empty_and_nil_mean_not_given() {
        let report = read(json!({
            "message": "m", "source": "s", "fingerprint": "",
            "event_id": "00000000-0000-0000-0000-000000000000",
        }));
        assert_eq!((report.fingerprint, report.event_id), (None, None));
        let blank = json!({"message": "m", "source": "s", "fingerprint": ["", " "]});
        assert_eq!(read(blank).fingerprint, None);
    }

    #[test]
    fn what_is_too_long_is_cut_and_noted() {
        let tags: Object = (0..150).map(|n| (format!("k{n:03}"), json!("v"))).collect();
        let report = read(json!({
            "message": "m".repeat(10_000), "source": "s", "stack_trace": "t".repeat(70_000),
            "tags": tags,
        }));
        assert_eq!(report.message.len(), bounds::MESSAGE);
        assert_eq!(report.stack_trace.unwrap().len(), bounds::STACK_TRACE);
        assert_eq!(report.tags.len(), bounds::TAGS);
        assert_eq!(report.notes.len(), 3);
    }
}
