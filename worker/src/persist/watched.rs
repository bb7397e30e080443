//! What alert rules watch besides the roll-ups: which errors arrived, whom events happened to, and which
//! slots changed. Written in the transaction that stores the events, so that rules miss nothing.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use shared::ids::ProjectId;
use shared::postgres::DbError;

use super::changes::{Changes, ErrorKey};
use crate::statement::Statement;

const INSERT_ARRIVALS: Statement =
    Statement { sql: include_str!("sql/insert_arrivals.sql"), action: "mark errors that arrived" };
const INSERT_USER_SLOTS: Statement = Statement {
    sql: include_str!("sql/insert_user_slots.sql"),
    action: "mark affected users by receipt",
};
const MARK_CHANGED_SLOTS: Statement =
    Statement { sql: include_str!("sql/mark_changed_slots.sql"), action: "mark changed slots" };

/// Which projects have rules, and what those ask for.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) with_rules: HashSet<ProjectId>,
    /// Those that count users by slot.
    pub(super) with_users: HashSet<ProjectId>,
}

/// How an error came to be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArrivedAs {
    /// It was never seen before.
    New,
    /// It had been resolved.
    Regression,
}

/// Marks errors of the batch as arrived.
pub(super) async fn insert_arrivals(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
    errors: &[ErrorKey],
    arrived: ArrivedAs,
) -> Result<(), DbError> {
    let arrivals: Vec<_> = errors
        .iter()
        .filter_map(|key| changes.errors.get(key).map(|change| (key, change)))
        .map(|((project, error), change)| match arrived {
            ArrivedAs::New => (project.0, *error, change.first.received_at, change.first_facet),
            ArrivedAs::Regression => {
                (project.0, *error, change.newest_receipt, change.newest_facet)
            }
        })
        .collect();
    if arrivals.is_empty() {
        return Ok(());
    }
    let projects: Vec<i32> = arrivals.iter().map(|(project, ..)| *project).collect();
    let errors: Vec<i64> = arrivals.iter().map(|(_, error, ..)| *error).collect();
    let times: Vec<DateTime<Utc>> = arrivals.iter().map(|(_, _, at, _)| *at).collect();
    let facets: Vec<i32> = arrivals.iter().map(|(.., facet)| *facet).collect();
    let regressed = vec![arrived == ArrivedAs::Regression; arrivals.len()];
    INSERT_ARRIVALS.execute(tx, &[&projects, &times, &errors, &regressed, &facets]).await
}

/// Marks whom the events happened to, where rules ask for it.
pub(super) async fn insert_users(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
) -> Result<(), DbError> {
    if changes.user_slots.is_empty() {
        return Ok(());
    }
    let rows = || changes.user_slots.iter();
    let projects: Vec<i32> = rows().map(|(project, ..)| project.0).collect();
    let slots: Vec<DateTime<Utc>> = rows().map(|(_, slot, ..)| *slot).collect();
    let groups: Vec<i64> = rows().map(|(_, _, group, ..)| *group).collect();
    let facets: Vec<i32> = rows().map(|(_, _, _, facet, _)| *facet).collect();
    let users: Vec<i64> = rows().map(|(.., user)| *user).collect();
    INSERT_USER_SLOTS.execute(tx, &[&projects, &slots, &groups, &facets, &users]).await
}

/// Marks the slots that changed, for whoever evaluates rules.
pub(super) async fn mark_changed_slots(
    tx: &Transaction<'_>,
    changes: &Changes<'_>,
    watched: &Watched,
) -> Result<(), DbError> {
    // One row for each project and slot, whatever the facets: neighbours in key order.
    let mut marks: Vec<(i32, DateTime<Utc>)> = changes
        .project_slots
        .keys()
        .filter(|(project, ..)| watched.with_rules.contains(project))
        .map(|(project, _, slot, _)| (project.0, *slot))
        .collect();
    marks.dedup();
    if marks.is_empty() {
        return Ok(());
    }
    let (projects, slots): (Vec<i32>, Vec<DateTime<Utc>>) = marks.into_iter().unzip();
    MARK_CHANGED_SLOTS.execute(tx, &[&projects, &slots]).await
}
