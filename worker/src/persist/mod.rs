//! Stores batches of events in one transaction: each event once, everything counted from what was
//! really inserted.
//!
//! Order matters. What only this transaction touches comes first, rows that all workers share come
//! last, and every statement writes in key order; so transactions wait for each other but never in
//! a circle.

mod arrival;
mod budgets;
mod changes;
mod days;
mod events;
mod facets;
mod ledger;
mod names;
pub mod rehearsal;
mod rollups;
mod stats;
mod touched;
mod watched;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use deadpool_postgres::{Object, Pool, Transaction};
use shared::broker::BrokerError;
use shared::ids::ProjectId;
use shared::ledger::Outcome;
use shared::postgres::DbError;
use shared::project_lock;
use shared::revisions;
use shared::telemetry::ErrorChain;
use shared::telemetry::metrics::{self, Counter, Histogram};
use tokio_postgres::Row;
use tokio_util::sync::CancellationToken;

pub use self::arrival::{Delivered, Message};
pub use self::budgets::Budgets;
pub use self::ledger::Outcomes;
pub use self::touched::{Touched, TouchedErrors};

use self::arrival::Arrival;
use self::changes::Changes;
use self::days::Days;
use self::events::New;
use self::facets::Facets;
use self::watched::{ArrivedAs, Watched};
use crate::dead_letters::{DeadLetters, Refused};
use crate::statement::Statement;

/// The wait after a deadlock or a serialisation failure, which the other transaction has survived.
const CONFLICT_WAIT: Duration = Duration::from_millis(5);

/// A transaction that takes longer has lost its server without a word: the statements themselves are
/// bounded by it.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(90);

/// Reason of events whose project was deleted while they waited.
const PROJECT_DELETED: &str = "project_deleted";

/// Stores batches; shared by all lanes.
#[derive(Debug)]
pub struct Persister {
    pool: Pool,
    facets: Facets,
    days: Days,
    budgets: Budgets,
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
    /// The errors that were changed, but for messages that came again.
    pub touched: Touched,
    /// How the events ended. Those of messages that were stored before are not among them.
    pub outcomes: Outcomes,
}

impl Stored {
    fn merge(&mut self, other: Self) {
        self.projects.extend(other.projects);
        self.touched.merge(other.touched);
        self.outcomes.merge(other.outcomes);
    }
}

impl Persister {
    /// Stores through the pool; `retention_days` bounds which day an event may be filed under.
    pub fn new(pool: Pool, retention_days: u32, budgets: Budgets) -> Self {
        Self { pool, facets: Facets::default(), days: Days::new(retention_days), budgets }
    }

