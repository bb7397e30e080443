//! Envelopes as SDKs send them: a chain of three exceptions in 21 frames with sources and variables,
//! breadcrumbs, a request and contexts; about 19 KB, packed about 4.6 KB.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use flate2::write::GzEncoder;
use flate2::{Compression, Crc};
use serde_json::{Value, json};
use uuid::Builder;

use super::event::Events;
use super::mix::scatter;
use super::words::{capitalised, word};

/// The most errors whose envelopes are kept packed: 5 MB.
pub const MAX_ENVELOPE_ERRORS: u64 = 1_000;

/// Distinct users of a run.
const USERS: u64 = 50_000;

/// Frames of each exception, the first raised first.
const FRAMES: [u64; 3] = [5, 6, 10];

/// Breadcrumbs of an event.
const CRUMBS: u64 = 28;

/// The header of a member of gzip (RFC 1952) without name or time, made on an unknown system.
const MEMBER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The envelopes of a run. All but an event's beginning is the same for all events of an error and packed
/// once, because packing costs a generator as much as a service spends on the whole event.
#[derive(Debug)]
pub(crate) struct Envelopes {
    rests: Vec<Rest>,
    sent_at: u64,
}

/// What follows the beginning of an event.
#[derive(Debug)]
struct Rest {
    packed: Vec<u8>,
    length: usize,
}

impl Envelopes {
    /// Packs what the errors have in common.
    pub(crate) fn new(errors: u64) -> io::Result<Self> {
        let errors = 0..errors.min(MAX_ENVELOPE_ERRORS);
        let rests = errors.map(Rest::new).collect::<io::Result<_>>()?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self { rests, sent_at: since.as_secs() })
    }

    /// The envelope with the event of this number; nothing when its error has none.
    pub(crate) fn body(&self, events: &Events, number: u64) -> Option<Bytes> {
        let rest = self.rests.get(usize::try_from(events.error(number)).ok()?)?;
        let random = u128::from(scatter(events.seed ^ number)) << 64;
        let id = Builder::from_random_bytes((random | u128::from(number)).to_be_bytes());
        let (id, user) = (id.into_uuid().simple(), scatter(number) % USERS);
        let begin = format!(
            r#"{{"event_id":"{id}","timestamp":{}.5,"user":{{"id":"{user}","email":"user{user}@example.com"}},"#,
            self.sent_at
        );
        let length = begin.len() + rest.length;
        let mut head = format!("{{\"event_id\":\"{id}\"}}\n");
        // Writing to a string can't fail.
        let _infallible = write!(head, "{{\"type\":\"event\",\"length\":{length}}}\n{begin}");
        let mut body = Vec::with_capacity(head.len() + rest.packed.len() + 32);
        store(head.as_bytes(), &mut body);
        body.extend_from_slice(&rest.packed);
        Some(body.into())
    }
}

impl Rest {
    fn new(error: u64) -> io::Result<Self> {
        let text = event(error).to_string();
        // It goes on where the beginning ends, after the brace.
        let text = text.strip_prefix('{').unwrap_or(&text);
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(text.as_bytes())?;
        Ok(Self { packed: packer.finish()?, length: text.len() })
    }
}

/// Adds a member of gzip that holds the text as it is, in one stored block.
fn store(text: &[u8], out: &mut Vec<u8>) {
    let mut sum = Crc::new();
    sum.update(text);
    // The head of an envelope has a few hundred bytes.
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&MEMBER);
    out.push(1);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(text);
    out.extend_from_slice(&sum.sum().to_le_bytes());
    out.extend_from_slice(&u32::from(length).to_le_bytes());
}

