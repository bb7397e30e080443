//! The lock of a project: many store events at once, or one changes what errors are.
//!
//! The worker holds it shared while it stores events; resolving, merging and deleting hold it
//! exclusively. So a change of an error never meets a half-stored batch, and a `resolved_at` read
//! under the lock is later than the receipt of every event stored before it. Held until the end of
//! the transaction. Projects are locked in ascending order, so that no two transactions wait for
//! each other.

use deadpool_postgres::Transaction;

use crate::ids::ProjectId;
use crate::postgres::DbError;

/// First half of the advisory lock's key ("ERRA"); the second is the project.
const LOCK_CLASS: i32 = 0x4552_5241;

/// Locks projects against changes of their errors.
///
/// # Errors
/// When Postgres is away, or the wait passes the statement timeout.
pub async fn shared(tx: &Transaction<'_>, projects: &[ProjectId]) -> Result<(), DbError> {
    lock(tx, include_str!("sql/lock_projects_shared.sql"), projects).await
}

/// Locks projects against everything that stores events in them or changes their errors.
///
/// # Errors
/// When Postgres is away, or the wait passes the statement timeout.
pub async fn exclusive(tx: &Transaction<'_>, projects: &[ProjectId]) -> Result<(), DbError> {
    lock(tx, include_str!("sql/lock_projects_exclusive.sql"), projects).await
}

async fn lock(tx: &Transaction<'_>, sql: &str, projects: &[ProjectId]) -> Result<(), DbError> {
    let ids: Vec<i32> = projects.iter().map(|project| project.0).collect();
    let statement =
        tx.prepare_cached(sql).await.map_err(DbError::statement("prepare a project lock"))?;
    tx.execute(&statement, &[&LOCK_CLASS, &ids])
        .await
        .map_err(DbError::statement("lock projects"))?;
    Ok(())
}
