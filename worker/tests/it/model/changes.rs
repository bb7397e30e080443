//! What people do to errors, with the statements of the query API, run as it runs them: under the
//! exclusive lock of the project.

use chrono::{DateTime, Utc};
use deadpool_postgres::{Pool, Transaction};
use serde_json::json;
use shared::ids::{ErrorId, ProjectId};
use shared::project_lock;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::state::Model;

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../query-api/src/errors/sql/", $name, ".sql"))
    };
}

/// What is done to an error.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Resolve { at: DateTime<Utc> },
    Unresolve { at: DateTime<Utc> },
    Ignore { at: DateTime<Utc>, until: Option<DateTime<Utc>>, events: Option<i64> },
    Delete,
    Merge { at: DateTime<Utc>, other: ErrorId },
    Unmerge { at: DateTime<Utc> },
}

impl Act {
    /// Does it in the model.
    pub(super) fn apply(self, model: &mut Model, error: ErrorId) {
        match self {
            Self::Resolve { at } => model.resolve(error, at),
            Self::Unresolve { .. } => model.unresolve(error),
            Self::Ignore { until, events, .. } => model.ignore(error, until, events),
            Self::Delete => model.delete(error),
            Self::Merge { other, .. } => model.merge(error, other),
            Self::Unmerge { .. } => model.unmerge(error),
        }
    }

    /// Does it in the database; nothing when the error is not there.
    pub(crate) async fn run(self, pool: &Pool, project: ProjectId, error: ErrorId) {
        let mut client = pool.get().await.unwrap();
        let tx = client.transaction().await.unwrap();
        project_lock::exclusive(&tx, &[project]).await.unwrap();
        if let Some(found) = find(&tx, project, error).await {
            match self {
                Self::Merge { at, other } => {
                    if let Some(other) = find(&tx, project, other).await {
                        merge(&tx, project.0, (other, found), at).await;
                    }
                }
                Self::Unmerge { at } => unmerge(&tx, project.0, (error, found), at).await,
                _ => self.change(&tx, project, found).await,
            }
        }
        tx.commit().await.unwrap();
    }

    async fn change(self, tx: &Transaction<'_>, project: ProjectId, error: i64) {
        let (projects, errors, details) = (vec![project.0], vec![error], json!({}));
        match self {
            Self::Resolve { at } => {
                rows(tx, sql!("resolve"), &[&projects, &errors, &at, &details]).await;
            }
            Self::Unresolve { at } => {
                rows(tx, sql!("unresolve"), &[&projects, &errors, &at, &details]).await;
            }
            Self::Ignore { at, until, events } => {
                let values: Values<'_> = &[&projects, &errors, &at, &details, &until, &events];
                rows(tx, sql!("ignore"), values).await;
            }
            Self::Delete => delete(tx, project.0, error).await,
            Self::Merge { .. } | Self::Unmerge { .. } => {}
        }
    }
}

/// The error that an id leads to.
pub(crate) async fn find(tx: &Transaction<'_>, project: ProjectId, error: ErrorId) -> Option<i64> {
    let found = rows(tx, sql!("find"), &[&vec![project.0], &vec![error.0]]).await;
    found.first().map(|row| row.get("error_id"))
}

async fn merge(tx: &Transaction<'_>, project: i32, (other, into): (i64, i64), at: DateTime<Utc>) {
    if other == into {
        return;
    }
    let both = vec![other, into];
    rows(tx, sql!("keep_group_stats"), &[&project, &both]).await;
    rows(tx, sql!("complete_group_stats"), &[&project, &both]).await;
    let users: i64 = rows(tx, sql!("merged_users"), &[&project, &both]).await[0].get("users");
    let values: Values<'_> = &[&project, &vec![other], &into, &at, &Uuid::nil()];
    rows(tx, sql!("merge_errors"), values).await;
    rows(tx, sql!("recount_error"), &[&project, &into, &at, &users]).await;
}

async fn unmerge(
    tx: &Transaction<'_>,
    project: i32,
    (name, from): (ErrorId, i64),
    at: DateTime<Utc>,
) {
    let sql = "SELECT group_id FROM error_names WHERE project_id = $1 AND name = $2";
    let group: i64 = tx.query_one(sql, &[&project, &name.0]).await.unwrap().get(0);
    if group == from {
        return;
    }
    let groups = vec![group];
    rows(tx, sql!("complete_group_stats"), &[&project, &vec![from]]).await;
    let values: Values<'_> = &[&project, &from, &groups, &at, &Uuid::nil()];
    rows(tx, sql!("unmerge_errors"), values).await;
    let values: Values<'_> = &[&project, &from, &groups];
    let users: i64 = rows(tx, sql!("remaining_users"), values).await[0].get("users");
    rows(tx, sql!("recount_error"), &[&project, &from, &at, &users]).await;
    rows(tx, sql!("forget_group_stats"), &[&project, &from]).await;
}

async fn delete(tx: &Transaction<'_>, project: i32, error: i64) {
    // Slots are merged by the real clock, so a deletion goes by it, too.
    let now = shared::time::now();
    rows(tx, sql!("delete_names"), &[&project, &error, &now]).await;
    let groups = rows(tx, sql!("delete_groups"), &[&project, &error]).await;
    let groups: Vec<i64> = groups.iter().map(|row| row.get("group_id")).collect();
    rows(tx, sql!("subtract_hours"), &[&project, &groups]).await;
    rows(tx, sql!("subtract_slots"), &[&project, &groups, &now]).await;
    rows(tx, sql!("delete_error"), &[&project, &error, &groups]).await;
}

type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

async fn rows(tx: &Transaction<'_>, sql: &str, values: Values<'_>) -> Vec<Row> {
    let statement = tx.prepare_cached(sql).await.unwrap();
    tx.query(&statement, values).await.unwrap()
}
