//! The rows of errors: made, counted, reopened.

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
    let (projects, errors) = keys(changes.errors.keys().copied());
    let all = || changes.errors.values();
    let events: Vec<i64> = all().map(|change| change.events).collect();
    let users: Vec<i64> = all().map(|change| change.users).collect();
    let first_seen: Vec<DateTime<Utc>> = all().map(|change| change.first_seen).collect();
    let last_seen: Vec<DateTime<Utc>> = all().map(|change| change.last_seen).collect();
    let latest_ids: Vec<Uuid> = all().map(|change| change.latest.event_id.0).collect();
    let latest_days: Vec<NaiveDate> = all().map(|change| change.latest.arrival.day).collect();
    let levels: Vec<i16> = all().map(|change| change.latest.facet.level.code()).collect();
    let sources: Vec<&str> = all().map(|change| change.latest.facet.source.as_str()).collect();
    let latest_at: Vec<Option<DateTime<Utc>>> =
        all().map(|change| kept_at(&change.latest)).collect();
    let payload_hours: Vec<Option<DateTime<Utc>>> =
        all().map(|change| change.payload_hour).collect();
    let payloads: Vec<i32> = all().map(|change| change.payloads).collect();
    UPSERT_STATS
        .execute(
            tx,
            &[
                &projects,
                &errors,
                &events,
                &users,
                &first_seen,
                &last_seen,
                &latest_ids,
                &latest_days,
                &levels,
                &sources,
                &latest_at,
                &payload_hours,
                &payloads,
            ],
        )
        .await
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
