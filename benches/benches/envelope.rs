//! What the gateway does with an envelope between its bytes and its place in the queue: take apart, decode,
//! sanitise and name; then write and compress.

use std::hint::black_box;

use benches::sdk::{Envelopes, Size};
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shared::payload;

fn read(criterion: &mut Criterion) {
    let at = "2026-11-20T14:12:54.125432Z".to_owned();
    let body = Bytes::from(Envelopes { size: Size::Large, errors: 1, at }.envelope(1));
    let mut group = criterion.benchmark_group("envelope");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("decode, sanitise, name", |bencher| {
        bencher.iter(|| ingest::rehearsal::envelope(black_box(&body)));
    });
    let events = ingest::rehearsal::envelope(&body).expect("the envelope can be read");
    group.bench_function("write, compress", |bencher| {
        bencher
            .iter(|| events.iter().map(payload::encode).for_each(|packed| drop(black_box(packed))));
    });
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
