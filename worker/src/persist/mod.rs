//! Stores batches of events in one transaction: each event once, everything counted from what was
//! really inserted.
//!
//! Order matters. What only this transaction touches comes first, rows that all workers share come
//! last, and every statement writes in key order; so transactions wait for each other but never in
//! a circle.

mod changes;
mod days;
mod events;
mod facets;
mod names;
mod rollups;
mod statement;
mod stats;

use std::collections::BTreeSet;
use std::time::Duration;

use deadpool_postgres::{Object, Pool, Transaction};
use shared::batch::{Batch, Entry};
use shared::broker::BrokerError;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use shared::project_lock;
use shared::telemetry::ErrorChain;
use shared::telemetry::metrics::{self, Counter, Histogram};
use tokio_util::sync::CancellationToken;

use self::changes::Changes;
use self::days::Days;
use self::facets::Facets;
use self::statement::Statement;
use crate::dead_letters::DeadLetters;

/// The wait after a deadlock or a serialisation failure, which the other transaction has survived.
const CONFLICT_WAIT: Duration = Duration::from_millis(5);

/// A transaction that takes longer has lost its server without a word: the statements themselves are
/// bounded by it.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(90);

/// Stores batches; shared by all lanes.
#[derive(Debug)]
pub struct Persister {
    pool: Pool,
    facets: Facets,
    days: Days,
}

/// Why a transaction failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PersistError {
    #[error("failed to store a batch")]
    Database(#[from] DbError),
    #[error("failed to put an event that can't be stored among the dead letters")]
    DeadLetter(#[from] BrokerError),
    #[error("the error {error_id} has no group or its facet no number")]
    Unplaced { error_id: shared::ids::ErrorId },
    #[error("the service is shutting down")]
    ShuttingDown,
}

/// What a transaction did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Projects whose data changed, or changed earlier when a message came again.
    pub projects: BTreeSet<ProjectId>,
    /// Events that are stored now and were not before.
    pub stored: u64,
    /// Events that were stored before, here or in the same batch.
    pub deduplicated: u64,
    /// Events that went to the dead letters.
    pub dead: u64,
    /// Events whose project was deleted while they waited.
    pub orphaned: u64,
}

impl Persister {
    /// Stores through the pool; `retention_days` bounds which day an event may be filed under.
    pub fn new(pool: Pool, retention_days: u32) -> Self {
        Self { pool, facets: Facets::default(), days: Days::new(retention_days) }
    }

    /// Stores the batches, all or none, trying again for as long as Postgres is away: whatever was
    /// accepted waits here rather than going round through the broker.
    ///
    /// # Errors
    /// When the broker does not take a dead letter, or the service shuts down while waiting.
    pub async fn store(
        &self,
        batches: &[Batch],
        dead: &DeadLetters<'_>,
        shutdown: &CancellationToken,
    ) -> Result<Stored, PersistError> {
        let mut wait = Duration::from_millis(50);
        loop {
            let error = match self.try_store(batches, dead).await {
                Ok(stored) => return Ok(stored),
                Err(PersistError::Database(error)) => error,
                Err(error) => return Err(error),
            };
            if error.is_conflict() {
                metrics::count(Counter::RetriesTotal, "retried", "conflict", 1);
                wait = CONFLICT_WAIT;
            } else {
                metrics::count(Counter::RetriesTotal, "retried", "unavailable", 1);
                tracing::warn!(error = %ErrorChain(&error), "Postgres does not take a batch; waiting");
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shutdown.cancelled() => return Err(PersistError::ShuttingDown),
            }
            wait = (wait * 2).min(Duration::from_secs(1));
        }
    }

    async fn try_store(
        &self,
        batches: &[Batch],
        dead: &DeadLetters<'_>,
    ) -> Result<Stored, PersistError> {
        let started = tokio::time::Instant::now();
        let mut client = self.pool.get().await.map_err(DbError::Pool)?;
        let storing = self.transaction_or_bisect(&mut client, batches, dead);
        let Ok(stored) = tokio::time::timeout(TRANSACTION_TIMEOUT, storing).await else {
            // Its session may still be in the middle; nobody gets this connection again.
            drop(Object::take(client));
            return Err(DbError::Timeout.into());
        };
        let stored = stored?;
        let seconds = started.elapsed().as_secs_f64();
        metrics::observe(Histogram::PersistDurationSeconds, "done", seconds);
        metrics::count(Counter::EventsTotal, "stored", "", stored.stored);
        metrics::count(Counter::EventsTotal, "deduplicated", "", stored.deduplicated);
        metrics::count(Counter::EventsTotal, "dead_lettered", "data", stored.dead);
        metrics::count(Counter::EventsTotal, "filtered", "project_deleted", stored.orphaned);
        Ok(stored)
    }

    async fn transaction_or_bisect(
        &self,
        client: &mut Object,
        batches: &[Batch],
        dead: &DeadLetters<'_>,
    ) -> Result<Stored, PersistError> {
        match self.transaction(client, batches, None).await {
            Err(PersistError::Database(error)) if error.is_data_error() => {
                tracing::warn!(error = %ErrorChain(&error), "a batch holds an event that can't be stored");
                self.transaction(client, batches, Some(dead)).await
            }
            outcome => outcome,
        }
    }

