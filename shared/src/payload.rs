//! The stored form of an event: canonical JSON, compressed with zstd.
//!
//! Ingest writes it once; the worker carries it without opening it; the query API reads it.

use std::cell::RefCell;

use bytes::Bytes;
use zstd::bulk::{Compressor, Decompressor};

use crate::event::Event;

/// The cheapest level.
const LEVEL: i32 = 1;

/// No stored event inflates to more. Ingest bounds an event at 1 MiB; escaping may lengthen it.
const MAX_INFLATED: usize = 8 << 20;

/// How a payload is compressed. Numbers are stored, so they keep their meaning forever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// zstd without a dictionary.
    Zstd = 0,
}

impl Encoding {
    /// The number that is stored.
    pub fn code(self) -> i16 {
        self as i16
    }
}

/// An event in its stored form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The number of the [`Encoding`].
    pub encoding: i16,
    /// The compressed bytes.
    pub bytes: Bytes,
}

/// Why a payload could not be written or read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PayloadError {
    #[error("failed to write the event as JSON")]
    Serialize(#[source] serde_json::Error),
    #[error("failed to compress the event")]
    Compress(#[source] std::io::Error),
    #[error("the payload's encoding {0} is unknown to this version")]
    UnknownEncoding(i16),
    #[error("failed to inflate the event")]
    Inflate(#[source] std::io::Error),
    #[error("failed to read the event's JSON")]
    Deserialize(#[source] serde_json::Error),
}

thread_local! {
    // A zstd context is some 100 KiB and slow to make; each thread keeps one.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Puts an event into its stored form.
///
/// # Errors
/// When zstd has no memory for it.
pub fn encode(event: &Event) -> Result<Payload, PayloadError> {
    let json = serde_json::to_vec(event).map_err(PayloadError::Serialize)?;
    let bytes = COMPRESSOR
        .with_borrow_mut(|slot| {
            let compressor = match slot {
                Some(compressor) => compressor,
                None => slot.insert(Compressor::new(LEVEL)?),
            };
            compressor.compress(&json)
        })
        .map_err(PayloadError::Compress)?;
    Ok(Payload { encoding: Encoding::Zstd.code(), bytes: bytes.into() })
}

/// Reads an event from its stored form.
///
/// # Errors
/// When the encoding is unknown, or the bytes are damaged.
pub fn decode(encoding: i16, bytes: &[u8]) -> Result<Event, PayloadError> {
    if encoding != Encoding::Zstd.code() {
        return Err(PayloadError::UnknownEncoding(encoding));
    }
    let json = DECOMPRESSOR
        .with_borrow_mut(|slot| {
            let decompressor = match slot {
                Some(decompressor) => decompressor,
                None => slot.insert(Decompressor::new()?),
            };
            let size = Decompressor::upper_bound(bytes).unwrap_or(MAX_INFLATED);
            decompressor.decompress(bytes, size.min(MAX_INFLATED))
        })
        .map_err(PayloadError::Inflate)?;
    serde_json::from_slice(&json).map_err(PayloadError::Deserialize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Level;
    use crate::ids::{EventId, ProjectId};

    pub(crate) fn event() -> Event {
        serde_json::from_value(serde_json::json!({
            "event_id": EventId::generate(), "project_id": ProjectId(1),
            "timestamp": crate::time::now(), "received_at": crate::time::now(),
            "level": Level::Error, "message": "it broke", "source": "backend",
            "environment": "production", "context": {"a": [1, 2.5, "x"]},
        }))
        .unwrap()
    }

    #[test]
    fn an_event_reads_back_as_written() {
        let event = event();
        let payload = encode(&event).unwrap();
        assert_eq!(decode(payload.encoding, &payload.bytes).unwrap(), event);
    }

    #[test]
    fn damage_is_an_error() {
        let payload = encode(&event()).unwrap();
        assert!(matches!(decode(7, &payload.bytes).unwrap_err(), PayloadError::UnknownEncoding(7)));
        assert!(decode(payload.encoding, &payload.bytes[..payload.bytes.len() / 2]).is_err());
        assert!(decode(payload.encoding, b"").is_err());
    }
}
