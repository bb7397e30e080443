//! The door to the rules of a project: whoever changes one goes through it, one at a time, and never
//! while the worker evaluates them.
//!
//! Locks are taken in this order, everywhere: the project against storing events (where that is
//! needed), its row against deletion, its row of `alert_evaluations`. Who evaluates holds the last one
//! alone.

use deadpool_postgres::Transaction;
use shared::alerts::condition::Metric;
use shared::api::ApiError;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use shared::project_lock;

use crate::{db, projects};

/// Locks the rules of a project until the transaction ends. When that commits, all rules are evaluated
/// again; when it does not, nothing has happened. `metric`: what a rule asks for that is written now.
pub(super) async fn enter(
    tx: &Transaction<'_>,
    project: ProjectId,
    metric: Option<Metric>,
) -> Result<(), ApiError> {
    let counts_users = metric == Some(Metric::UsersAffected);
    if begins_to_watch(tx, project, counts_users).await.map_err(db::failure)? {
        // Batches that are being stored do not know of it: they go first, and their events count as
        // what was there before. Whatever is stored after the commit is marked.
        project_lock::exclusive(tx, &[project]).await.map_err(db::failure)?;
    }
    projects::lock(tx, project).await?;
    let sql = include_str!("sql/enter.sql");
    let values: db::Params<'_> = &[&project.0, &counts_users];
    db::execute(tx, "lock the rules of a project", sql, values).await.map_err(db::failure)?;
    Ok(())
}

/// Whether storing events has to note more from now on: the first rule of a project has what changes
/// noted, the first that asks for users has them noted.
async fn begins_to_watch(
    tx: &Transaction<'_>,
    project: ProjectId,
    counts_users: bool,
) -> Result<bool, DbError> {
    let sql = include_str!("sql/watching.sql");
    let rows = db::query(tx, "read what is watched", sql, &[&project.0]).await?;
    Ok(rows.first().is_none_or(|row| counts_users && !row.get::<_, bool>("counts_users")))
}
