//! A dead letter as it is found in the queue: its id, its reason, and what it holds.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use lapin::message::Delivery;
use lapin::types::{AMQPValue, ShortString};
use shared::batch::{Batch, MAX_BYTES, MESSAGE_TYPE};
use shared::broker::topology::DEAD_REASON_HEADER;
use shared::telemetry::ErrorChain;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use super::bury::MAX_REASON_CHARS;

/// What a letter is named by. Two spellings of one UUID are one id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LetterId(String);

impl LetterId {
    /// The id that a text names: UUIDs with or without dashes, in small or capital letters. An
    /// unreadable message may have come with an id of any other form, which is taken as it is.
    pub fn new(text: &str) -> Self {
        Self(Uuid::try_parse(text).map_or_else(|_| text.to_owned(), |id| id.to_string()))
    }

    /// A message that came without an id is named after what it holds, so that it has the same id
    /// whenever it is looked at.
    fn of_message(id: &str, body: &[u8]) -> Self {
        if id.is_empty() {
            Self(Uuid::new_v8(xxh3_128(body).to_be_bytes()).to_string())
        } else {
            Self::new(id)
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A letter out of the queue, which gets it back unless the letter is removed.
#[derive(Debug)]
pub struct Found {
    /// What it is named by.
    pub id: LetterId,
    /// When it was buried; a letter of an earlier version does not say.
    pub buried_at: Option<DateTime<Utc>>,
    /// Why it could not be stored.
    pub reason: String,
    /// The message's type, as it came.
    pub kind: String,
    /// The message's body, as it came.
    pub body: Bytes,
    /// What the broker knows it by until the channel closes.
    pub(super) tag: u64,
}

/// Why the events of a letter can't be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl Found {
    pub(super) fn of(delivery: Delivery) -> Self {
        let properties = &delivery.properties;
        let text = |value: &Option<ShortString>| {
            value.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default()
        };
        Self {
            id: LetterId::of_message(&text(properties.message_id()), &delivery.data),
            buried_at: properties
                .timestamp()
                .and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)),
            reason: reason(&delivery).unwrap_or_else(|| "no reason was given".to_owned()),
            kind: text(properties.kind()),
            tag: delivery.delivery_tag,
            body: delivery.data.into(),
        }
    }

    /// The events, read from the body as the worker would read them.
    ///
    /// # Errors
    /// When the message is none that this version reads.
    pub fn batch(&self) -> Result<Batch, Unreadable> {
        if self.kind != MESSAGE_TYPE {
            return Err(Unreadable(format!("the type {:?} is unknown to this version", self.kind)));
        }
        if self.body.len() > MAX_BYTES {
            return Err(Unreadable(format!("the message is larger than {MAX_BYTES} bytes")));
        }
        Batch::decode(self.body.clone()).map_err(|error| Unreadable(ErrorChain(&error).to_string()))
    }
}

fn reason(delivery: &Delivery) -> Option<String> {
    let headers = delivery.properties.headers().as_ref()?;
    match headers.inner().get(DEAD_REASON_HEADER)? {
        AMQPValue::LongString(text) => {
            Some(String::from_utf8_lossy(text.as_bytes()).chars().take(MAX_REASON_CHARS).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(id: &str, body: &[u8], expected: &str) {
        assert_eq!(LetterId::of_message(id, body).as_str(), expected);
    }

    #[test]
    fn a_letter_is_named_by_its_id_however_it_is_spelt() {
        let dashed = "0198f1d2-7c00-7abc-8def-0123456789ab";
        check(dashed, b"", dashed);
        check("0198f1d27c007abc8def0123456789ab", b"", dashed);
        check("0198F1D2-7C00-7ABC-8DEF-0123456789AB", b"", dashed);
        check("order 66", b"", "order 66");
    }

    #[test]
    fn a_letter_without_an_id_is_named_after_what_it_holds() {
        let [first, second] = [b"a", b"b"].map(|body| LetterId::of_message("", body));
        assert_ne!(first, second);
        check("", b"a", first.as_str());
        assert_eq!(LetterId::new(first.as_str()), first);
    }
}
