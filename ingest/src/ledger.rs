//! What this process has accepted and refused: counted for the metrics, and written to the ledger
//! every few seconds.
//!
//! Written are totals since the start of the process, under its own instance: a total that is written
//! twice changes nothing, and one that could not be written goes with the next. What a killed process
//! had not written of accepted events shows in what the worker adds under the same instance.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::{Object, Pool};
use shared::api::{ApiError, Code};
use shared::ids::{InstanceId, ProjectId};
use shared::ledger::{self, NO_PROJECT, Outcome};
use shared::postgres::DbError;
use shared::telemetry::ErrorChain;
use shared::telemetry::metrics::{self, Counter};
use tokio_postgres::types::ToSql;
use tokio_util::sync::CancellationToken;

/// How often totals are written.
const PERIOD: Duration = Duration::from_secs(2);

/// The wait for a write; one that takes longer comes again with the next.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// The wait for the last write before the process ends.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Totals of hours that ended longer ago are forgotten once they are written: no request lasts so long
/// that it could still be counted there.
const KEPT: TimeDelta = TimeDelta::hours(2);

/// Totals held at most. They pile up only while Postgres is away for hours; what comes beyond is
/// counted without its project.
const MAX_TOTALS: usize = 100_000;

/// The reason of events that a rule of their project discards.
const DISCARD_RULE: &str = "discard_rule";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    project: ProjectId,
    hour: DateTime<Utc>,
    outcome: Outcome,
    reason: &'static str,
}

#[derive(Debug, Clone, Copy, Default)]
struct Total {
    events: i64,
    written: i64,
}

/// The outcomes that ingest decides.
#[derive(Debug)]
pub(crate) struct Ledger {
    instance: InstanceId,
    totals: Mutex<BTreeMap<Key, Total>>,
}

impl Ledger {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { instance: InstanceId::generate(), totals: Mutex::default() })
    }

    /// This run of the process.
    pub(crate) fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Counts events of a project, or of none where it is unknown.
    pub(crate) fn count(
        &self,
        project: Option<ProjectId>,
        received_at: DateTime<Utc>,
        outcome: Outcome,
        reason: &'static str,
        events: usize,
    ) {
        metrics::count(Counter::EventsTotal, outcome.as_str(), reason, events as u64);
        let hour = ledger::hour(received_at);
        let mut key = Key { project: project.unwrap_or(NO_PROJECT), hour, outcome, reason };
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        if totals.len() >= MAX_TOTALS && !totals.contains_key(&key) {
            key.project = NO_PROJECT;
        }
        totals.entry(key).or_default().events += i64::try_from(events).unwrap_or(i64::MAX);
    }

    /// Counts an event that a rule of its project discards: it is accepted and ends here. Both are written
    /// together, so that the sum is right whatever happens in between.
    pub(crate) fn discard_by_rule(&self, project: Option<ProjectId>, received_at: DateTime<Utc>) {
        for outcome in [Outcome::Filtered, Outcome::Accepted] {
            self.count(project, received_at, outcome, DISCARD_RULE, 1);
        }
    }

    /// Counts events that were refused; a request whose events could not be told apart is one.
    pub(crate) fn refuse(
        &self,
        project: Option<ProjectId>,
        received_at: DateTime<Utc>,
        error: &ApiError,
        events: usize,
    ) {
        let outcome = match error.code() {
            Code::RateLimited => Outcome::RateLimited,
            Code::ServiceUnavailable | Code::Internal => Outcome::Unavailable,
            _ => Outcome::Invalid,
        };
        self.count(project, received_at, outcome, error.code().as_str(), events);
    }

    /// Totals that have grown since they were written.
    fn unwritten(&self) -> Vec<(Key, i64)> {
        let totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let grown = totals.iter().filter(|(_, total)| total.events > total.written);
        grown.map(|(key, total)| (*key, total.events)).collect()
    }

    /// Notes what was written, and forgets what is over.
    fn note_written(&self, rows: &[(Key, i64)], now: DateTime<Utc>) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, events) in rows {
            if let Some(total) = totals.get_mut(key) {
                total.written = *events;
            }
        }
        let over = ledger::hour(now) - KEPT;
        totals.retain(|key, total| key.hour >= over || total.events > total.written);
    }
}

