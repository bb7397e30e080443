//! The queue message, version 1: a batch of events, each with the index part that the worker needs
//! and the payload that it stores unopened.
//!
//! Protobuf, so that a worker of one version reads messages of its neighbours: unknown fields are
//! skipped, missing ones have defaults. A field's number keeps its meaning forever.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use prost::Message as _;
use uuid::Uuid;

use crate::event::Level;
use crate::ids::{BatchId, ErrorId, EventId, Fingerprint, InstanceId, ProjectId};
use crate::payload::Payload;

/// Value of the `type` property of a message that this module reads.
pub const MESSAGE_TYPE: &str = "errata.batch.v1";

/// The aim for the size of a message: large messages are what makes the broker fast, and from here on
/// larger ones make it no faster. An event that is larger by itself travels alone.
pub const TARGET_BYTES: usize = 256 << 10;

/// No batch holds more events; it bounds what one transaction of the worker has to hold.
pub const MAX_EVENTS: usize = 2_000;

/// No message is larger; one that is was not made by ingest.
pub const MAX_BYTES: usize = 16 << 20;

/// Versions of the fingerprint function that are used side by side.
const MAX_EARLIER_IDS: usize = 4;

/// The values of an event that roll-ups are kept by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Facet {
    /// How bad.
    pub level: Level,
    /// Where from.
    pub source: String,
    /// Which environment.
    pub environment: String,
    /// Which version; empty when the event named none.
    pub release: String,
}

/// One event of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The event's project.
    pub project_id: ProjectId,
    /// The event's id.
    pub event_id: EventId,
    /// Whether the client gave the id: only such ids can come again.
    pub client_id: bool,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When ingest received it.
    pub received_at: DateTime<Utc>,
    /// The public id that ingest answered.
    pub error_id: ErrorId,
    /// What the id was derived from.
    pub fingerprint: Fingerprint,
    /// By which version of the fingerprint function.
    pub fingerprint_version: u8,
    /// The ids that earlier versions of the function give the event, the latest version first: an error
    /// that is known under one of them goes on under the new id.
    pub earlier_ids: Vec<ErrorId>,
    /// What it is counted under.
    pub facet: Facet,
    /// Whom it happened to, as a hash.
    pub user_hash: Option<i64>,
    /// The exception's type, where known.
    pub exception_type: Option<String>,
    /// The message, for search.
    pub message: String,
    /// Function and module to look at first.
    pub culprit: Option<String>,
    /// The event itself; none when only its count is kept.
    pub payload: Option<Payload>,
}

/// A decoded message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Minted once; the same after redelivery and after a stay in the spool.
    pub batch_id: BatchId,
    /// The ingest process that accepted the events.
    pub instance: InstanceId,
    /// The events, in order of receipt.
    pub entries: Vec<Entry>,
}

