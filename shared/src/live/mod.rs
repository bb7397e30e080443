//! The live feed: what happens, told to whoever listens at that moment.
//!
//! One bounded stream in Redis for the whole installation. Workers and query APIs write items to it after
//! their commits; every query API that has listeners reads it. A client that comes back names the last id
//! it saw and gets what came after it. Like all that is kept in Redis it may be lost: who can't be sure of
//! having heard everything is told to reload (`Refresh`).
//!
//! Whether somebody listens at all stands beside the stream (`attendance`), so that nobody reads rows
//! for items that nobody wants. Clients, their queues and their connections are the query API's business.

mod attendance;
mod id;
mod item;
mod publisher;
mod reader;

pub use self::attendance::{Attendance, Audience, Listened};
pub use self::id::{BadStreamId, StreamId};
pub use self::item::{
    ErrorChanges, ErrorCount, ErrorNumbers, ErrorSummary, Firing, FiringState, Incident,
    IncidentChange, Item, Kind, UnknownKind,
};
pub use self::publisher::Publisher;
pub use self::reader::{Entry, Reader, Told};

/// Entries that the stream keeps, about. A flood of new errors makes two of some 25 KiB a second, so this
/// is a quarter of an hour of it, and no more than the half of a small Redis.
const MAX_ENTRIES: i64 = 2_000;

/// Bytes of an item. One that is larger is told as `Refresh` instead.
pub const MAX_ITEM_BYTES: usize = 64 << 10;

/// Why the live feed could not be written or read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum LiveError {
    #[error("failed to reach the stream of the live feed")]
    Redis(#[from] fred::error::Error),
    #[error("failed to write an item of the live feed")]
    Json(#[from] serde_json::Error),
}

fn stream(namespace: &str) -> String {
    format!("{namespace}:live")
}
