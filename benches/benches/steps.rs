//! The steps of an event's way, each by itself: what ingest does between a body and the broker, and the worker
//! between the broker and Postgres. `envelope` measures some of them together.

use std::hint::black_box;

use benches::load::event::Events;
use benches::load::mix::Mix;
use benches::sdk::{Envelopes, Size};
use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ingest::rehearsal::{self, Ready};
use shared::batch::Batch;
use shared::event::Event;
use shared::fingerprint;
use shared::payload;
use shared::sanitise::{self, Rules};
use worker::rehearsal::Rehearsal;

/// Events of a message under load.
const MESSAGE: u64 = 100;

/// One kind of event.
struct Kind {
    name: &'static str,
    body: fn(u64) -> Bytes,
    read: fn(&Bytes) -> Event,
}

const KINDS: [Kind; 2] = [
    Kind { name: "report of 1.1 KB", body: report, read: read_report },
    Kind { name: "envelope of 19 KB", body: large, read: read_envelope },
];

fn report(number: u64) -> Bytes {
    let events = Events { mix: Mix::uniform(1_000), seed: 1, ids: true };
    let mut text = String::new();
    events.write(number, &mut text).expect("strings take everything");
    text.into()
}

fn large(number: u64) -> Bytes {
    let at = "2026-11-20T14:12:54.125432Z".to_owned();
    Envelopes { size: Size::Large, errors: 1_000, at }.envelope(number).into()
}

fn read_report(body: &Bytes) -> Event {
    rehearsal::decoded_report(body).expect("the report can be read")
}

fn read_envelope(body: &Bytes) -> Event {
    let events = rehearsal::decoded_envelope(body).expect("the envelope can be read");
    events.into_iter().next().expect("the envelope holds an event")
}

fn steps(criterion: &mut Criterion) {
    for kind in &KINDS {
        events(criterion, kind);
        messages(criterion, kind);
    }
}

/// What is done for each event by itself.
fn events(criterion: &mut Criterion, kind: &Kind) {
    let body = (kind.body)(1);
    let event = (kind.read)(&body);
    let rules = Rules::default();
    let ready = rehearsal::ready(event.clone());
    let named = sanitised(event.clone(), &rules);
    let packed = payload::encode(&named).expect("the event can be packed");

    let mut group = criterion.benchmark_group(kind.name);
    group.bench_function("decode", |bencher| bencher.iter(|| (kind.read)(black_box(&body))));
    group.bench_function("sanitise", |bencher| {
        let sanitise = |event| sanitised(event, &rules);
        bencher.iter_batched(|| event.clone(), sanitise, BatchSize::SmallInput);
    });
    group.bench_function("name", |bencher| {
        bencher.iter(|| fingerprint::group(black_box(named.grouping_input())));
    });
    group.bench_function("write and compress", |bencher| {
        let write = |ready| rehearsal::message(vec![ready]);
        bencher.iter_batched(|| ready.clone(), write, BatchSize::SmallInput);
    });
    group.bench_function("inflate and parse what is stored", |bencher| {
        bencher.iter(|| payload::decode(packed.encoding, black_box(&packed.bytes)));
    });
    group.finish();
}

/// What is done for the events of a message together; throughput is in events.
fn messages(criterion: &mut Criterion, kind: &Kind) {
    let one = |number| -> Ready { rehearsal::ready((kind.read)(&(kind.body)(number))) };
    let message = rehearsal::message((0..MESSAGE).map(one).collect());
    let message = Bytes::from(message.expect("the events can be packed"));
    let rows = Rehearsal::of(message.clone()).expect("the message can be read");

    let mut group = criterion.benchmark_group(format!("{MESSAGE} of {}", kind.name));
    group.throughput(Throughput::Elements(MESSAGE));
    group.bench_function("read the message", |bencher| {
        bencher.iter(|| Batch::decode(black_box(message.clone())));
    });
    group.bench_function("write the rows", |bencher| bencher.iter(|| black_box(&rows).rows()));
    group.finish();
}

fn sanitised(mut event: Event, rules: &Rules) -> Event {
    sanitise::event(&mut event, rules);
    event
}

criterion_group!(benches, steps);
criterion_main!(benches);
