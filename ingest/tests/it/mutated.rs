//! Recorded requests of SDKs, damaged in every way: nothing panics, and what is stored keeps its bounds.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use ingest::rehearsal;
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::event::Event;

/// An event is cut to 1 MiB of JSON before it is sanitised and noted.
const MAX_EVENT: usize = (1 << 20) + (64 << 10);

/// Bodies that came uncompressed, each with whether it is an envelope.
fn bodies() -> Vec<(bool, Vec<u8>)> {
    let lines = include_str!("../../../deploy/tests/fixtures/sdk/captures.jsonl").lines();
    lines
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
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
        "{a}{a}{a}{a}{a}{a}",
        "{\"\":0},",
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
    assert!(!holds_nul(&serde_json::to_value(event).unwrap()));
}

/// Whether Postgres would refuse one of the texts.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(entries) => {
            entries.iter().any(|(key, entry)| key.contains('\0') || holds_nul(entry))
        }
        _ => false,
    }
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
        } else if let Ok(Some(event)) = rehearsal::stored(&body) {
            check_bounds(&event);
        }
    }

    #[test]
    fn events_with_odd_values_anywhere_are_never_refused(
        which in any::<prop::sample::Index>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), odd_value()), 1..8),
    ) {
        let mut event = which.get(events_once()).clone();
        for (place, odd) in places {
            let mut number = place.index(count(&event));
            replace(&mut event, &mut number, &odd);
        }
        // The event itself may have been replaced.
        prop_assume!(event.as_object().is_some_and(|event| !event.is_empty()));
        rehearsal::stored(&Bytes::from(event.to_string())).unwrap().iter().for_each(check_bounds);
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let body = Bytes::from(body);
        drop(rehearsal::envelope(&body));
        drop(rehearsal::stored(&body));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn events_of_every_size_are_cut_to_fit(event in large_event()) {
        let stored = rehearsal::stored(&Bytes::from(event.to_string())).unwrap().unwrap();
        check_bounds(&stored);
        let noted: Vec<_> = stored.notes.iter().map(|note| (&note.field, note.change)).collect();
        let mut once = noted.clone();
        once.dedup();
        prop_assert_eq!(noted, once);
    }
}

/// An event in which any part may be what makes it too large.
fn large_event() -> impl Strategy<Value = Value> {
    let some = |most: usize| prop_oneof![3 => Just(0), 1 => 1..most];
    let frames = || prop::sample::select(vec![0_usize, 1, 9, 10, 19, 20, 21, 60, 300]);
    let sizes = (some(2_000), some(900), some(200_000), some(15_000));
    let stacks = (some(60), frames(), some(40), frames());
    (stacks, sizes, some(120), some(1_200)).prop_map(
        |((exceptions, frames, threads, of_thread), (name, line, extra, crumb), crumbs, modules)| {
            let text = |length: usize| "x".repeat(length);
            let frame = |at: usize| {
                json!({
                    "function": format!("f{at}{}", text(name)), "module": text(name),
                    "filename": text(name), "context_line": text(line), "pre_context": [text(line)],
                    "vars": {"a": text(line), "b": [text(line)]},
                })
            };
            let stack = |frames: usize| json!({"frames": (0..frames).map(frame).collect::<Vec<_>>()});
            let exception =
                |at: usize| json!({"type": format!("E{at}"), "value": text(line), "stacktrace": stack(frames)});
            let thread = |at: usize| json!({"id": at, "name": text(name), "stacktrace": stack(of_thread)});
            json!({
                "message": text(name * 5),
                "exception": (0..exceptions).map(exception).collect::<Vec<_>>(),
                "threads": (0..threads).map(thread).collect::<Vec<_>>(),
                "breadcrumbs": vec![json!({"message": text(crumb)}); crumbs],
                "extra": {"a": text(extra)}, "request": {"data": text(extra)},
                "contexts": {"b": {"c": text(extra)}}, "fingerprint": vec![text(name); 40],
                "modules": (0..modules).map(|at| (format!("m{at}"), text(line).into())).collect::<serde_json::Map<_, _>>(),
            })
        },
    )
}

/// The events of the bodies.
fn events_once() -> &'static [Value] {
    static EVENTS: OnceLock<Vec<Value>> = OnceLock::new();
    EVENTS.get_or_init(|| {
        let documents =
            bodies_once().iter().flat_map(|(_, body)| body.split(|byte| *byte == b'\n'));
        let read = documents.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        read.filter(|event| event.get("platform").is_some()).collect()
    })
}

/// Values where others are expected.
fn odd_value() -> impl Strategy<Value = Value> {
    // Several of them inside one another stay within what JSON may nest.
    let nested = (0..14).fold(json!("deep"), |inside, _| json!([inside]));
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\0"),
        json!("{{ default }}"),
        json!("x".repeat(20_000)),
        json!([]),
        json!({}),
        json!([[], {}, null, 7, ["a"], ["a", "b"], ["a", "b", "c"]]),
        json!({"values": [null, 7, {}, []]}),
        json!({"values": null}),
        json!({"frames": [null, 7, {}, {"function": {}, "vars": 7, "lineno": "x"}]}),
        json!({"message": "%s {} %(a)", "params": [[]]}),
        nested,
    ])
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(entries) => entries.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts a value in the place of the node with this number, counted from the root.
fn replace(value: &mut Value, number: &mut usize, by: &Value) -> bool {
    if *number == 0 {
        *value = by.clone();
        return true;
    }
    *number -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| replace(item, number, by)),
        Value::Object(entries) => entries.values_mut().any(|entry| replace(entry, number, by)),
        _ => false,
    }
}

fn bodies_once() -> &'static [(bool, Vec<u8>)] {
    static BODIES: OnceLock<Vec<(bool, Vec<u8>)>> = OnceLock::new();
    BODIES.get_or_init(bodies)
}

#[test]
fn whole_requests_are_read() {
    for (is_envelope, body) in bodies_once() {
        let body = Bytes::copy_from_slice(body);
        let read = if *is_envelope {
            rehearsal::envelope(&body).map(|events| events.iter().for_each(check_bounds))
        } else {
            rehearsal::stored(&body).map(|event| event.iter().for_each(check_bounds))
        };
        read.unwrap();
    }
}

#[test]
fn a_transaction_at_the_door_of_events_is_none() {
    let body = json!({"type": "transaction", "transaction": "/orders", "spans": []}).to_string();
    assert_eq!(rehearsal::stored(&Bytes::from(body)).unwrap(), None);
}

#[test]
fn an_event_that_is_too_large_is_cut_and_says_so() {
    let line = "x".repeat(1_000);
    let frame = json!({
        "function": "f", "filename": "a.py", "context_line": line, "pre_context": [line, line, line],
        "post_context": [line, line, line], "vars": {"a": line, "b": line},
    });
    let extra: serde_json::Map<_, _> =
        (0..200).map(|n| (format!("k{n}"), line.clone().into())).collect();
    let event = json!({
        "message": "m", "extra": extra,
        "exception": [{"type": "E", "value": "v", "stacktrace": {"frames": vec![frame; 240]}}],
    });
    let event = rehearsal::stored(&Bytes::from(event.to_string())).unwrap().unwrap();
    check_bounds(&event);
    let notes: Vec<&str> = event.notes.iter().map(|note| note.field.as_str()).collect();
    assert_eq!(notes, ["exceptions.frames.vars", "exceptions.frames.context_line"]);
    assert_eq!(event.exceptions[0].frames.len(), 240);
    assert!(event.details.unwrap().extra.is_some());
}