/// Writes the totals until the token is cancelled, and then once more.
pub(crate) async fn keep_written(ledger: Arc<Ledger>, pool: Pool, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = shutdown.cancelled() => break,
        }
        // One that is under way at the end is given up: the last one holds what it held.
        let give_up = async {
            tokio::select! {
                () = tokio::time::sleep(WRITE_TIMEOUT) => {}
                () = shutdown.cancelled() => {}
            }
        };
        report(&ledger, &pool, give_up).await;
    }
    report(&ledger, &pool, tokio::time::sleep(LAST_WRITE_TIMEOUT)).await;
}

async fn report(ledger: &Ledger, pool: &Pool, give_up: impl Future<Output = ()>) {
    let rows = ledger.unwritten();
    if rows.is_empty() {
        return;
    }
    match write(ledger.instance, &rows, pool, give_up).await {
        Ok(()) => ledger.note_written(&rows, shared::time::now()),
        Err(error) => {
            tracing::warn!(error = %ErrorChain(&error), "the ledger was not written; its totals wait");
        }
    }
}

async fn write(
    instance: InstanceId,
    rows: &[(Key, i64)],
    pool: &Pool,
    give_up: impl Future<Output = ()>,
) -> Result<(), DbError> {
    let mut give_up = std::pin::pin!(give_up);
    let keys = || rows.iter().map(|(key, _)| key);
    let projects: Vec<i32> = keys().map(|key| key.project.0).collect();
    let hours: Vec<DateTime<Utc>> = keys().map(|key| key.hour).collect();
    let outcomes: Vec<&str> = keys().map(|key| key.outcome.as_str()).collect();
    let reasons: Vec<&str> = keys().map(|key| key.reason).collect();
    let events: Vec<i64> = rows.iter().map(|(_, events)| *events).collect();
    let client = tokio::select! {
        client = pool.get() => client.map_err(DbError::Pool)?,
        () = &mut give_up => return Err(DbError::Timeout),
    };
    let sql = include_str!("sql/write_ledger.sql");
    let values: [&(dyn ToSql + Sync); 6] =
        [&instance.0, &projects, &hours, &outcomes, &reasons, &events];
    let written = tokio::select! {
        written = client.execute(sql, &values) => Some(written),
        () = &mut give_up => None,
    };
    let Some(written) = written else {
        // Its session may still be in the middle; nobody gets this connection again.
        drop(Object::take(client));
        return Err(DbError::Timeout);
    };
    written.map_err(DbError::statement("write the ledger")).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        shared::time::parse(text).unwrap()
    }

    #[test]
    fn totals_are_written_until_they_stop_growing_and_forgotten_when_over() {
        let ledger = Ledger::new();
        let noon = time("2025-08-29T12:30:00Z");
        let count = || ledger.count(Some(ProjectId(1)), noon, Outcome::Accepted, "events", 2);
        count();
        let first = ledger.unwritten();
        assert_eq!(first.iter().map(|(_, events)| *events).collect::<Vec<_>>(), [2]);
        // Counted while the first total is being written.
        count();
        ledger.note_written(&first, noon);
        let second = ledger.unwritten();
        assert_eq!(second.iter().map(|(_, events)| *events).collect::<Vec<_>>(), [4]);
        // What is not written stays, however old it is.
        let much_later = time("2025-08-30T12:30:00Z");
        ledger.note_written(&[], much_later);
        assert_eq!(ledger.unwritten().len(), 1);
        ledger.note_written(&second, time("2025-08-29T14:59:00Z"));
        assert_eq!(ledger.totals.lock().unwrap().len(), 1);
        ledger.note_written(&[], much_later);
        assert!(ledger.totals.lock().unwrap().is_empty());
    }

    #[test]
    fn of_too_many_totals_the_sum_is_kept() {
        let ledger = Ledger::new();
        let now = time("2025-08-29T12:30:00Z");
        let projects = i32::try_from(MAX_TOTALS).unwrap() + 10;
        for project in 1..=projects {
            ledger.count(Some(ProjectId(project)), now, Outcome::Accepted, "events", 1);
        }
        let rows = ledger.unwritten();
        assert!(rows.len() <= MAX_TOTALS + 1);
        assert_eq!(rows.iter().map(|(_, events)| events).sum::<i64>(), i64::from(projects));
    }
}
