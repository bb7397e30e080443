//! The rows of errors: made, counted, reopened.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use deadpool_postgres::Transaction;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::changes::{Changes, ErrorChange, ErrorKey};
use super::events::New;
use crate::statement::Statement;

const INSERT_ERRORS: Statement =
    Statement { sql: include_str!("sql/insert_errors.sql"), action: "make new errors" };
const UPSERT_STATS: Statement =
    Statement { sql: include_str!("sql/upsert_stats.sql"), action: "count events of errors" };
const UPDATE_GROUP_STATS: Statement =
    Statement { sql: include_str!("sql/update_group_stats.sql"), action: "count events of groups" };
const LOCK_MERGED: Statement =
    Statement { sql: include_str!("sql/lock_merged.sql"), action: "lock merged errors" };
const REOPEN: Statement =
    Statement { sql: include_str!("sql/reopen_errors.sql"), action: "reopen errors" };

/// Makes the rows of errors that have none, and returns those that were made.
pub(super) async fn insert_new_errors(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
) -> Result<Vec<ErrorKey>, DbError> {
    let new: Vec<(&ErrorKey, &ErrorChange<'_>)> =
        changes.errors.iter().filter(|(_, change)| !change.known).collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let (projects, errors) = keys(new.iter().map(|(key, _)| **key));
    let firsts = || new.iter().map(|(_, change)| change.first);
    let names: Vec<Uuid> = firsts().map(|entry| entry.error_id.0).collect();
    let types: Vec<Option<&str>> = firsts().map(|entry| entry.exception_type.as_deref()).collect();
    let messages: Vec<&str> = firsts().map(|entry| entry.message.as_str()).collect();
    let culprits: Vec<Option<&str>> = firsts().map(|entry| entry.culprit.as_deref()).collect();
    let columns: [&(dyn ToSql + Sync); 6] =
        [&projects, &errors, &names, &types, &messages, &culprits];
    Ok(INSERT_ERRORS.rows(tx, &columns).await?.iter().map(key).collect())
}

/// Adds the batch to the numbers of its errors.
pub(super) async fn upsert(tx: &Transaction<'_>, changes: &Changes<'_>) -> Result<(), DbError> {
    let columns = Columns::of(&changes.errors);
    let all = || changes.errors.values();
    let payload_hours: Vec<Option<DateTime<Utc>>> =
        all().map(|change| change.payload_hour).collect();
    let payloads: Vec<i32> = all().map(|change| change.payloads).collect();
    let mut values = columns.values();
    values.push(&payload_hours);
    values.push(&payloads);
    UPSERT_STATS.execute(tx, &values).await
}

/// Adds the batch to the numbers of groups that share their error with others.
pub(super) async fn update_groups(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
) -> Result<(), DbError> {
    if changes.merged_groups.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(&changes.merged_groups);
    let all = || changes.merged_groups.values();
    let newest: Vec<DateTime<Utc>> = all().map(|change| change.newest).collect();
    let receipts: Vec<DateTime<Utc>> = all().map(|change| change.newest_receipt).collect();
    let mut values = columns.values();
    values.push(&newest);
    values.push(&receipts);
    UPDATE_GROUP_STATS.execute(tx, &values).await
}

/// Keeps other transactions from errors that hold several groups, until this one ends.
pub(super) async fn lock_merged(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
) -> Result<(), DbError> {
    if changes.merged_groups.is_empty() {
        return Ok(());
    }
    let merged: BTreeSet<ErrorKey> = changes
        .merged_groups
        .keys()
        .filter_map(|(project, group)| {
            let error = changes.group_errors.get(&(*project, *group));
            error.map(|error| (*project, *error))
        })
        .collect();
    let (projects, errors) = keys(merged.into_iter());
    LOCK_MERGED.execute(tx, &[&projects, &errors]).await
}

/// What is added to rows of numbers, column by column as `unnest` wants it.
struct Columns<'a> {
    projects: Vec<i32>,
    ids: Vec<i64>,
    events: Vec<i64>,
    users: Vec<i64>,
    first_seen: Vec<DateTime<Utc>>,
    last_seen: Vec<DateTime<Utc>>,
    latest_ids: Vec<Uuid>,
    latest_days: Vec<NaiveDate>,
    levels: Vec<i16>,
    sources: Vec<&'a str>,
    latest_at: Vec<Option<DateTime<Utc>>>,
}

impl<'a> Columns<'a> {
    fn of(rows: &'a BTreeMap<(ProjectId, i64), ErrorChange<'_>>) -> Self {
        let (projects, ids) = keys(rows.keys().copied());
        let all = || rows.values();
        Self {
            projects,
            ids,
            events: all().map(|change| change.events).collect(),
            users: all().map(|change| change.users).collect(),
            first_seen: all().map(|change| change.first_seen).collect(),
            last_seen: all().map(|change| change.last_seen).collect(),
            latest_ids: all().map(|change| change.latest.event_id.0).collect(),
            latest_days: all().map(|change| change.latest.arrival.day).collect(),
            levels: all().map(|change| change.latest.facet.level.code()).collect(),
            sources: all().map(|change| change.latest.facet.source.as_str()).collect(),
            latest_at: all().map(|change| kept_at(&change.latest)).collect(),
        }
    }

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.projects,
            &self.ids,
            &self.events,
            &self.users,
            &self.first_seen,
            &self.last_seen,
            &self.latest_ids,
            &self.latest_days,
            &self.levels,
            &self.sources,
            &self.latest_at,
        ]
    }
}

/// Reopens what the batch's events reopen, and returns the regressions among it.
pub(super) async fn reopen(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
) -> Result<Vec<ErrorKey>, DbError> {
    // A new error is open.
    let known = || changes.errors.iter().filter(|(_, change)| change.known);
    if known().next().is_none() {
        return Ok(Vec::new());
    }
    let (projects, errors) = keys(known().map(|(key, _)| *key));
    let newest: Vec<DateTime<Utc>> = known().map(|(_, change)| change.newest).collect();
    let receipts: Vec<DateTime<Utc>> = known().map(|(_, change)| change.newest_receipt).collect();
    let reopened = REOPEN.rows(tx, &[&projects, &errors, &newest, &receipts]).await?;
    Ok(reopened.iter().filter(|row| row.get("regressed")).map(key).collect())
}

/// When an event happened whose payload is kept.
fn kept_at(event: &New<'_>) -> Option<DateTime<Utc>> {
    event.payload.is_ok().then_some(event.occurred_at)
}

fn key(row: &Row) -> ErrorKey {
    (ProjectId(row.get("project_id")), row.get("error_id"))
}

fn keys(keys: impl Iterator<Item = ErrorKey>) -> (Vec<i32>, Vec<i64>) {
    keys.map(|(project, error)| (project.0, error)).unzip()
}
