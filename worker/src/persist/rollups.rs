//! Counts by time, users and facets, and the bytes that projects hold.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use deadpool_postgres::Transaction;
use shared::ids::ProjectId;
use shared::postgres::DbError;

use super::changes::{Changes, Rollup};
use crate::statement::Statement;

const UPSERT_SLOTS: Statement =
    Statement { sql: include_str!("sql/upsert_slots.sql"), action: "count events by receipt" };
const UPSERT_HOURS: Statement =
    Statement { sql: include_str!("sql/upsert_hours.sql"), action: "count events by hour" };
const UPSERT_USERS: Statement =
    Statement { sql: include_str!("sql/upsert_users.sql"), action: "mark affected users" };
const COUNT_MERGED_USERS: Statement = Statement {
    sql: include_str!("sql/count_merged_users.sql"),
    action: "count users of merged errors",
};
const ADD_PAYLOAD_BYTES: Statement =
    Statement { sql: include_str!("sql/add_payload_bytes.sql"), action: "count bytes of payloads" };
const INSERT_GROUP_FACETS: Statement = Statement {
    sql: include_str!("sql/insert_group_facets.sql"),
    action: "mark where errors were seen",
};

/// Marks where the groups were seen.
pub(super) async fn insert_group_facets(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
) -> Result<(), DbError> {
    let rows = changes.group_facets.iter();
    let projects: Vec<i32> = rows.clone().map(|(project, _, _)| project.0).collect();
    let groups: Vec<i64> = rows.clone().map(|(_, group, _)| *group).collect();
    let facets: Vec<i32> = rows.map(|(_, _, facet)| *facet).collect();
    INSERT_GROUP_FACETS.execute(tx, &[&projects, &groups, &facets]).await
}

/// Marks whom the groups happened to, and adds those who are new to the errors' changes.
pub(super) async fn count_users(
    tx: &Transaction<'_>,
    changes: &mut Changes<'_>,
) -> Result<(), DbError> {
    if changes.users.is_empty() {
        return Ok(());
    }
    let rows = changes.users.keys();
    let projects: Vec<i32> = rows.clone().map(|(project, _, _)| project.0).collect();
    let groups: Vec<i64> = rows.clone().map(|(_, group, _)| *group).collect();
    let users: Vec<i64> = rows.map(|(_, _, user)| *user).collect();
    let hours: Vec<DateTime<Utc>> = changes.users.values().copied().collect();
    let written = UPSERT_USERS.rows(tx, &[&projects, &groups, &users, &hours]).await?;
    let mut came = CameToMerged::new();
    for row in written.iter().filter(|row| row.get("new")) {
        let (project, group) = (ProjectId(row.get("project_id")), row.get("group_id"));
        let Some(error) = changes.group_errors.get(&(project, group)) else { continue };
        if let Some(change) = changes.merged_groups.get_mut(&(project, group)) {
            change.users += 1;
            *came.entry((project, *error, row.get("user_hash"))).or_default() += 1;
        } else if let Some(change) = changes.errors.get_mut(&(project, *error)) {
            change.users += 1;
        }
    }
    count_merged_users(tx, changes, &came).await
}

/// To how many groups of a merged error a user has just come, by project, error and user.
type CameToMerged = BTreeMap<(ProjectId, i64, i64), i64>;

/// Adds users to the changes of merged errors, of which another group may have had them.
async fn count_merged_users(
    tx: &Transaction<'_>,
    changes: &mut Changes<'_>,
    came: &CameToMerged,
) -> Result<(), DbError> {
    if came.is_empty() {
        return Ok(());
    }
    let projects: Vec<i32> = came.keys().map(|(project, ..)| project.0).collect();
    let errors: Vec<i64> = came.keys().map(|(_, error, _)| *error).collect();
    let users: Vec<i64> = came.keys().map(|(.., user)| *user).collect();
    let groups: Vec<i64> = came.values().copied().collect();
    for row in COUNT_MERGED_USERS.rows(tx, &[&projects, &errors, &users, &groups]).await? {
        let error = (ProjectId(row.get("project_id")), row.get("error_id"));
        if let Some(change) = changes.errors.get_mut(&error) {
            change.users += row.get::<_, i64>("users");
        }
    }
    Ok(())
}

/// Adds to the roll-ups of the groups.
pub(super) async fn upsert_groups(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
) -> Result<(), DbError> {
    upsert(tx, UPSERT_SLOTS, &changes.group_slots).await?;
    upsert(tx, UPSERT_HOURS, &changes.group_hours).await
}

/// Adds to the totals of the projects: few rows that every worker writes, so they come last.
pub(super) async fn upsert_projects(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
) -> Result<(), DbError> {
    upsert(tx, UPSERT_SLOTS, &changes.project_slots).await?;
    upsert(tx, UPSERT_HOURS, &changes.project_hours).await
}

/// Adds to the bytes of payloads that the projects hold.
pub(super) async fn add_payload_bytes(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
) -> Result<(), DbError> {
    if changes.payload_bytes.is_empty() {
        return Ok(());
    }
    let rows = changes.payload_bytes.keys();
    let projects: Vec<i32> = rows.clone().map(|(project, _)| project.0).collect();
    let days: Vec<NaiveDate> = rows.map(|(_, day)| *day).collect();
    let bytes: Vec<i64> = changes.payload_bytes.values().copied().collect();
    ADD_PAYLOAD_BYTES.execute(tx, &[&projects, &days, &bytes]).await
}

async fn upsert(
    tx: &Transaction<'_>,
    statement: Statement,
    rollup: &Rollup,
) -> Result<(), DbError> {
    let rows = rollup.keys();
    let projects: Vec<i32> = rows.clone().map(|(project, _, _, _)| project.0).collect();
    let groups: Vec<i64> = rows.clone().map(|(_, group, _, _)| *group).collect();
    let starts: Vec<DateTime<Utc>> = rows.clone().map(|(_, _, start, _)| *start).collect();
    let facets: Vec<i32> = rows.map(|(_, _, _, facet)| *facet).collect();
    let events: Vec<i64> = rollup.values().copied().collect();
    statement.execute(tx, &[&projects, &groups, &starts, &facets, &events]).await
}
