//! Inserts batches, ids and events, and tells which of them are new.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use deadpool_postgres::Transaction;
use shared::batch::{Batch, Entry};
use shared::ids::{EventId, ProjectId};
use shared::postgres::DbError;
use uuid::Uuid;

use super::days::Days;
use super::names::Names;
use super::statement::Statement;
use super::{PersistError, Store};

const INSERT_BATCHES: Statement =
    Statement { sql: include_str!("sql/insert_batches.sql"), action: "mark batches as stored" };
const INSERT_SEEN_IDS: Statement =
    Statement { sql: include_str!("sql/insert_seen_ids.sql"), action: "mark event ids as seen" };
const INSERT_EVENTS: Statement =
    Statement { sql: include_str!("sql/insert_events.sql"), action: "insert events" };

/// Marks the batches as stored and returns those that were not.
pub(super) async fn insert_batches<'a>(
    tx: &Transaction<'_>,
    batches: &'a [Batch],
    days: &Days,
) -> Result<Vec<&'a Batch>, DbError> {
    let ids: Vec<Uuid> = batches.iter().map(|batch| batch.batch_id.0).collect();
    let batch_days: Vec<NaiveDate> =
        batches.iter().map(|batch| days.of_batch(batch.batch_id)).collect();
    let rows = INSERT_BATCHES.rows(tx, &[&batch_days, &ids]).await?;
    // A message that came twice at once is returned once, and taken once.
    let mut new: HashSet<Uuid> = rows.iter().map(|row| row.get("batch_id")).collect();
    Ok(batches.iter().filter(|batch| new.remove(&batch.batch_id.0)).collect())
}

/// Inserts the events that are not stored yet, and returns those.
pub(super) async fn insert<'a>(
    tx: &Transaction<'_>,
    entries: &[&'a Entry],
    names: &Names,
    store: Store<'_>,
) -> Result<Vec<&'a Entry>, PersistError> {
    let first: Vec<&Entry> = first_of_each_id(entries);
    let unseen = leave_out_seen(tx, first, store.days).await?;
    if unseen.is_empty() {
        return Ok(unseen);
    }
    let rows = insert_rows(tx, &unseen, names, store).await?;
    Ok(unseen
        .into_iter()
        .filter(|entry| rows.contains(&(entry.project_id, entry.event_id)))
        .collect())
}

/// Of entries with one id the first, which wins whatever the others hold.
fn first_of_each_id<'a>(entries: &[&'a Entry]) -> Vec<&'a Entry> {
    let mut met = HashSet::with_capacity(entries.len());
    entries.iter().copied().filter(|entry| met.insert((entry.project_id, entry.event_id))).collect()
}

/// Leaves out the events whose id a client has given within the last 24 hours.
async fn leave_out_seen<'a>(
    tx: &Transaction<'_>,
    entries: Vec<&'a Entry>,
    days: &Days,
) -> Result<Vec<&'a Entry>, DbError> {
    let given: Vec<&Entry> = entries.iter().copied().filter(|entry| entry.client_id).collect();
    if given.is_empty() {
        return Ok(entries);
    }
    let projects: Vec<i32> = given.iter().map(|entry| entry.project_id.0).collect();
    let ids: Vec<Uuid> = given.iter().map(|entry| entry.event_id.0).collect();
    let id_days: Vec<NaiveDate> = given.iter().map(|entry| days.of(entry.received_at)).collect();
    let rows = INSERT_SEEN_IDS.rows(tx, &[&projects, &ids, &id_days]).await?;
    let mut marks: HashMap<(ProjectId, EventId), u8> = HashMap::with_capacity(given.len());
    for row in &rows {
        let id = (ProjectId(row.get("project_id")), EventId(row.get("event_id")));
        *marks.entry(id).or_default() += 1;
    }
    let is_new = |entry: &&Entry| {
        !entry.client_id || marks.get(&(entry.project_id, entry.event_id)) == Some(&2)
    };
    Ok(entries.into_iter().filter(is_new).collect())
}

async fn insert_rows(
    tx: &Transaction<'_>,
    entries: &[&Entry],
    names: &Names,
    store: Store<'_>,
) -> Result<HashSet<(ProjectId, EventId)>, PersistError> {
    let mut columns = Columns::with_capacity(entries.len());
    for entry in entries {
        columns.push(entry, names, store)?;
    }
    let rows = INSERT_EVENTS
        .rows(
            tx,
            &[
                &columns.projects,
                &columns.event_ids,
                &columns.days,
                &columns.groups,
                &columns.occurred,
                &columns.received,
                &columns.facets,
                &columns.encodings,
                &columns.payloads,
            ],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| (ProjectId(row.get("project_id")), EventId(row.get("event_id"))))
        .collect())
}

/// The rows of `events`, column by column as `unnest` wants them.
#[derive(Default)]
struct Columns<'a> {
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
        entry: &'a Entry,
        names: &Names,
        store: Store<'_>,
    ) -> Result<(), PersistError> {
        let (name, facet) = store.place(entry, names)?;
        self.projects.push(entry.project_id.0);
        self.event_ids.push(entry.event_id.0);
        self.days.push(store.days.of(entry.received_at));
        self.groups.push(name.group_id);
        self.occurred.push(entry.occurred_at);
        self.received.push(entry.received_at);
        self.facets.push(facet);
        self.encodings.push(entry.payload.as_ref().map_or(0, |payload| payload.encoding));
        self.payloads.push(entry.payload.as_ref().map(|payload| payload.bytes.as_ref()));
        Ok(())
    }
}
