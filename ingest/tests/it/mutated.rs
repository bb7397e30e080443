//! Recorded requests of SDKs, damaged in every way: nothing panics, and what is stored keeps its bounds.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use ingest::rehearsal;
use proptest::prelude::*;
use shared::event::Event;

/// An event is cut to 1 MiB of JSON before it is sanitised and noted.
const MAX_EVENT: usize = (1 << 20) + (64 << 10);

/// Bodies that came uncompressed, each with whether it is an envelope.
fn bodies() -> Vec<(bool, Vec<u8>)> {
    let lines = include_str!("../../../deploy/tests/fixtures/sdk/captures.jsonl").lines();
    lines
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|capture| {
            !capture["headers"].to_string().to_lowercase().contains("content-encoding")
        })
        .map(|capture| {
            let body = BASE64_STANDARD.decode(capture["body"].as_str().unwrap()).unwrap();
            (capture["path"].as_str().unwrap().contains("/envelope"), body)
        })
        .filter(|(_, body)| !body.is_empty())
        .collect()
}

/// A piece of a body is replaced, by bytes that parsers trip over as often as by others.
#[derive(Debug, Clone)]
struct Damage {
    at: prop::sample::Index,
    removed: usize,
    inserted: Vec<u8>,
}

fn damage() -> impl Strategy<Value = Damage> {
    let words = prop::sample::select(vec![
        "null",
        "NaN",
        "-1",
        "1e999",
        "18446744073709551616",
        "\\ud83d",
        "\\u0000",
        "\\",
        "\"",
        "\n",
        "{",
        "}",
        "[",
        "]",
        "[[[[[[[[",
        "{\"values\":null}",
        "\"length\":9,",
        "%s",
        "{{default}}",
        "\u{fffd}",
        ",",
    ]);
    let inserted = prop_oneof![
        words.prop_map(|word| word.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
        (any::<u8>(), 1_usize..4_000).prop_map(|(byte, times)| vec![byte; times]),
    ];
    (any::<prop::sample::Index>(), 0_usize..64, inserted)
        .prop_map(|(at, removed, inserted)| Damage { at, removed, inserted })
}

fn check_bounds(event: &Event) {
    assert!(serde_json::to_vec(event).unwrap().len() <= MAX_EVENT);
    assert!(event.message.len() <= 8 << 10 && event.notes.len() <= 60 && event.tags.len() <= 100);
    assert!(event.title().chars().count() <= 250);
    assert!(!serde_json::to_string(event).unwrap().contains("\\u0000"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_requests_are_read_or_refused(
        which in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 0..6),
    ) {
        let bodies = bodies_once();
        let (is_envelope, body) = which.get(bodies);
        let mut body = body.clone();
        for damage in damages {
            let at = damage.at.index(body.len() + 1);
            let end = (at + damage.removed).min(body.len());
            body.splice(at..end, damage.inserted);
        }
        let body = Bytes::from(body);
        if *is_envelope {
            rehearsal::envelope(&body).unwrap_or_default().iter().for_each(check_bounds);
        } else if let Ok(event) = rehearsal::stored(&body) {
            check_bounds(&event);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let body = Bytes::from(body);
        drop(rehearsal::envelope(&body));
        drop(rehearsal::stored(&body));
    }
}

fn bodies_once() -> &'static [(bool, Vec<u8>)] {
    static BODIES: std::sync::OnceLock<Vec<(bool, Vec<u8>)>> = std::sync::OnceLock::new();
    BODIES.get_or_init(bodies)
}

#[test]
fn whole_requests_are_read() {
    for (is_envelope, body) in bodies_once() {
        let body = Bytes::copy_from_slice(body);
        let read = if *is_envelope {
            rehearsal::envelope(&body).map(|events| events.iter().for_each(check_bounds))
        } else {
            rehearsal::stored(&body).map(|event| check_bounds(&event))
        };
        read.unwrap();
    }
}

#[test]
fn an_event_that_is_too_large_is_cut_and_says_so() {
    let line = "x".repeat(1_000);
    let frame = serde_json::json!({
        "function": "f", "filename": "a.py", "context_line": line, "pre_context": [line, line, line],
        "post_context": [line, line, line], "vars": {"a": line, "b": line},
    });
    let extra: serde_json::Map<_, _> =
        (0..200).map(|n| (format!("k{n}"), line.clone().into())).collect();
    let event = serde_json::json!({
        "message": "m", "extra": extra,
        "exception": [{"type": "E", "value": "v", "stacktrace": {"frames": vec![frame; 240]}}],
    });
    let event = rehearsal::stored(&Bytes::from(event.to_string())).unwrap();
    check_bounds(&event);
    let notes: Vec<&str> = event.notes.iter().map(|note| note.field.as_str()).collect();
    assert_eq!(notes, ["exceptions.frames.vars", "exceptions.frames.context_line"]);
    assert_eq!(event.exceptions[0].frames.len(), 240);
    assert!(event.details.unwrap().extra.is_some());
}
