//! Fields of the wrong type, with bad values, and over-long ones, which are cut and not refused.

use serde_json::{Map, Value, json};

use super::super::row::{Ask, Cost, Expected, Row, invalid};

pub(super) fn rows() -> Vec<Row> {
    in_bodies().into_iter().chain(idempotency_keys()).collect()
}

/// Those that nothing on the way minds.
pub(super) fn in_bodies() -> Vec<Row> {
    [wrong_types(), bad_values(), odd_values(), over_long()].into_iter().flatten().collect()
}

/// An error with these fields besides or instead of the good ones.
fn row(name: impl AsRef<str>, fields: Value, expected: Expected) -> Row {
    let mut error = json!({"message": name.as_ref(), "source": "malformed"});
    let changes: Map<String, Value> = serde_json::from_value(fields).unwrap();
    error.as_object_mut().unwrap().extend(changes);
    Ask::error(error.to_string()).expect(format!("field: {}", name.as_ref()), expected)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn wrong_types() -> Vec<Row> {
    let texts = [
        "message",
        "source",
        "level",
        "environment",
        "stack_trace",
        "url",
        "timestamp",
        "release",
        "exception_type",
        "event_id",
    ];
    let all = || vec![json!(false), json!(7), json!("x"), json!(["x"]), json!({"x": "y"})];
    let but = |kinds: &[&str]| {
        all().into_iter().filter(|value| !kinds.contains(&kind(value))).collect::<Vec<_>>()
    };
    let mut rows = Vec::new();
    let mut add = |field: &'static str, values: Vec<Value>, place: fn(&str, Value) -> Value| {
        for value in values {
            let name = format!("{field} is {}", kind(&value));
            rows.push(row(name, place(field, value), invalid(field)));
        }
    };
    for field in texts {
        add(field, but(&["a string"]), |field, value| json!({ field: value }));
    }
    for field in ["context", "user", "tags"] {
        add(field, but(&["an object"]), |field, value| json!({ field: value }));
    }
    add("fingerprint", but(&["a string", "an array"]), |field, value| json!({ field: value }));
    for field in ["user.id", "user.email", "user.username", "user.ip_address"] {
        let value =
            |field: &str, value| json!({"user": {field.trim_start_matches("user."): value}});
        add(field, vec![json!([]), json!({})], value);
    }
    add("tags.a", vec![json!([]), json!({})], |_, value| json!({"tags": {"a": value}}));
    rows.push(row("message is null", json!({"message": null}), invalid("message")));
    rows.push(row("source is null", json!({"source": null}), invalid("source")));
    rows
}

