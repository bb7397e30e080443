//! `GET /api/errors/{id}/events` and `GET /api/events/{event_id}`.

use std::pin::pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::Client;
use futures_util::TryStreamExt as _;
use serde::Serialize;
use shared::api::{ApiError, FieldErrorKind};
use shared::event::{Event, Level};
use shared::ids::{ErrorId, EventId, ProjectId};
use shared::postgres::DbError;
use tokio_postgres::Row;
use uuid::Uuid;

use super::event_view::{EventObject, Known, ListedEvent};
use super::lookup::{self, Found};
use super::row::stored_event;
use crate::app::App;
use crate::call::{Call, Reach};
use crate::db;
use crate::fields::QueryFields;
use crate::routes::Answer;
use crate::success;

/// Events of an error, newest first.
#[derive(Debug, Serialize)]
struct Page {
    events: Vec<ListedEvent>,
    limit: i64,
    next_cursor: Option<String>,
}

/// Where a page of events starts: before this time and, at the same time, this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Before {
    occurred_at: DateTime<Utc>,
    event_id: Uuid,
}

impl Before {
    /// Before nothing yet: the newest event is the first.
    const START: Self = Self {
        // The start of the year 10000, later than any event.
        occurred_at: match DateTime::from_timestamp(253_402_300_800, 0) {
            Some(time) => time,
            None => DateTime::<Utc>::MAX_UTC,
        },
        event_id: Uuid::max(),
    };

    fn to_text(self) -> String {
        let mut bytes = self.occurred_at.timestamp_micros().to_be_bytes().to_vec();
        bytes.extend(self.event_id.as_bytes());
        hex::encode(bytes)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; 24];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        let (time, id) = bytes.split_first_chunk()?;
        let micros = i64::from_be_bytes(*time);
        let bounds = 0..=Self::START.occurred_at.timestamp_micros();
        let occurred_at = bounds.contains(&micros).then(|| DateTime::from_timestamp_micros(micros));
        Some(Self { occurred_at: occurred_at??, event_id: Uuid::from_slice(id).ok()? })
    }

    /// Before an event, of whichever error it is: its time is a place in the order of all.
    async fn event(app: &App, reach: &Reach, id: EventId) -> Result<Self, ApiError> {
        let found = find(app, reach, id).await.map_err(db::failure)?;
        let known = found.ok_or_else(|| ApiError::not_found("event", id))?.known;
        Ok(Self { occurred_at: known.occurred_at, event_id: known.event_id.0 })
    }

    fn read(fields: &mut QueryFields<'_>) -> Self {
        let Some(text) = fields.text("cursor", 100) else {
            return Self::START;
        };
        Self::parse(text).unwrap_or_else(|| {
            let message = "must be the next_cursor of an earlier answer";
            fields.problem(FieldErrorKind::Malformed, "cursor", message);
            Self::START
        })
    }
}

/// `GET /api/errors/{id}/events`.
pub(crate) async fn events(app: Arc<App>, call: Call) -> Answer {
    let name = call.error_id()?;
    let mut fields = call.fields();
    let limit = fields.number("limit", 50, 1..=100);
    let before = Before::read(&mut fields);
    let event = fields.uuid("before").map(EventId);
    let reach = call.reach(&mut fields);
    fields.finish()?;
    let reach = reach?;
    let found = lookup::find_one(&app, &reach, name).await?;
    let before = match event.filter(|_| before == Before::START) {
        Some(event) => Before::event(&app, &reach, event).await?,
        None => before,
    };
    let page = page(&app, found, before, limit).await.map_err(db::failure)?;
    Ok(success::ok(page))
}

async fn page(app: &App, found: Found, before: Before, limit: i64) -> Result<Page, DbError> {
    let failed = |source| DbError::Statement { action: "list events", source };
    let client = db::client(&app.pool).await?;
    let rows_wanted = limit + 1;
    let values: db::Params<'_> =
        &[&found.project.0, &found.error_id, &before.occurred_at, &before.event_id, &rows_wanted];
    let rows = db::stream(&client, "list events", include_str!("sql/events.sql"), values).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut rows = pin!(rows);
    let mut page = Page { events: Vec::with_capacity(wanted), limit, next_cursor: None };
    let mut last = None;
    // Row by row, so that the full payloads of a page are never in memory together.
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        if page.events.len() == wanted {
            page.next_cursor = last.map(Before::to_text);
            break;
        }
        let row = EventRow::try_from(&row).map_err(failed)?;
        last = Some(Before { occurred_at: row.known.occurred_at, event_id: row.known.event_id.0 });
        page.events.push(ListedEvent::new(row.show()));
    }
    Ok(page)
}

/// `GET /api/events/{event_id}`; waits for an event that was accepted a moment ago.
pub(crate) async fn event(app: Arc<App>, call: Call) -> Answer {
    let id = call.event_id()?;
    let reach = call.reach_alone()?;
    let mut found = find(&app, &reach, id).await.map_err(db::failure)?;
    if found.is_none()
        && let Some(wait) = app.waiters.enter()
    {
        while found.is_none() && wait.look_again().await {
            found = find(&app, &reach, id).await.map_err(db::failure)?;
        }
    }
    let found = found.ok_or_else(|| ApiError::not_found("event", id))?;
    Ok(success::ok(found.show()))
}

async fn find(app: &App, reach: &Reach, id: EventId) -> Result<Option<EventRow>, DbError> {
    let client: Client = db::client(&app.pool).await?;
    let sql = include_str!("sql/event.sql");
    let rows = db::query(&client, "find an event", sql, &[&reach.ids(), &id.0]).await?;
    rows.first()
        .map(EventRow::try_from)
        .transpose()
        .map_err(|source| DbError::Statement { action: "read an event", source })
}

/// An event with what columns know of it.
#[derive(Debug)]
struct EventRow {
    error_id: ErrorId,
    known: Known,
    event: Option<Box<Event>>,
}

impl EventRow {
    fn show(self) -> EventObject {
        match self.event {
            Some(event) => EventObject::of_event(self.error_id, *event),
            None => EventObject::of_columns(self.error_id, self.known),
        }
    }
}

impl TryFrom<&Row> for EventRow {
    type Error = tokio_postgres::Error;

    fn try_from(row: &Row) -> Result<Self, Self::Error> {
        let named = |column| -> Result<Option<String>, Self::Error> {
            // Empty: the event named none, or its facet was beyond the bound.
            Ok(row.try_get::<_, Option<String>>(column)?.filter(|name| !name.is_empty()))
        };
        let event_id = EventId(row.try_get("event_id")?);
        Ok(Self {
            error_id: ErrorId(row.try_get("public_id")?),
            known: Known {
                event_id,
                project_id: ProjectId(row.try_get("project_id")?),
                occurred_at: row.try_get("occurred_at")?,
                received_at: row.try_get("received_at")?,
                level: Level::from_code(row.try_get("level")?),
                source: row.try_get("source")?,
                environment: named("environment")?,
                release: named("release")?,
                message: row.try_get("message")?,
                exception_type: row.try_get("exception_type")?,
                culprit: row.try_get("culprit")?,
            },
            event: stored_event(row, event_id)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let before = Before {
            occurred_at: shared::time::parse("2025-08-29T12:00:00.000001Z").unwrap(),
            event_id: Uuid::from_u128(7),
        };
        assert_eq!(Before::parse(&before.to_text()), Some(before));
        assert_eq!(Before::parse(&Before::START.to_text()), Some(Before::START));
        for text in ["", "00", &"f".repeat(48), &"zz".repeat(24)] {
            assert_eq!(Before::parse(text), None, "{text}");
        }
    }
}
