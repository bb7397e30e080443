//! The same exception makes the same error whichever door it comes through: as text in the JSON API, or in
//! the frames of an SDK.

use std::collections::BTreeMap;

use bytes::Bytes;
use ingest::rehearsal;
use shared::fingerprint::{Input, explain, group};

/// One exception, as text and as an SDK tells it.
struct Pair {
    title: &'static str,
    message: &'static str,
    stack: &'static str,
    event: &'static str,
}

fn pairs() -> Vec<Pair> {
    include_str!("doors/pairs.txt").split("\n### ").skip(1).map(read).collect()
}

fn read(text: &'static str) -> Pair {
    let (title, rest) = text.split_once('\n').unwrap();
    let (written, event) = rest.split_once("\n=== SDK\n").unwrap();
    let (message, stack) = written.strip_prefix("message: ").unwrap().split_once('\n').unwrap();
    Pair { title, message, stack, event }
}

#[test]
fn an_exception_is_one_error_by_both_doors() {
    let mut faults = Vec::new();
    let mut titles: BTreeMap<String, &str> = BTreeMap::new();
    for pair in pairs() {
        let written =
            Input { message: pair.message, stack_trace: Some(pair.stack), ..Input::default() };
        let event = rehearsal::stored(&Bytes::from_static(pair.event.as_bytes()));
        let event = event.unwrap().expect("an event");
        let told = event.grouping_input();
        let fingerprint = group(written).fingerprint;
        if fingerprint != group(told).fingerprint {
            let parts = (explain(written), explain(told));
            faults.push(format!("{}\n  {:?}\n  {:?}", pair.title, parts.0, parts.1));
        }
        if let Some(other) = titles.insert(fingerprint.to_string(), pair.title) {
            faults.push(format!("{other} and {} share a fingerprint", pair.title));
        }
    }
    assert!(titles.len() >= 20, "only {} pairs were read", titles.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