fn bad_values() -> Vec<Row> {
    let mut rows = vec![
        row("an empty message", json!({"message": ""}), invalid("message")),
        row("a blank message", json!({"message": " \t\n"}), invalid("message")),
        row("an empty source", json!({"source": ""}), invalid("source")),
        row("lists in a fingerprint", json!({"fingerprint": ["a", ["b"]]}), invalid("fingerprint")),
        row("objects in a fingerprint", json!({"fingerprint": [{}]}), invalid("fingerprint")),
        Ask::error(r#"{"message":"a","source":"a","message":7}"#)
            .expect("field: a key twice, the last one bad", invalid("message")),
        Ask::error("{}").expect("field: none at all", invalid("message")),
        Ask::error(r#"{"message":"m"}"#).expect("field: no source", invalid("source")),
    ];
    for level in ["bad", "ERROR", "Warning", "warn", "", " error"] {
        rows.push(row(format!("level {level:?}"), json!({"level": level}), invalid("level")));
    }
    for time in [
        "noon",
        "",
        "2025-08-29",
        "2025-08-29T12:00:00",
        "2025-13-01T00:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-08-29T25:00:00Z",
        "2025-08-29T12:00:00+99:00",
        "1756468800",
        "99999999999999-01-01T00:00:00Z",
        "2025-08-29T12:00:00Z\u{0}",
    ] {
        let expected = invalid("timestamp");
        rows.push(row(format!("timestamp {time:?}"), json!({"timestamp": time}), expected));
    }
    for id in [
        "x",
        "550e8400e29b41d4a71644665544000",
        "550e8400e29b41d4a7164466554400000",
        "550e8400-e29b-41d4-a716-44665544000g",
        "550e8400-e29b-41d4-a716-446655440000\u{0}",
        " 550e8400e29b41d4a716446655440000",
    ] {
        rows.push(row(format!("event_id {id:?}"), json!({"event_id": id}), invalid("event_id")));
    }
    rows
}

/// Values that look bad and are good, or are mended.
fn odd_values() -> Vec<Row> {
    let nulls = json!({
        "level": null, "environment": null, "stack_trace": null, "context": null, "url": null,
        "timestamp": null, "release": null, "user": null, "tags": null, "exception_type": null,
        "fingerprint": null, "event_id": null,
    });
    let empty = json!({
        "environment": "", "stack_trace": "", "context": {}, "url": "", "release": "", "user": {},
        "tags": {}, "exception_type": "", "fingerprint": [], "event_id": "",
    });
    vec![
        row("null in every optional field", nulls, Expected::Stored),
        row("nothing in every optional field", empty, Expected::Stored),
        row("a time long ago", json!({"timestamp": "1970-01-01T00:00:00Z"}), Expected::Stored),
        row("a time to come", json!({"timestamp": "9999-12-31T23:59:59Z"}), Expected::Stored),
        row("a leap second", json!({"timestamp": "2016-12-31T23:59:60Z"}), Expected::Stored),
        row(
            "numbers for texts",
            json!({"user": {"id": 7}, "tags": {"n": 1.5}, "fingerprint": [1, true]}),
            Expected::Stored,
        ),
        row(
            "no address in ip_address",
            json!({"user": {"ip_address": "not an address"}}),
            Expected::Stored,
        ),
        row("no URL in url", json!({"url": "javascript:alert(1)"}), Expected::Stored),
        row(
            "the nil UUID",
            json!({"event_id": "00000000-0000-0000-0000-000000000000"}),
            Expected::Stored,
        ),
    ]
}

fn over_long() -> Vec<Row> {
    let long = |bytes: usize| "ä".repeat(bytes / 2);
    let many: Map<String, Value> = (0..5_000).map(|n| (format!("k{n}"), json!("v"))).collect();
    let stored = |name: &str, fields| row(name, fields, Expected::Stored).cost(Cost::Body);
    vec![
        stored("a message of 1,000,000 bytes", json!({"message": long(1_000_000)})),
        stored("a source of 100,000 bytes", json!({"source": long(100_000)})),
        stored("an environment of 100,000 bytes", json!({"environment": long(100_000)})),
        stored("a stack of 1,000,000 bytes", json!({"stack_trace": long(1_000_000)})),
        stored("a context of 1,000,000 bytes", json!({"context": {"a": 1, "b": long(1_000_000)}})),
        stored("a URL of 100,000 bytes", json!({"url": long(100_000)})),
        stored("a release of 100,000 bytes", json!({"release": long(100_000)})),
        stored("a type of 100,000 bytes", json!({"exception_type": long(100_000)})),
        stored("a user of 400,000 bytes", json!({"user": {"id": long(100_000), "email": long(100_000), "username": long(100_000), "ip_address": long(100_000)}})),
        stored("5,000 tags", json!({"tags": many})),
        stored("a tag's key of 100,000 bytes", json!({"tags": {long(100_000): "v"}})),
        stored("a tag's value of 100,000 bytes", json!({"tags": {"k": long(100_000)}})),
        stored("a fingerprint of 10,000 parts", json!({"fingerprint": vec!["part"; 10_000]})),
        stored("a fingerprint of 500,000 bytes", json!({"fingerprint": long(500_000)})),
        stored("5,000 keys in the context", json!({"context": many})),
        row("5,000 bad tags", json!({"tags": (0..5_000).map(|n| (format!("k{n:04}"), json!([]))).collect::<Map<_, _>>()}), invalid("tags.k0000"))
            .cost(Cost::Body),
    ]
}

fn idempotency_keys() -> Vec<Row> {
    let row = |name: &str, value: Vec<u8>, expected| {
        Ask::error(super::good(name))
            .also("Idempotency-Key", value)
            .expect(format!("idempotency: {name}"), expected)
    };
    vec![
        row("an empty key", Vec::new(), invalid("Idempotency-Key")),
        row("256 characters", vec![b'k'; 256], invalid("Idempotency-Key")),
        row("60,000 characters", vec![b'k'; 60_000], invalid("Idempotency-Key")),
        row("bytes beyond ASCII", b"\xc3\xa4".to_vec(), invalid("Idempotency-Key")),
        row("255 characters", vec![b'k'; 255], Expected::Stored),
    ]
}
