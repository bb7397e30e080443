//! Inserts batches, ids and events, and tells which of them are new.

use std::collections::HashSet;
use std::ops::Deref;

use chrono::{DateTime, Days as ChronoDays, NaiveDate, Utc};
use deadpool_postgres::Transaction;
use shared::batch::Entry;
use shared::ids::{BatchId, EventId, ProjectId};
use shared::payload::Payload;
use shared::postgres::DbError;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::arrival::{Arrival, Delivered, Message};
use super::budgets::{LeftOut, Spending};
use super::days::Days;
use super::names::Names;
use super::{PersistError, Store};
use crate::statement::Statement;

const INSERT_BATCHES: Statement =
    Statement { sql: include_str!("sql/insert_batches.sql"), action: "mark batches as stored" };
const INSERT_SEEN_IDS: Statement =
    Statement { sql: include_str!("sql/insert_seen_ids.sql"), action: "mark event ids as seen" };
const INSERT_EVENTS: Statement =
    Statement { sql: include_str!("sql/insert_events.sql"), action: "insert events" };

/// Marks the messages as stored and returns those that were not.
pub(super) async fn insert_batches<'a>(
    tx: &Transaction<'_>,
    delivered: &'a Delivered,
    days: &Days,
) -> Result<(Vec<&'a Message>, Vec<BatchId>), DbError> {
    let (messages, unreadable) = (&delivered.messages, &delivered.unreadable);
    let ids: Vec<BatchId> = messages
        .iter()
        .map(|message| message.batch.batch_id)
        .chain(unreadable.iter().map(|message| burial(*message)))
        .collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let batch_days: Vec<NaiveDate> = ids.iter().map(|id| days.of_batch(*id)).collect();
    let rows = INSERT_BATCHES.rows(tx, &[&batch_days, &uuids]).await?;
    // A message that came twice at once is returned once, and taken once.
    let mut new: HashSet<Uuid> = rows.iter().map(|row| row.get("batch_id")).collect();
    let mut is_new = |id: BatchId| new.remove(&id.0);
    Ok((
        messages.iter().filter(|message| is_new(message.batch.batch_id)).collect(),
        unreadable.iter().copied().filter(|message| is_new(burial(*message))).collect(),
    ))
}

/// What marks a message as set aside. Not its own id: a version that can read the message has to find
/// it new.
fn burial(message: BatchId) -> BatchId {
    message.of_one(EventId(Uuid::nil()))
}

/// An event that was not stored before.
#[derive(Debug, Clone, Copy)]
pub(super) struct New<'a> {
    pub(super) arrival: Arrival<'a>,
    /// The payload as it was stored, or why it was left out.
    pub(super) payload: Result<&'a Payload, LeftOut>,
}

impl Deref for New<'_> {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        self.arrival.entry
    }
}

/// What no two events share: the key of their rows.
type Key = (ProjectId, EventId, NaiveDate);

fn key(arrival: &Arrival<'_>) -> Key {
    (arrival.project_id, arrival.event_id, arrival.day)
}

/// Inserts the events that are not stored yet, and returns those.
pub(super) async fn insert<'a>(
    tx: &Transaction<'_>,
    arrivals: &[Arrival<'a>],
    names: &Names,
    store: Store<'_>,
) -> Result<Vec<New<'a>>, PersistError> {
    let unseen = leave_out_seen(tx, first_of_each_key(arrivals)).await?;
    if unseen.is_empty() {
        return Ok(Vec::new());
    }
    let mut new = spent(unseen, names, store)?;
    let rows = insert_rows(tx, &new, names, store).await?;
    new.retain(|event| rows.contains(&key(&event.arrival)));
    Ok(new)
}

/// Decides which payloads the budgets keep.
pub(super) fn spent<'a>(
    arrivals: Vec<Arrival<'a>>,
    names: &Names,
    store: Store<'_>,
) -> Result<Vec<New<'a>>, PersistError> {
    let mut spending = Spending::new(store.budgets, store.stored_bytes);
    let spend = |arrival| {
        let payload = spending.spend(arrival, store.place(&arrival, names)?.0);
        Ok(New { arrival, payload })
    };
    arrivals.into_iter().map(spend).collect()
}

