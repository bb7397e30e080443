//! The body of an SDK's request: nothing panics, and what would be stored keeps its bounds.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

/// An event is cut to 1 MiB of JSON before it is sanitised and noted.
const MAX_EVENT: usize = (1 << 20) + (64 << 10);

fuzz_target!(|body: &[u8]| {
    let body = Bytes::copy_from_slice(body);
    let events = ingest::rehearsal::envelope(&body).unwrap_or_default();
    let alone = ingest::rehearsal::stored(&body).ok().flatten();
    for event in events.iter().chain(&alone) {
        let stored = serde_json::to_vec(event).expect("an event that can be stored");
        assert!(stored.len() <= MAX_EVENT, "{} bytes", stored.len());
    }
});