    /// One transaction over all batches. With dead letters at hand, events that Postgres refuses are
    /// searched for and set aside; without them the first refusal ends the transaction.
    async fn transaction(
        &self,
        client: &mut Object,
        batches: &[Batch],
        dead: Option<&DeadLetters<'_>>,
    ) -> Result<Stored, PersistError> {
        self.days.prepare(client, batches).await?;
        let facets = self.facets.resolve(client, batches).await?;

        let mut tx =
            client.transaction().await.map_err(DbError::statement("begin a transaction"))?;
        let new_batches = events::insert_batches(&tx, batches, &self.days).await?;
        let projects: BTreeSet<ProjectId> =
            batches.iter().flat_map(|batch| &batch.entries).map(|entry| entry.project_id).collect();
        let locked: Vec<ProjectId> = projects.iter().copied().collect();
        project_lock::shared(&tx, &locked).await?;

        let existing = existing_projects(&tx, &locked).await?;
        let fresh: Vec<&Entry> = new_batches.iter().flat_map(|batch| &batch.entries).collect();
        let skipped = batches.iter().map(|batch| batch.entries.len()).sum::<usize>() - fresh.len();
        let (entries, orphans): (Vec<&Entry>, Vec<&Entry>) =
            fresh.into_iter().partition(|entry| existing.contains(&entry.project_id));
        let store = Store { days: &self.days, facets: &facets };
        let mut stored = match dead {
            None => store.entries(&tx, &entries).await?,
            Some(dead) => Box::pin(store.bisecting(&mut tx, &entries, dead)).await?,
        };
        tx.commit().await.map_err(DbError::statement("commit"))?;

        if skipped > 0 {
            tracing::info!(events = skipped, "skipped batches that were stored before");
        }
        stored.projects = projects;
        stored.orphaned = orphans.len() as u64;
        Ok(stored)
    }
}

const FIND_PROJECTS: Statement =
    Statement { sql: include_str!("sql/find_projects.sql"), action: "look for deleted projects" };

/// Those of the projects that have not been deleted.
async fn existing_projects(
    tx: &Transaction<'_>,
    projects: &[ProjectId],
) -> Result<BTreeSet<ProjectId>, DbError> {
    let ids: Vec<i32> = projects.iter().map(|project| project.0).collect();
    let rows = FIND_PROJECTS.rows(tx, &[&ids]).await?;
    Ok(rows.iter().map(|row| ProjectId(row.get("id"))).collect())
}

/// What the steps of a transaction need besides the transaction.
#[derive(Clone, Copy)]
struct Store<'a> {
    days: &'a Days,
    facets: &'a facets::Resolved,
}

impl Store<'_> {
    /// The steps, in the order that keeps transactions from waiting in a circle.
    async fn entries(
        self,
        tx: &Transaction<'_>,
        entries: &[&Entry],
    ) -> Result<Stored, PersistError> {
        let names = names::resolve(tx, entries).await?;
        let new = events::insert(tx, entries, &names, self).await?;
        let stored = Stored {
            stored: new.len() as u64,
            deduplicated: (entries.len() - new.len()) as u64,
            ..Stored::default()
        };
        if new.is_empty() {
            return Ok(stored);
        }
        let mut changes = Changes::gather(&new, &names, self)?;
        stats::insert_new_errors(tx, &changes).await?;
        rollups::insert_group_facets(tx, &changes).await?;
        rollups::count_users(tx, &mut changes).await?;
        rollups::upsert_groups(tx, &changes).await?;
        stats::upsert(tx, &changes, self.days).await?;
        stats::reopen(tx, &changes).await?;
        rollups::upsert_projects(tx, &changes).await?;
        Ok(stored)
    }

    /// Stores what can be stored: halves what Postgres refuses until single events are left, which
    /// become dead letters. Confirmed by the broker before the commit, so that none is lost.
    async fn bisecting(
        self,
        tx: &mut Transaction<'_>,
        entries: &[&Entry],
        dead: &DeadLetters<'_>,
    ) -> Result<Stored, PersistError> {
        let savepoint = tx.transaction().await.map_err(DbError::statement("set a savepoint"))?;
        let error = match self.entries(&savepoint, entries).await {
            Ok(stored) => {
                savepoint.commit().await.map_err(DbError::statement("release a savepoint"))?;
                return Ok(stored);
            }
            Err(PersistError::Database(error)) if error.is_data_error() => error,
            Err(error) => return Err(error),
        };
        savepoint.rollback().await.map_err(DbError::statement("return to a savepoint"))?;
        if let [entry] = entries {
            let reason = ErrorChain(&error).to_string();
            tracing::error!(
                event.id = %entry.event_id,
                project.id = entry.project_id.0,
                error = reason,
                "an event can't be stored and becomes a dead letter"
            );
            dead.bury_event(entry, &reason).await?;
            return Ok(Stored { dead: 1, ..Stored::default() });
        }
        let (left, right) = entries.split_at(entries.len() / 2);
        let mut stored = Box::pin(self.bisecting(tx, left, dead)).await?;
        let more = Box::pin(self.bisecting(tx, right, dead)).await?;
        stored.stored += more.stored;
        stored.deduplicated += more.deduplicated;
        stored.dead += more.dead;
        Ok(stored)
    }
}