/// Why a message can't be read. Trying again changes nothing.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BatchError {
    #[error("the message is no protobuf of a batch")]
    Malformed(#[source] prost::DecodeError),
    #[error("the field `{0}` of the batch is missing or out of range")]
    BadField(&'static str),
}

impl Batch {
    /// Writes the message.
    pub fn encode(self) -> Vec<u8> {
        let mut facets: Vec<Facet> = Vec::new();
        let events = self.entries.into_iter().map(|entry| wire_entry(entry, &mut facets)).collect();
        let wire = wire::Batch {
            batch_id: Bytes::copy_from_slice(self.batch_id.0.as_bytes()),
            facets: facets.into_iter().map(wire_facet).collect(),
            events,
            instance: Bytes::copy_from_slice(self.instance.0.as_bytes()),
        };
        wire.encode_to_vec()
    }

    /// Reads a message, checking every field.
    ///
    /// # Errors
    /// When the bytes are no batch, or a field has a value that no ingest writes.
    pub fn decode(bytes: Bytes) -> Result<Self, BatchError> {
        let wire = wire::Batch::decode(bytes).map_err(BatchError::Malformed)?;
        let facets = wire.facets.into_iter().map(facet).collect::<Result<Vec<Facet>, _>>()?;
        let entries = wire.events.into_iter().map(|event| entry(event, &facets));
        Ok(Self {
            batch_id: BatchId(id(&wire.batch_id, "batch_id")?),
            instance: instance(&wire.instance)?,
            entries: entries.collect::<Result<_, _>>()?,
        })
    }
}

impl Entry {
    /// About how many bytes the entry adds to a message.
    pub fn size(&self) -> usize {
        const FIXED: usize = 100;
        FIXED
            + self.message.len()
            + self.exception_type.as_ref().map_or(0, String::len)
            + self.culprit.as_ref().map_or(0, String::len)
            + self.earlier_ids.len() * size_of::<Uuid>()
            + self.payload.as_ref().map_or(0, |payload| payload.bytes.len())
    }
}

fn wire_entry(entry: Entry, facets: &mut Vec<Facet>) -> wire::Event {
    // A batch has few facets, so looking through them beats hashing.
    let facet = facets.iter().position(|known| *known == entry.facet).unwrap_or_else(|| {
        facets.push(entry.facet);
        facets.len() - 1
    });
    let encoding = entry.payload.as_ref().map_or(0, |payload| i32::from(payload.encoding));
    wire::Event {
        project_id: entry.project_id.0,
        event_id: Bytes::copy_from_slice(entry.event_id.0.as_bytes()),
        client_id: entry.client_id,
        occurred_at: entry.occurred_at.timestamp_micros(),
        received_at: entry.received_at.timestamp_micros(),
        error_id: Bytes::copy_from_slice(entry.error_id.0.as_bytes()),
        fingerprint: Bytes::copy_from_slice(&entry.fingerprint.0),
        fingerprint_version: u32::from(entry.fingerprint_version),
        facet: u32::try_from(facet).unwrap_or(u32::MAX),
        user_hash: entry.user_hash,
        exception_type: entry.exception_type,
        message: entry.message,
        culprit: entry.culprit,
        encoding,
        payload: entry.payload.map(|payload| payload.bytes),
        earlier_ids: entry
            .earlier_ids
            .into_iter()
            .map(|id| Bytes::copy_from_slice(id.0.as_bytes()))
            .collect(),
    }
}

fn wire_facet(facet: Facet) -> wire::Facet {
    wire::Facet {
        level: i32::from(facet.level.code()),
        source: facet.source,
        environment: facet.environment,
        release: facet.release,
    }
}

/// Facets are numbered before the transaction that could set a bad event aside, so what Postgres
/// would refuse is refused here.
fn facet(wire: wire::Facet) -> Result<Facet, BatchError> {
    if [&wire.source, &wire.environment, &wire.release].iter().any(|text| text.contains('\0')) {
        return Err(BatchError::BadField("facet"));
    }
    Ok(Facet {
        level: Level::from_code(i16::try_from(wire.level).unwrap_or_default()),
        source: wire.source,
        environment: wire.environment,
        release: wire.release,
    })
}

fn entry(wire: wire::Event, facets: &[Facet]) -> Result<Entry, BatchError> {
    let fingerprint: [u8; 16] =
        wire.fingerprint.as_ref().try_into().map_err(|_| BatchError::BadField("fingerprint"))?;
    let facet = usize::try_from(wire.facet).ok().and_then(|index| facets.get(index));
    let encoding = i16::try_from(wire.encoding).map_err(|_| BatchError::BadField("encoding"))?;
    Ok(Entry {
        project_id: ProjectId(wire.project_id),
        event_id: EventId(id(&wire.event_id, "event_id")?),
        client_id: wire.client_id,
        occurred_at: time(wire.occurred_at, "occurred_at")?,
        received_at: time(wire.received_at, "received_at")?,
        error_id: ErrorId(id(&wire.error_id, "error_id")?),
        fingerprint: Fingerprint(fingerprint),
        fingerprint_version: u8::try_from(wire.fingerprint_version)
            .map_err(|_| BatchError::BadField("fingerprint_version"))?,
        earlier_ids: wire
            .earlier_ids
            .iter()
            .take(MAX_EARLIER_IDS)
            .map(|bytes| id(bytes, "earlier_ids").map(ErrorId))
            .collect::<Result<_, _>>()?,
        facet: facet.ok_or(BatchError::BadField("facet"))?.clone(),
        user_hash: wire.user_hash,
        exception_type: wire.exception_type,
        message: wire.message,
        culprit: wire.culprit,
        payload: wire.payload.map(|bytes| Payload { encoding, bytes }),
    })
}

fn id(bytes: &[u8], field: &'static str) -> Result<Uuid, BatchError> {
    Uuid::from_slice(bytes).map_err(|_| BatchError::BadField(field))
}

/// Ingest processes of versions that did not name themselves are one.
fn instance(bytes: &[u8]) -> Result<InstanceId, BatchError> {
    if bytes.is_empty() { Ok(InstanceId::UNKNOWN) } else { id(bytes, "instance").map(InstanceId) }
}

fn time(micros: i64, field: &'static str) -> Result<DateTime<Utc>, BatchError> {
    DateTime::from_timestamp_micros(micros).ok_or(BatchError::BadField(field))
}

/// The protobuf form. Field numbers are never used again for something else.
mod wire {
    use bytes::Bytes;

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Batch {
        #[prost(bytes = "bytes", tag = "1")]
        pub(super) batch_id: Bytes,
        #[prost(message, repeated, tag = "2")]
        pub(super) facets: Vec<Facet>,
        #[prost(message, repeated, tag = "3")]
        pub(super) events: Vec<Event>,
        #[prost(bytes = "bytes", tag = "4")]
        pub(super) instance: Bytes,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Facet {
        #[prost(int32, tag = "1")]
        pub(super) level: i32,
        #[prost(string, tag = "2")]
        pub(super) source: String,
        #[prost(string, tag = "3")]
        pub(super) environment: String,
        #[prost(string, tag = "4")]
        pub(super) release: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Event {
        #[prost(int32, tag = "1")]
        pub(super) project_id: i32,
        #[prost(bytes = "bytes", tag = "2")]
        pub(super) event_id: Bytes,
        #[prost(bool, tag = "3")]
        pub(super) client_id: bool,
        /// Microseconds since 1970.
        #[prost(int64, tag = "4")]
        pub(super) occurred_at: i64,
        #[prost(int64, tag = "5")]
        pub(super) received_at: i64,
        #[prost(bytes = "bytes", tag = "6")]
        pub(super) error_id: Bytes,
        #[prost(bytes = "bytes", tag = "7")]
        pub(super) fingerprint: Bytes,
        #[prost(uint32, tag = "8")]
        pub(super) fingerprint_version: u32,
        /// Index into the batch's facets.
        #[prost(uint32, tag = "9")]
        pub(super) facet: u32,
        #[prost(sfixed64, optional, tag = "10")]
        pub(super) user_hash: Option<i64>,
        #[prost(string, optional, tag = "11")]
        pub(super) exception_type: Option<String>,
        #[prost(string, tag = "12")]
        pub(super) message: String,
        #[prost(string, optional, tag = "13")]
        pub(super) culprit: Option<String>,
        #[prost(int32, tag = "14")]
        pub(super) encoding: i32,
        #[prost(bytes = "bytes", optional, tag = "15")]
        pub(super) payload: Option<Bytes>,
        #[prost(bytes = "bytes", repeated, tag = "16")]
        pub(super) earlier_ids: Vec<Bytes>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(message: &str, source: &str) -> Entry {
        Entry {
            project_id: ProjectId(3),
            event_id: EventId::generate(),
            client_id: true,
            occurred_at: crate::time::now(),
            received_at: crate::time::now(),
            error_id: ErrorId(Uuid::from_u128(9)),
            fingerprint: Fingerprint([1; 16]),
            fingerprint_version: 2,
            earlier_ids: vec![ErrorId(Uuid::from_u128(8)), ErrorId(Uuid::from_u128(7))],
            facet: Facet {
                level: Level::Fatal,
                source: source.to_owned(),
                environment: "production".to_owned(),
                release: String::new(),
            },
            user_hash: Some(-5),
            exception_type: None,
            message: message.to_owned(),
            culprit: Some("main in app".to_owned()),
            payload: Some(Payload { encoding: 0, bytes: Bytes::from_static(b"zstd") }),
        }
    }

    fn batch() -> Batch {
        let entries = vec![entry("a", "backend"), entry("b", "frontend"), entry("c", "backend")];
        Batch { batch_id: BatchId::generate(), instance: InstanceId::generate(), entries }
    }

    #[test]
    fn a_batch_reads_back_as_written() {
        let batch = batch();
        assert_eq!(Batch::decode(batch.clone().encode().into()).unwrap(), batch);
    }

    #[test]
    fn fields_of_a_later_version_are_skipped() {
        let batch = batch();
        let mut bytes = batch.clone().encode();
        bytes.extend([0xa2, 0x06, 0x03, b'n', b'e', b'w']); // Field 100, a string.
        assert_eq!(Batch::decode(bytes.into()).unwrap(), batch);
    }

    #[test]
    fn a_message_of_an_earlier_version_names_no_instance() {
        let mut batch = batch();
        let bytes = batch.clone().encode();
        let without = &bytes[..bytes.len() - 18]; // The last field: tag, length, 16 bytes.
        batch.instance = InstanceId::UNKNOWN;
        assert_eq!(Batch::decode(Bytes::copy_from_slice(without)).unwrap(), batch);
    }

    #[test]
    fn a_facet_that_postgres_would_refuse_is_an_error() {
        let mut batch = batch();
        batch.entries[0].facet.source = "a\0b".to_owned();
        let refused = Batch::decode(batch.encode().into());
        assert!(matches!(refused, Err(BatchError::BadField("facet"))));
    }

    #[test]
    fn garbage_is_an_error_and_never_a_panic() {
        assert!(Batch::decode(Bytes::from_static(b"not a batch")).is_err());
        assert!(matches!(Batch::decode(Bytes::new()), Err(BatchError::BadField("batch_id"))));
        let bytes = batch().encode();
        let whole = bytes.len() - 18; // Without the instance, as an earlier version writes it.
        for cut in (1..bytes.len()).filter(|cut| *cut != whole) {
            let outcome = Batch::decode(Bytes::copy_from_slice(&bytes[..cut]));
            assert!(outcome.is_err() || outcome.unwrap().entries.len() < 3, "cut at {cut}");
        }
    }
}
