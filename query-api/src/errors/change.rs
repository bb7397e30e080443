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
use uuid::Uuid;

use super::delete;
use super::locked::{self, Locked};
use super::lookup::{self, Found};
use crate::app::App;
use crate::call::Reach;
use crate::db;

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
    locked::run(app, work).await
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

impl Locked for Work {
    type Done = Vec<ErrorId>;

    fn projects(&self) -> &[ProjectId] {
        &self.projects
    }

    async fn change(
        &self,
        tx: &Transaction<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<ErrorId>, DbError> {
        // Again, now that nobody else can change what the ids lead to.
        let projects: Vec<i32> = self.projects.iter().map(|project| project.0).collect();
        let found = lookup::find_now(tx, &projects, &self.names).await?;
        self.change_found(tx, &found, now).await?;
        Ok(found.into_iter().map(|found| found.name).collect())
    }
}

impl Work {
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
