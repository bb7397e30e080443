//! What holds for every event.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use shared::event::Event;
use shared::sanitise::{self, Rules};

use crate::{bare_event, to_json};

const KEYS: [&str; 8] = [
    "password",
    "userPassword",
    "X-Api-Key",
    "client_secret",
    "authorization",
    "Set-Cookie",
    "creditCard",
    "access_token",
];

/// Text made of the pieces that mean something to the scanner, in senseless order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "password",
        "token",
        "auth",
        "session_id",
        "Cookie",
        "Authorization",
        "key",
        "api",
        "=",
        ":",
        ": ",
        " = ",
        "=>",
        "\"",
        "'",
        "\\\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "</",
        "&",
        "?",
        "#",
        ",",
        ", ",
        ";",
        " ",
        "\n",
        "\r\n",
        "\\n",
        "--",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "://",
        "@",
        "/",
        ".",
        "%3D",
        "%22",
        "%3A",
        "%26",
        "Bearer ",
        "Basic ",
        "Digest ",
        "dXNlcjpwYXNz",
        "eyJhbGciOiJIUzI1NiJ9",
        "4111111111111111",
        "4111 ",
        "DE89370400440532013000",
        "AKIAIOSFODNN7EXAMPLE",
        "[Filtered]",
        "hunter2",
        "null",
        "é",
        "🦀",
        "b'",
        "  File \"",
        "    ",
        "7",
        "x",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => pieces(), 1 => any::<String>()]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(pieces(), inner.clone(), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            inner.prop_map(|value| Value::from(value.to_string())),
        ]
    })
}

/// A document without secrets: plain words under plain keys.
fn plain_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..100_000_u32).prop_map(Value::from),
        "[a-z]{1,8}( [a-z]{1,8}){0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::btree_map("f_[a-z]{1,6}x", inner, 1..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn event_of(message: String, context: Value) -> Event {
    let mut event = bare_event();
    event.stack_trace = Some(message.clone());
    event.message = message;
    event.context = Some(Map::from_iter([("data".to_owned(), context)]));
    event
}

fn sanitised(mut event: Event) -> Event {
    sanitise::event(&mut event, &Rules::default());
    event
}

/// The value with an entry put into one of its objects, or around it where it has none.
fn plant(value: Value, place: usize, key: &str, secret: &Value) -> Value {
    match value {
        Value::Object(mut object) if place.is_multiple_of(2) || object.is_empty() => {
            object.insert(key.to_owned(), secret.clone());
            Value::Object(object)
        }
        Value::Object(object) => {
            let chosen = place / 2 % object.len();
            let entries = object.into_iter().enumerate().map(|(at, (name, inner))| {
                let inner = if at == chosen { plant(inner, place / 2, key, secret) } else { inner };
                (name, inner)
            });
            Value::Object(entries.collect())
        }
        Value::Array(mut items) if !items.is_empty() => {
            let chosen = place % items.len();
            let item = items.remove(chosen);
            items.insert(chosen, plant(item, place / 2, key, secret));
            Value::Array(items)
        }
        other => json!({ "beside": other, key: secret }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sanitising_twice_equals_once(message in text(), context in json_value()) {
        let once = sanitised(event_of(message, context));
        prop_assert_eq!(sanitised(once.clone()), once);
    }

    #[test]
    fn a_planted_secret_goes_and_all_else_stays(
        document in plain_value(),
        place in any::<usize>(),
        key in prop::sample::select(KEYS.to_vec()),
        secret in "zq[0-9]{6}[a-zA-Z0-9!$%/+é]{2,12}qz",
        levels in 0..3_usize,
    ) {
        let wrap = |secret: &Value| {
            let planted = plant(document.clone(), place, key, secret);
            let wrapped = (0..levels).fold(planted, |value, _| Value::from(value.to_string()));
            event_of("nothing".to_owned(), wrapped)
        };
        let found = sanitised(wrap(&Value::from(secret.clone())));
        prop_assert!(!to_json(&found).to_string().contains(&secret));
        prop_assert_eq!(found, wrap(&Value::from("[Filtered]")));
    }

    #[test]
    fn a_planted_secret_goes_from_text(
        before in "[a-z]{1,8}( [a-z]{1,8}){0,3} ",
        key in prop::sample::select(vec!["password", "userPassword", "X-Api-Key", "client_secret"]),
        joint in prop::sample::select(vec!["=", ": ", " = ", ":", "=>"]),
        secret in "zq[0-9]{6}[a-zA-Z0-9!$%/+é]{2,12}qz",
        after in " [a-z]{1,8}( [a-z]{1,8}){0,3}",
    ) {
        let text = |secret: &str| format!("{before}{key}{joint}{secret}{after}");
        let found = sanitised(event_of(text(&secret), Value::Null));
        prop_assert_eq!(found, event_of(text("[Filtered]"), Value::Null));
    }
}