    /// Stores what was delivered, trying again for as long as Postgres is away: whatever was
    /// accepted waits here rather than going round through the broker.
    ///
    /// # Errors
    /// When the broker does not take a dead letter, or the service shuts down while waiting.
    pub async fn store(
        &self,
        delivered: &Delivered,
        dead: &DeadLetters<'_>,
        shutdown: &CancellationToken,
    ) -> Result<Stored, PersistError> {
        let mut wait = Duration::from_millis(50);
        loop {
            let error = match self.try_store(delivered, dead).await {
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

    /// One transaction for everything; when Postgres refuses what it holds, one for each message, so that
    /// the search for what is refused holds no more than it has to.
    async fn try_store(
        &self,
        delivered: &Delivered,
        dead: &DeadLetters<'_>,
    ) -> Result<Stored, PersistError> {
        let error = match self.in_time(delivered, None).await {
            Err(PersistError::Database(error)) if error.is_data_error() => error,
            outcome => return outcome,
        };
        tracing::warn!(error = %ErrorChain(&error), "a batch holds an event that can't be stored");
        let mut stored = Stored::default();
        for part in delivered.one_by_one() {
            stored.merge(match self.in_time(&part, None).await {
                Err(PersistError::Database(error)) if error.is_data_error() => {
                    self.in_time(&part, Some(dead)).await?
                }
                outcome => outcome?,
            });
        }
        Ok(stored)
    }

    async fn in_time(
        &self,
        delivered: &Delivered,
        dead: Option<&DeadLetters<'_>>,
    ) -> Result<Stored, PersistError> {
        let started = tokio::time::Instant::now();
        let mut client = self.pool.get().await.map_err(DbError::Pool)?;
        let storing = self.transaction(&mut client, delivered, dead);
        let Ok(stored) = tokio::time::timeout(TRANSACTION_TIMEOUT, storing).await else {
            // Its session may still be in the middle; nobody gets this connection again.
            drop(Object::take(client));
            return Err(DbError::Timeout.into());
        };
        let stored = stored?;
        let seconds = started.elapsed().as_secs_f64();
        metrics::observe(Histogram::PersistDurationSeconds, "done", seconds);
        stored.outcomes.report();
        Ok(stored)
    }

    /// One transaction over all messages. With dead letters at hand, events that Postgres refuses are
    /// searched for and set aside; without them the first refusal ends the transaction.
    async fn transaction(
        &self,
        client: &mut Object,
        delivered: &Delivered,
        dead: Option<&DeadLetters<'_>>,
    ) -> Result<Stored, PersistError> {
        self.days.prepare(client, delivered).await?;
        let facets = self.facets.resolve(client, delivered).await?;

        let mut tx =
            client.transaction().await.map_err(DbError::statement("begin a transaction"))?;
        let (messages, unreadable) = events::insert_batches(&tx, delivered, &self.days).await?;
        let projects: BTreeSet<ProjectId> =
            delivered.entries().map(|entry| entry.project_id).collect();
        let locked: Vec<ProjectId> = projects.iter().copied().collect();
        project_lock::shared(&tx, &locked).await?;

        let (stored_bytes, watched) = existing_projects(&tx, &locked).await?;
        let fresh: Vec<Arrival<'_>> =
            messages.into_iter().flat_map(|message| message.arrivals(&self.days)).collect();
        let skipped = delivered.entries().count() - fresh.len();
        let again = if skipped > 0 { touched::again(delivered, &fresh) } else { BTreeSet::new() };
        let (arrivals, orphans): (Vec<Arrival<'_>>, Vec<Arrival<'_>>) =
            fresh.iter().partition(|arrival| stored_bytes.contains_key(&arrival.project_id));
        let (budgets, stored_bytes) = (self.budgets, &stored_bytes);
        let store = Store { facets: &facets, budgets, stored_bytes, watched: &watched };
        let mut refused = Vec::new();
        let Ended { mut outcomes, mut touched } = match dead {
            None => store.arrivals(&tx, &arrivals).await?,
            Some(dead) => {
                let stored = Box::pin(store.bisecting(&mut tx, &arrivals, &mut refused)).await?;
                // Confirmed by the broker before the commit, so that none is lost.
                dead.bury_events(&refused).await?;
                stored
            }
        };
        for orphan in orphans {
            outcomes.add(orphan, Outcome::Filtered, PROJECT_DELETED);
        }
        for message in unreadable {
            outcomes.add_unreadable(message);
        }
        outcomes.write(&tx, &fresh, &refused).await?;
        let changed: Vec<ProjectId> = stored_bytes.keys().copied().collect();
        revisions::advance(&tx, &changed).await?;
        tx.commit().await.map_err(DbError::statement("commit"))?;

        if skipped > 0 {
            tracing::info!(events = skipped, "skipped batches that were stored before");
        }
        touched.add_unknown(again);
        Ok(Stored { projects, touched, outcomes })
    }
}

const FIND_PROJECTS: Statement =
    Statement { sql: include_str!("sql/find_projects.sql"), action: "look for deleted projects" };

/// Those of the projects that have not been deleted, with the bytes of payloads that they hold, and what
/// their rules watch.
async fn existing_projects(
    tx: &Transaction<'_>,
    projects: &[ProjectId],
) -> Result<(HashMap<ProjectId, u64>, Watched), DbError> {
    let ids: Vec<i32> = projects.iter().map(|project| project.0).collect();
    let rows = FIND_PROJECTS.rows(tx, &[&ids]).await?;
    let bytes = |row: &Row| u64::try_from(row.get::<_, i64>("payload_bytes")).unwrap_or_default();
    let those = |column| {
        let rows = rows.iter().filter(move |row| row.get(column));
        rows.map(|row| ProjectId(row.get("id"))).collect()
    };
    let watched = Watched { with_rules: those("has_rules"), with_users: those("counts_users") };
    Ok((rows.iter().map(|row| (ProjectId(row.get("id")), bytes(row))).collect(), watched))
}

/// What the steps of a transaction need besides the transaction.
#[derive(Clone, Copy)]
struct Store<'a> {
    facets: &'a facets::Resolved,
    budgets: Budgets,
    /// The bytes of payloads that each project holds.
    stored_bytes: &'a HashMap<ProjectId, u64>,
    watched: &'a Watched,
}

/// What became of events, and of the errors that they belong to.
#[derive(Default)]
struct Ended {
    outcomes: Outcomes,
    touched: Touched,
}

impl Ended {
    fn merge(&mut self, other: Self) {
        self.outcomes.merge(other.outcomes);
        self.touched.merge(other.touched);
    }
}

impl Store<'_> {
    /// The steps, in the order that keeps transactions from waiting in a circle.
    async fn arrivals(
        self,
        tx: &Transaction<'_>,
        arrivals: &[Arrival<'_>],
    ) -> Result<Ended, PersistError> {
        let names = names::resolve(tx, arrivals).await?;
        let new = events::insert(tx, arrivals, &names, self).await?;
        let outcomes = outcomes(arrivals, &new);
        if new.is_empty() {
            return Ok(Ended { outcomes, ..Ended::default() });
        }
        let mut changes = Changes::gather(&new, &names, self)?;
        stats::lock_merged(tx, &changes).await?;
        let new_errors = stats::insert_new_errors(tx, &changes).await?;
        watched::insert_arrivals(tx, &changes, &new_errors, ArrivedAs::New).await?;
        rollups::insert_group_facets(tx, &changes).await?;
        rollups::count_users(tx, &mut changes).await?;
        watched::insert_users(tx, &changes).await?;
        rollups::upsert_groups(tx, &changes).await?;
        stats::upsert(tx, &changes).await?;
        stats::update_groups(tx, &changes).await?;
        let regressed = stats::reopen(tx, &changes).await?;
        watched::insert_arrivals(tx, &changes, &regressed, ArrivedAs::Regression).await?;
        rollups::upsert_projects(tx, &changes).await?;
        watched::mark_changed_slots(tx, &changes, self.watched).await?;
        rollups::add_payload_bytes(tx, &changes).await?;
        let touched = Touched::new(changes.errors.keys().copied(), &new_errors, &regressed);
        Ok(Ended { outcomes, touched })
    }

    /// Stores what can be stored: halves what Postgres refuses until single events are left, which are
    /// refused.
    async fn bisecting<'a>(
        self,
        tx: &mut Transaction<'_>,
        arrivals: &[Arrival<'a>],
        refused: &mut Vec<Refused<'a>>,
    ) -> Result<Ended, PersistError> {
        let savepoint = tx.transaction().await.map_err(DbError::statement("set a savepoint"))?;
        let error = match self.arrivals(&savepoint, arrivals).await {
            Ok(ended) => {
                savepoint.commit().await.map_err(DbError::statement("release a savepoint"))?;
                return Ok(ended);
            }
            Err(PersistError::Database(error)) if error.is_data_error() => error,
            Err(error) => return Err(error),
        };
        savepoint.rollback().await.map_err(DbError::statement("return to a savepoint"))?;
        if let [arrival] = arrivals {
            let reason = ErrorChain(&error).to_string();
            tracing::error!(
                event.id = %arrival.event_id,
                project.id = arrival.project_id.0,
                error = %reason,
                "an event can't be stored and becomes a dead letter"
            );
            refused.push(Refused { entry: arrival.entry, batch: &arrival.message.batch, reason });
            let mut ended = Ended::default();
            ended.outcomes.add(*arrival, Outcome::DeadLettered, ledger::BAD_DATA);
            return Ok(ended);
        }
        let (left, right) = arrivals.split_at(arrivals.len() / 2);
        let mut ended = Box::pin(self.bisecting(tx, left, refused)).await?;
        // What the one half keeps uses up the budgets of the other.
        let projects: Vec<ProjectId> = self.stored_bytes.keys().copied().collect();
        let (stored_bytes, _) = existing_projects(tx, &projects).await?;
        let rest = Store { stored_bytes: &stored_bytes, ..self };
        ended.merge(Box::pin(rest.bisecting(tx, right, refused)).await?);
        Ok(ended)
    }
}

/// How the events of a step ended: what is new is stored, the rest was stored before.
fn outcomes(arrivals: &[Arrival<'_>], new: &[New<'_>]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let mut stored = HashSet::with_capacity(new.len());
    for event in new {
        stored.insert(std::ptr::from_ref(event.arrival.entry));
        match event.payload {
            Ok(_) => outcomes.add(event.arrival, Outcome::Stored, ""),
            Err(left_out) => outcomes.add(event.arrival, Outcome::CountedOnly, left_out.as_str()),
        }
    }
    let repeated = |arrival: &&Arrival<'_>| !stored.contains(&std::ptr::from_ref(arrival.entry));
    for arrival in arrivals.iter().filter(repeated) {
        outcomes.add(*arrival, Outcome::Deduplicated, "");
    }
    outcomes
}
