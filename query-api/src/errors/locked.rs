//! Runs a change of errors in one transaction under the exclusive lock of their projects, and makes it
//! known.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use shared::api::ApiError;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use shared::project_lock;
use shared::revisions;
use shared::telemetry::metrics::{Counter, count};

use crate::app::App;
use crate::db;

/// How often a transaction is tried that lost against another one.
const ATTEMPTS: usize = 4;

/// A change under way.
pub(super) trait Locked: Send + Sync + 'static {
    /// What came of it.
    type Done: Send + 'static;

    /// The projects whose errors it changes, in ascending order.
    fn projects(&self) -> &[ProjectId];

    /// The change itself. `now` was read under the lock. It may run again when it lost against another
    /// transaction.
    fn change(
        &self,
        tx: &Transaction<'_>,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Self::Done, DbError>> + Send;
}

/// Runs the change. When it returns, the next read of anybody sees it.
pub(super) async fn run<W: Locked>(app: &Arc<App>, work: W) -> Result<W::Done, ApiError> {
    // On a task of its own: a client that goes away must not leave a committed change unannounced.
    let changing = Arc::clone(app);
    let task = app.changes.spawn(async move { announced(&changing, &work).await });
    task.await.map_err(ApiError::internal)?.map_err(db::failure)
}

async fn announced<W: Locked>(app: &Arc<App>, work: &W) -> Result<W::Done, DbError> {
    let mut outcome = attempt(app, work).await;
    for _ in 1..ATTEMPTS {
        match &outcome {
            Err(error) if error.is_conflict() => {
                count(Counter::RetriesTotal, "change", "conflict", 1);
                outcome = attempt(app, work).await;
            }
            _ => break,
        }
    }
    // Also after a failure: a commit may have succeeded although its answer got lost.
    app.cache.announce(work.projects()).await;
    app.live.changed(work.projects());
    outcome
}

async fn attempt<W: Locked>(app: &App, work: &W) -> Result<W::Done, DbError> {
    let mut client = db::client(&app.pool).await?;
    let tx = client.transaction().await.map_err(DbError::statement("begin a change"))?;
    project_lock::exclusive(&tx, work.projects()).await?;
    let now = clock(&tx).await?;
    let done = work.change(&tx, now).await?;
    revisions::advance(&tx, work.projects()).await?;
    tx.commit().await.map_err(DbError::statement("commit a change"))?;
    Ok(done)
}

async fn clock(tx: &Transaction<'_>) -> Result<DateTime<Utc>, DbError> {
    let rows = db::query(tx, "read the clock", include_str!("sql/clock.sql"), &[]).await?;
    Ok(rows.first().map_or_else(shared::time::now, |row| row.get("now")))
}
