//! Reads what Postgres knows about an error.

use chrono::{DateTime, Utc};
use shared::event::{Event, Level};
use shared::ids::{ErrorId, EventId, Fingerprint, ProjectId};
use shared::payload;
use shared::telemetry::ErrorChain;
use tokio_postgres::Row;

use super::status::Status;

/// An error with its counts and its latest event.
#[derive(Debug)]
pub(super) struct ErrorRow {
    pub(super) id: ErrorId,
    pub(super) project_id: ProjectId,
    pub(super) status: Status,
    pub(super) regressed: bool,
    pub(super) resolved_at: Option<DateTime<Utc>>,
    pub(super) assigned_to: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) count: i64,
    pub(super) users: i64,
    pub(super) first_seen: DateTime<Utc>,
    pub(super) last_seen: DateTime<Utc>,
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) latest: Latest,
}

/// The latest event: what columns know of it, and the event itself where it was kept.
#[derive(Debug)]
pub(super) struct Latest {
    pub(super) event_id: EventId,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) received_at: Option<DateTime<Utc>>,
    pub(super) level: Level,
    pub(super) source: String,
    pub(super) message: String,
    pub(super) exception_type: Option<String>,
    pub(super) culprit: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) release: Option<String>,
    pub(super) event: Option<Box<Event>>,
}

impl TryFrom<&Row> for ErrorRow {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, Self::Error> {
        let fingerprint: Option<&[u8]> = row.try_get("fingerprint")?;
        Ok(Self {
            id: ErrorId(row.try_get("public_id")?),
            project_id: ProjectId(row.try_get("project_id")?),
            status: Status::from_code(row.try_get("status")?),
            regressed: row.try_get("regressed")?,
            resolved_at: row.try_get("resolved_at")?,
            assigned_to: row.try_get("assigned_to")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            count: row.try_get("event_count")?,
            users: row.try_get("user_count")?,
            first_seen: row.try_get("first_seen")?,
            last_seen: row.try_get("last_seen")?,
            fingerprint: fingerprint.and_then(|bytes| bytes.try_into().ok()).map(Fingerprint),
            latest: Latest::try_from(row)?,
        })
    }
}

impl TryFrom<&Row> for Latest {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, Self::Error> {
        let event_id = EventId(row.try_get("event_id")?);
        Ok(Self {
            event_id,
            occurred_at: row.try_get("occurred_at")?,
            received_at: row.try_get("received_at")?,
            level: Level::from_code(row.try_get("level")?),
            source: row.try_get("source")?,
            message: row.try_get("message")?,
            exception_type: row.try_get("exception_type")?,
            culprit: row.try_get("culprit")?,
            environment: row.try_get("environment")?,
            release: row
                .try_get::<_, Option<String>>("release")?
                .filter(|release| !release.is_empty()),
            event: stored_event(row, event_id)?,
        })
    }
}

/// The event of a row with `encoding` and `payload`. A payload that can't be read is a fault of
/// ours, but none that should hide the rest of the row.
pub(super) fn stored_event(
    row: &Row,
    event_id: EventId,
) -> Result<Option<Box<Event>>, tokio_postgres::Error> {
    let encoding: Option<i16> = row.try_get("encoding")?;
    let payload: Option<&[u8]> = row.try_get("payload")?;
    let (Some(encoding), Some(payload)) = (encoding, payload) else {
        return Ok(None);
    };
    match payload::decode(encoding, payload) {
        Ok(event) => Ok(Some(Box::new(event))),
        Err(error) => {
            tracing::error!(
                event.id = %event_id,
                error = %ErrorChain(&error),
                "a stored event can't be read"
            );
            Ok(None)
        }
    }
}
