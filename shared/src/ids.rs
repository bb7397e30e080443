//! Identifiers as types of their own, so that none can stand where another belongs.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

/// The version of the fingerprint function; part of every public error id.
pub const FINGERPRINT_VERSION: u8 = 1;

/// A project, as an integer because Sentry SDKs insist on one in the DSN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectId(pub i32);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Gives a UUID newtype the conversions that each of them needs.
macro_rules! uuid_id {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

/// One report of a client. Given by the client, or made at its receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);
uuid_id!(EventId);

impl EventId {
    /// A fresh id for an event that came without one. Ordered by time, which keeps indices compact.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id that stands for a client's `Idempotency-Key`.
    pub fn from_idempotency_key(key: &str) -> Self {
        Self(Uuid::new_v8(xxh3_128(key.as_bytes()).to_be_bytes()))
    }
}

/// An error (the group of all events with one fingerprint in one project) as clients name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorId(pub Uuid);
uuid_id!(ErrorId);

impl ErrorId {
    /// The public name of an error: a function of project, fingerprint version and fingerprint, so
    /// that ingest can answer it without asking a database.
    pub fn derive(project: ProjectId, version: u8, fingerprint: Fingerprint) -> Self {
        let mut input = [0_u8; 21];
        input[..4].copy_from_slice(&project.0.to_be_bytes());
        input[4] = version;
        input[5..].copy_from_slice(&fingerprint.0);
        Self(Uuid::new_v8(xxh3_128(&input).to_be_bytes()))
    }
}

/// One run of an ingest process: what it accepted and what became of it is accounted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub Uuid);

impl InstanceId {
    /// Processes that did not name themselves.
    pub const UNKNOWN: Self = Self(Uuid::nil());

    /// A fresh id for this process.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

/// One queue message, minted once and kept through spool and redelivery (UUIDv7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub Uuid);
uuid_id!(BatchId);

impl BatchId {
    /// A fresh batch id.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// When the message was made, where its id tells.
    pub fn minted_at(self) -> Option<DateTime<Utc>> {
        let (seconds, nanos) = self.0.get_timestamp()?.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    }

    /// The id of a message that carries one event of this batch by itself: the same whenever it is
    /// made, with the batch's own time, so that the message is known as one however often it is sent.
    #[must_use]
    pub fn of_one(self, event: EventId) -> Self {
        let mut input = [0_u8; 32];
        input[..16].copy_from_slice(self.0.as_bytes());
        input[16..].copy_from_slice(event.0.as_bytes());
        let hash = xxh3_128(&input).to_be_bytes();
        let mut random = [0_u8; 10];
        random.copy_from_slice(&hash[..10]);
        // The time of a version 7 is its first 48 bits (RFC 9562, section 5.7).
        let millis = u64::try_from(self.0.as_u128() >> 80).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

/// What decides which error an event belongs to: 128 bits, written as 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// The text is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 hex digits")]
pub struct NoFingerprint;

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NoFingerprint);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| NoFingerprint)?;
        Ok(Self(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_id_is_pinned() {
        let id = ErrorId::derive(ProjectId(1), 1, Fingerprint([7; 16]));
        assert_eq!(id, ErrorId::derive(ProjectId(1), 1, Fingerprint([7; 16])));
        assert_ne!(id, ErrorId::derive(ProjectId(2), 1, Fingerprint([7; 16])));
        assert_ne!(id, ErrorId::derive(ProjectId(1), 2, Fingerprint([7; 16])));
        assert_eq!(id.0.get_version_num(), 8);
    }

    #[test]
    fn an_event_of_a_batch_has_a_message_id_of_its_own() {
        let (batch, event) = (BatchId::generate(), EventId::generate());
        let letter = batch.of_one(event);
        assert_eq!(letter, batch.of_one(event));
        assert_ne!(letter, batch.of_one(EventId::generate()));
        assert_ne!(letter, letter.of_one(event));
        assert_eq!(letter.0.get_version_num(), 7);
        assert_eq!(letter.minted_at(), batch.minted_at());
        assert!(batch.minted_at().is_some());
    }

    #[test]
    fn fingerprints_are_32_hex_digits() {
        assert_eq!(Fingerprint([0; 16]).to_string(), "0".repeat(32));
        assert_eq!(Fingerprint([0xab; 16]).to_string(), "ab".repeat(16));
        assert_eq!("aB".repeat(16).parse(), Ok(Fingerprint([0xab; 16])));
        for text in ["", "ab", &"ab".repeat(17), &format!("+{}", "a".repeat(31)), &"é".repeat(16)]
        {
            assert_eq!(text.parse::<Fingerprint>(), Err(NoFingerprint), "{text}");
        }
    }

    #[test]
    fn event_ids_are_read_with_and_without_dashes() {
        let id: EventId = "550e8400-e29b-41d4-a716-446655440000".parse().unwrap();
        assert_eq!(id, "550e8400e29b41d4a716446655440000".parse().unwrap());
        assert!("not-a-uuid".parse::<EventId>().is_err());
    }
}