/// What an event of this error tells besides its id, its time and its user.
pub(crate) fn event(error: u64) -> Value {
    let name = word(error);
    let kinds =
        ["ConnectionReset".to_owned(), "KeyError".to_owned(), capitalised(&name) + "Missing"];
    let exceptions = kinds.iter().zip(FRAMES).enumerate().map(|(at, (kind, frames))| {
        let seed = error * 1_000 + at as u64 * 100;
        let frames: Vec<Value> = (0..frames).map(|frame| self::frame(&name, seed + frame)).collect();
        json!({
            "type": kind, "value": format!("the {name} of order 8812 is gone"), "module": "shop.errors",
            "mechanism": {"type": "chained", "handled": at < 2, "exception_id": 2 - at},
            "stacktrace": {"frames": frames},
        })
    });
    json!({
        "platform": "python", "level": "error", "release": "shop@1.4.2", "environment": "production",
        "server_name": "web-3", "transaction": "/orders/{id}", "tags": {"region": "eu", "tenant": "acme"},
        "exception": {"values": exceptions.collect::<Vec<_>>()},
        "breadcrumbs": {"values": (0..CRUMBS).map(|at| crumb(error * 100 + at)).collect::<Vec<_>>()},
        "request": {
            "url": "https://shop.example/orders/8812", "method": "GET", "query_string": "page=2",
            "headers": {"Accept": "application/json", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        },
        "contexts": {
            "runtime": {"name": "CPython", "version": "3.12.1"},
            "trace": {"trace_id": "771a43a4192642f0b136d5159a501700", "span_id": "b0e6f15b45c36b12"},
        },
        "modules": {"django": "5.1", "celery": "5.4.0", "psycopg": "3.2.1", "redis": "5.0.8"},
        "sdk": {"name": "sentry.python.django", "version": "2.75.0"},
    })
}

/// A frame, with words of its own in its source and its variables.
fn frame(name: &str, seed: u64) -> Value {
    let own = |at: u64| word(scatter(seed * 32 + at) % 40_000);
    let line = |at: u64| {
        let words = [0, 1, 2, 3, 4].map(|next| own(at + next));
        let [result, store, value, option, choice] = &words;
        format!("    {result} = self.{store}.load({value}, {option}={choice})")
    };
    let filename = format!("shop/{name}/{}.py", own(0));
    let object = format!("<shop.{}.Orders object>", own(25));
    json!({
        "filename": filename, "abs_path": format!("/srv/app/{filename}"),
        "function": format!("handle_{}", own(1)), "module": format!("shop.{name}.{}", own(0)),
        "lineno": 40 + seed % 300, "in_app": seed.is_multiple_of(3),
        "pre_context": [line(2), line(7), "    if order is None:"],
        "context_line": "        raise OrderMissing(f\"order {order_id} is gone\")",
        "post_context": ["    return order", "", line(12), line(17)],
        "vars": {"order_id": "8812", own(22): own(23), own(24): object},
    })
}

fn crumb(seed: u64) -> Value {
    let random = scatter(seed);
    json!({
        "timestamp": format!("2026-11-20T14:12:{:02}.{:06}Z", seed % 60, random % 1_000_000),
        "type": "http", "category": "httplib", "level": "info",
        "data": {"url": format!("http://stock/items/{}", random % 90_000), "method": "GET", "status_code": 200},
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::MultiGzDecoder;

    use super::*;
    use crate::load::mix::Mix;

    fn events() -> Events {
        Events { mix: Mix::uniform(20), seed: 1, ids: false }
    }

    fn unpacked(body: &[u8]) -> String {
        let mut text = String::new();
        MultiGzDecoder::new(body).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn an_envelope_has_the_size_it_says() {
        let envelopes = Envelopes::new(20).unwrap();
        for number in 0..200 {
            let body = envelopes.body(&events(), number).unwrap();
            let (packed, whole) = (body.len(), unpacked(&body).len());
            assert!((18_400..19_900).contains(&whole), "{whole}");
            assert!((4_300..4_900).contains(&packed), "{packed}");
        }
    }

    #[test]
    fn an_envelope_can_be_read() {
        let envelopes = Envelopes::new(20).unwrap();
        let text = unpacked(&envelopes.body(&events(), 7).unwrap());
        let lines: Vec<&str> = text.lines().collect();
        let [head, item, event] =
            [0, 1, 2].map(|at| serde_json::from_str::<Value>(lines[at]).unwrap());
        assert_eq!(item["length"], lines[2].len());
        assert_eq!(head["event_id"], event["event_id"]);
        let exceptions = event["exception"]["values"].as_array().unwrap();
        let frames = |one: &Value| one["stacktrace"]["frames"].as_array().unwrap().len();
        assert_eq!((exceptions.len(), exceptions.iter().map(frames).sum::<usize>()), (3, 21));
    }

    #[test]
    fn an_error_without_an_envelope_has_none() {
        assert!(Envelopes::new(0).unwrap().body(&events(), 7).is_none());
    }
}