/// Of events with one id and day the first, which wins whatever the others hold.
pub(super) fn first_of_each_key<'a>(arrivals: &[Arrival<'a>]) -> Vec<Arrival<'a>> {
    let mut met = HashSet::with_capacity(arrivals.len());
    arrivals.iter().copied().filter(|arrival| met.insert(key(arrival))).collect()
}

/// Leaves out the events whose id a client has given within the last 24 hours. Of those that come
/// together the earlier one takes its marks first, as if each came in a transaction of its own.
async fn leave_out_seen<'a>(
    tx: &Transaction<'_>,
    arrivals: Vec<Arrival<'a>>,
) -> Result<Vec<Arrival<'a>>, DbError> {
    let given: Vec<&Arrival<'_>> = arrivals.iter().filter(|arrival| arrival.client_id).collect();
    if given.is_empty() {
        return Ok(arrivals);
    }
    let projects: Vec<i32> = given.iter().map(|entry| entry.project_id.0).collect();
    let ids: Vec<Uuid> = given.iter().map(|entry| entry.event_id.0).collect();
    let id_days: Vec<NaiveDate> = given.iter().map(|entry| entry.day).collect();
    let rows = INSERT_SEEN_IDS.rows(tx, &[&projects, &ids, &id_days]).await?;
    let mut free: HashSet<Key> = rows.iter().map(row_key).collect();
    let is_new = |event: &Arrival<'_>| {
        if !event.client_id {
            return true;
        }
        let (project, id, day) = key(event);
        let marks = [day, day + ChronoDays::new(1)].map(|day| free.remove(&(project, id, day)));
        marks == [true, true]
    };
    Ok(arrivals.into_iter().filter(is_new).collect())
}

async fn insert_rows(
    tx: &Transaction<'_>,
    events: &[New<'_>],
    names: &Names,
    store: Store<'_>,
) -> Result<HashSet<Key>, PersistError> {
    let columns = Columns::of(events, names, store)?;
    let rows = INSERT_EVENTS.rows(tx, &columns.parameters()).await?;
    Ok(rows.iter().map(row_key).collect())
}

fn row_key(row: &Row) -> Key {
    (ProjectId(row.get("project_id")), EventId(row.get("event_id")), row.get("day"))
}

/// The rows of `events`, column by column as `unnest` wants them.
#[derive(Default)]
pub(super) struct Columns<'a> {
    projects: Vec<i32>,
    event_ids: Vec<Uuid>,
    days: Vec<NaiveDate>,
    groups: Vec<i64>,
    occurred: Vec<DateTime<Utc>>,
    received: Vec<DateTime<Utc>>,
    facets: Vec<i32>,
    encodings: Vec<i16>,
    payloads: Vec<Option<&'a [u8]>>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(
        events: &[New<'a>],
        names: &Names,
        store: Store<'_>,
    ) -> Result<Self, PersistError> {
        let mut columns = Self::with_capacity(events.len());
        for event in events {
            columns.push(event, names, store)?;
        }
        Ok(columns)
    }

    /// In the order of the statement.
    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 9] {
        [
            &self.projects,
            &self.event_ids,
            &self.days,
            &self.groups,
            &self.occurred,
            &self.received,
            &self.facets,
            &self.encodings,
            &self.payloads,
        ]
    }

    fn with_capacity(rows: usize) -> Self {
        Self {
            projects: Vec::with_capacity(rows),
            event_ids: Vec::with_capacity(rows),
            days: Vec::with_capacity(rows),
            groups: Vec::with_capacity(rows),
            occurred: Vec::with_capacity(rows),
            received: Vec::with_capacity(rows),
            facets: Vec::with_capacity(rows),
            encodings: Vec::with_capacity(rows),
            payloads: Vec::with_capacity(rows),
        }
    }

    fn push(
        &mut self,
        event: &New<'a>,
        names: &Names,
        store: Store<'_>,
    ) -> Result<(), PersistError> {
        let (name, facet) = store.place(event, names)?;
        self.projects.push(event.project_id.0);
        self.event_ids.push(event.event_id.0);
        self.days.push(event.arrival.day);
        self.groups.push(name.group_id);
        self.occurred.push(event.occurred_at);
        self.received.push(event.received_at);
        self.facets.push(facet);
        let payload = event.payload.ok();
        self.encodings.push(payload.map_or(0, |payload| payload.encoding));
        self.payloads.push(payload.map(|payload| payload.bytes.as_ref()));
        Ok(())
    }
}
