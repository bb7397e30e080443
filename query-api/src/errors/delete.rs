//! Deletes an error: what is shown of it goes at once, its events piece by piece later.

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use shared::ids::ProjectId;
use shared::postgres::DbError;

use crate::db;

/// Deletes an error within the caller's transaction, which holds the project's exclusive lock.
pub(super) async fn error(
    tx: &Transaction<'_>,
    project: ProjectId,
    error_id: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let sql = include_str!("sql/delete_names.sql");
    db::execute(tx, "delete the ids of an error", sql, &[&project.0, &error_id, &now]).await?;
    let groups = take_groups(tx, project, error_id).await?;
    // The rows of the groups themselves stay until they are purged; nothing leads to them any more.
    let sql = include_str!("sql/subtract_hours.sql");
    db::execute(tx, "subtract hours", sql, &[&project.0, &groups]).await?;
    let sql = include_str!("sql/subtract_slots.sql");
    db::execute(tx, "subtract slots", sql, &[&project.0, &groups, &now]).await?;
    let sql = include_str!("sql/delete_error.sql");
    db::execute(tx, "delete an error", sql, &[&project.0, &error_id, &groups]).await?;
    Ok(())
}

async fn take_groups(
    tx: &Transaction<'_>,
    project: ProjectId,
    error_id: i64,
) -> Result<Vec<i64>, DbError> {
    let sql = include_str!("sql/delete_groups.sql");
    let rows =
        db::query(tx, "delete the groups of an error", sql, &[&project.0, &error_id]).await?;
    Ok(rows.iter().map(|row| row.get("group_id")).collect())
}
