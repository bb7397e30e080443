//! What became of the events of a transaction: added to the ledger in that transaction, and to the
//! metrics after it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use shared::ids::{BatchId, InstanceId, ProjectId};
use shared::ledger::{self, NO_PROJECT, Outcome};
use shared::postgres::DbError;
use shared::telemetry::metrics::{self, Counter};
use tokio_postgres::Row;
use uuid::Uuid;

use super::arrival::Arrival;
use crate::dead_letters::Refused;
use crate::statement::Statement;

const ADD: Statement =
    Statement { sql: include_str!("sql/add_to_ledger.sql"), action: "add to the ledger" };

const REMEMBER_LETTERS: Statement = Statement {
    sql: include_str!("sql/remember_letters.sql"),
    action: "note counted dead letters",
};
const FORGET_LETTERS: Statement = Statement {
    sql: include_str!("sql/forget_letters.sql"),
    action: "take back counted dead letters",
};

/// Reason of events that Postgres refuses.
pub(super) const BAD_DATA: &str = "data";
/// Reason of events in messages that can't be read.
const UNREADABLE: &str = "unreadable";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    project: ProjectId,
    hour: DateTime<Utc>,
    instance: InstanceId,
    outcome: Outcome,
    reason: &'static str,
}

/// How many events ended how.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Outcomes(BTreeMap<Key, i64>);

impl Outcomes {
    /// Events that ended so, whatever the reason.
    pub fn count(&self, outcome: Outcome) -> u64 {
        let ended = self.0.iter().filter(|(key, _)| key.outcome == outcome);
        ended.map(|(_, events)| u64::try_from(*events).unwrap_or_default()).sum()
    }

    pub(super) fn add(&mut self, arrival: Arrival<'_>, outcome: Outcome, reason: &'static str) {
        *self.0.entry(key(arrival, outcome, reason)).or_default() += 1;
    }

    /// A message that nobody can read, under the hour in which it was made. It counts as one event,
    /// because how many it held is unknown.
    pub(super) fn add_unreadable(&mut self, message: BatchId) {
        let key = Key {
            project: NO_PROJECT,
            hour: ledger::hour(message.minted_at().unwrap_or_else(shared::time::now)),
            instance: InstanceId::UNKNOWN,
            outcome: Outcome::DeadLettered,
            reason: UNREADABLE,
        };
        *self.0.entry(key).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, events) in other.0 {
            *self.0.entry(key).or_default() += events;
        }
    }

    /// Adds to the ledger. An event that stands there as a dead letter and came again has its new outcome
    /// instead of that one.
    pub(super) async fn write(
        &self,
        tx: &Transaction<'_>,
        arrivals: &[Arrival<'_>],
        refused: &[Refused<'_>],
    ) -> Result<(), DbError> {
        let mut changes = self.0.clone();
        for key in take_back(tx, arrivals).await? {
            *changes.entry(key).or_default() -= 1;
        }
        remember(tx, refused).await?;
        changes.retain(|_, events| *events != 0);
        if changes.is_empty() {
            return Ok(());
        }
        let keys = || changes.keys();
        let projects: Vec<i32> = keys().map(|key| key.project.0).collect();
        let hours: Vec<DateTime<Utc>> = keys().map(|key| key.hour).collect();
        let instances: Vec<Uuid> = keys().map(|key| key.instance.0).collect();
        let outcomes: Vec<&str> = keys().map(|key| key.outcome.as_str()).collect();
        let reasons: Vec<&str> = keys().map(|key| key.reason).collect();
        let events: Vec<i64> = changes.values().copied().collect();
        ADD.execute(tx, &[&projects, &hours, &instances, &outcomes, &reasons, &events]).await
    }

    /// Adds to the metrics, after the commit.
    pub(super) fn report(&self) {
        for (key, events) in &self.0 {
            let events = u64::try_from(*events).unwrap_or_default();
            metrics::count(Counter::EventsTotal, key.outcome.as_str(), key.reason, events);
        }
    }
}

/// What stands in the ledger for the dead letters among the arrivals.
async fn take_back(tx: &Transaction<'_>, arrivals: &[Arrival<'_>]) -> Result<Vec<Key>, DbError> {
    let replayed = arrivals.iter().filter(|arrival| arrival.message.replayed);
    let (projects, letters): (Vec<i32>, Vec<Uuid>) =
        replayed.map(|arrival| (arrival.project_id.0, arrival.message.batch.batch_id.0)).unzip();
    if letters.is_empty() {
        return Ok(Vec::new());
    }
    let rows = FORGET_LETTERS.rows(tx, &[&projects, &letters]).await?;
    let key = |row: &Row| Key {
        project: ProjectId(row.get("project_id")),
        hour: row.get("hour"),
        instance: InstanceId(row.get("instance")),
        outcome: Outcome::DeadLettered,
        reason: BAD_DATA,
    };
    Ok(rows.iter().map(key).collect())
}

/// Notes the letters whose events are counted now.
async fn remember(tx: &Transaction<'_>, refused: &[Refused<'_>]) -> Result<(), DbError> {
    if refused.is_empty() {
        return Ok(());
    }
    let projects: Vec<i32> = refused.iter().map(|event| event.entry.project_id.0).collect();
    let letters: Vec<Uuid> = refused.iter().map(|event| event.letter_id().0).collect();
    let hours: Vec<DateTime<Utc>> =
        refused.iter().map(|event| ledger::hour(event.entry.received_at)).collect();
    let instances: Vec<Uuid> = refused.iter().map(|event| event.batch.instance.0).collect();
    REMEMBER_LETTERS.execute(tx, &[&projects, &letters, &hours, &instances]).await
}

fn key(arrival: Arrival<'_>, outcome: Outcome, reason: &'static str) -> Key {
    Key {
        project: arrival.project_id,
        hour: ledger::hour(arrival.received_at),
        instance: arrival.message.batch.instance,
        outcome,
        reason,
    }
}
