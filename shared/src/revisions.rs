//! How often the data of a project has changed, counted in Postgres in the transaction of each change.
//!
//! A generation in Redis (`generations`) tells at once that cached answers are too old, but only if the
//! process that changed something lives long enough to move it, and can reach Redis. A revision can't be
//! lost: it is committed with the change, and whoever caches answers reads it soon.

use deadpool_postgres::Transaction;

use crate::ids::ProjectId;
use crate::postgres::DbError;

/// Moves the revisions of projects. The last statement of a transaction, because whoever moves the same
/// ones waits until it ends.
///
/// # Errors
/// When Postgres is away, or the wait passes the statement timeout.
pub async fn advance(tx: &Transaction<'_>, projects: &[ProjectId]) -> Result<(), DbError> {
    if projects.is_empty() {
        return Ok(());
    }
    let ids: Vec<i32> = projects.iter().map(|project| project.0).collect();
    let sql = include_str!("sql/advance_revisions.sql");
    let failed = || DbError::statement("move the revisions of projects");
    let statement = tx.prepare_cached(sql).await.map_err(failed())?;
    tx.execute(&statement, &[&ids]).await.map_err(failed()).map(drop)
}
