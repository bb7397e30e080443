//! Changes what errors are, each in one transaction under the exclusive lock of their projects.
//!
//! The worker stores events under the same lock, shared. So the clock read under the lock is later
//! than the receipt of every event stored before, and no event is half stored while its error is
//! deleted.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use serde_json::{Value, json};
use shared::api::ApiError;
use shared::ids::{ErrorId, ProjectId};
use shared::postgres::DbError;
use shared::project_lock;
use shared::revisions;
use shared::telemetry::metrics::{Counter, count};
use uuid::Uuid;

use super::delete;
use super::lookup::{self, Found};
use crate::app::App;
use crate::call::Reach;
use crate::db;

/// How often a transaction is tried that lost against another one.
const ATTEMPTS: usize = 4;

/// What happens to errors.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Resolve,
    Unresolve,
    Ignore { until: Option<DateTime<Utc>>, events: Option<i64> },
    Assign { to: Option<String> },
    Delete,
}

/// Changes the errors that the ids lead to and answers which ids led anywhere. When it returns, the
/// next read of anybody sees the change.
pub(super) async fn apply(
    app: &Arc<App>,
    reach: &Reach,
    names: &[ErrorId],
    change: Change,
    key_id: Uuid,
) -> Result<Vec<ErrorId>, ApiError> {
    let found = lookup::find(app, reach, names).await.map_err(db::failure)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let work = Work {
        projects: projects_of(&found),
        names: found.iter().map(|found| found.name).collect(),
        change,
        key_id,
    };
    // On a task of its own: a client that goes away must not leave a committed change unannounced.
    let task = app.changes.spawn(work.run(Arc::clone(app)));
    task.await.map_err(ApiError::internal)?.map_err(db::failure)
}

fn projects_of(found: &[Found]) -> Vec<ProjectId> {
    let mut projects: Vec<ProjectId> = found.iter().map(|found| found.project).collect();
    projects.sort_unstable();
    projects.dedup();
    projects
}

/// A change under way.
#[derive(Debug)]
struct Work {
    projects: Vec<ProjectId>,
    names: Vec<ErrorId>,
    change: Change,
    key_id: Uuid,
}

impl Work {
    async fn run(self, app: Arc<App>) -> Result<Vec<ErrorId>, DbError> {
        let mut outcome = self.attempt(&app).await;
        for _ in 1..ATTEMPTS {
            match &outcome {
                Err(error) if error.is_conflict() => {
                    count(Counter::RetriesTotal, "change", "conflict", 1);
                    outcome = self.attempt(&app).await;
                }
                _ => break,
            }
        }
        // Also after a failure: a commit may have succeeded although its answer got lost.
        app.cache.announce(&self.projects).await;
        app.live.changed(&self.projects);
        outcome
    }

    async fn attempt(&self, app: &App) -> Result<Vec<ErrorId>, DbError> {
        let mut client = db::client(&app.pool).await?;
        let tx = client.transaction().await.map_err(DbError::statement("begin a change"))?;
        project_lock::exclusive(&tx, &self.projects).await?;
        let now = clock(&tx).await?;
        // Again, now that nobody else can change what the ids lead to.
        let projects: Vec<i32> = self.projects.iter().map(|project| project.0).collect();
        let found = lookup::find_now(&tx, &projects, &self.names).await?;
        self.change_found(&tx, &found, now).await?;
        revisions::advance(&tx, &self.projects).await?;
        tx.commit().await.map_err(DbError::statement("commit a change"))?;
        Ok(found.into_iter().map(|found| found.name).collect())
    }

    async fn change_found(
        &self,
        tx: &Transaction<'_>,
        found: &[Found],
        now: DateTime<Utc>,
    ) -> Result<(), DbError> {
        let projects: Vec<i32> = found.iter().map(|found| found.project.0).collect();
        let errors: Vec<i64> = found.iter().map(|found| found.error_id).collect();
        let details = self.details();
        match &self.change {
            Change::Resolve => {
                let sql = include_str!("sql/resolve.sql");
                let values: db::Params<'_> = &[&projects, &errors, &now, &details];
                db::execute(tx, "resolve errors", sql, values).await?;
            }
            Change::Unresolve => {
                let sql = include_str!("sql/unresolve.sql");
                let values: db::Params<'_> = &[&projects, &errors, &now, &details];
                db::execute(tx, "unresolve errors", sql, values).await?;
            }
            Change::Ignore { until, events } => {
                let sql = include_str!("sql/ignore.sql");
                let values: db::Params<'_> = &[&projects, &errors, &now, &details, until, events];
                db::execute(tx, "ignore errors", sql, values).await?;
            }
            Change::Assign { to } => {
                let sql = include_str!("sql/assign.sql");
                let values: db::Params<'_> = &[&projects, &errors, &now, &details, to];
                db::execute(tx, "assign errors", sql, values).await?;
            }
            Change::Delete => {
                for found in found {
                    delete::error(tx, found.project, found.error_id, now).await?;
                }
            }
        }
        Ok(())
    }

    /// What the error's history tells besides the kind of change.
    fn details(&self) -> Value {
        let by = self.key_id;
        match &self.change {
            Change::Resolve | Change::Unresolve | Change::Delete => json!({"key_id": by}),
            Change::Ignore { until, events } => {
                json!({"key_id": by, "until": until.map(shared::time::format), "events": events})
            }
            Change::Assign { to } => json!({"key_id": by, "assigned_to": to}),
        }
    }
}

async fn clock(tx: &Transaction<'_>) -> Result<DateTime<Utc>, DbError> {
    let rows = db::query(tx, "read the clock", include_str!("sql/clock.sql"), &[]).await?;
    Ok(rows.first().map_or_else(shared::time::now, |row| row.get("now")))
}
