//! Rounds of checks: who does them, what a round does, what changed by it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::findings::{Finding, Waiting};
use super::lease::Lease;
use super::queue::QueueCheck;
use super::{Component, Engines, ROUND, STANDBY, instances, postgres, redis};
use crate::generations::Generations;
use crate::postgres::use_until;
use crate::telemetry::ErrorChain;

/// The wait for the lease, and for writing what was found. With the checks themselves a round stays
/// shorter than its period.
const LEASE_TIMEOUT: Duration = Duration::from_secs(1);
const WRITE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// What an engine answered to a check.
#[derive(Debug)]
pub(super) struct Answer {
    healthy: bool,
    took: Duration,
    details: Value,
}

impl Answer {
    pub(super) fn healthy(took: Duration, details: Value) -> Self {
        Self { healthy: true, took, details }
    }

    /// `problem` is a sentence for people.
    pub(super) fn unhealthy(took: Duration, problem: &'static str) -> Self {
        Self { healthy: false, took, details: json!({ "problem": problem }) }
    }

    fn about(self, component: Component) -> Finding {
        let Self { healthy, took, details } = self;
        Finding { component, healthy, took, lasted: Duration::ZERO, details }
    }
}

/// A process that checks, or stands by.
#[derive(Debug)]
pub struct Checker {
    engines: Engines,
    generations: Generations,
    queue: QueueCheck,
    lease: Lease,
    /// Whether this process was the checker when Postgres could last tell.
    holds: bool,
    waiting: Waiting,
    /// Whether something that waits was found in an earlier round.
    is_late: bool,
    known: BTreeMap<Component, bool>,
    postgres_answers: bool,
    /// Whether cached answers still have to be told of a change.
    to_announce: bool,
}

impl Checker {
    /// A process that stands by.
    pub fn new(engines: Engines) -> Self {
        let (redis, namespace) = (engines.redis.clone(), engines.namespace.clone());
        Self {
            generations: Generations::new(redis, namespace.clone()),
            queue: QueueCheck::new(engines.broker.clone(), namespace),
            lease: Lease::new(),
            holds: false,
            waiting: Waiting::default(),
            is_late: false,
            known: BTreeMap::new(),
            postgres_answers: true,
            to_announce: false,
            engines,
        }
    }

    /// Checks, or stands by, until the token is cancelled.
    pub async fn run(mut self, shutdown: CancellationToken) {
        loop {
            let next = tokio::select! {
                next = self.step() => next,
                () = shutdown.cancelled() => break,
            };
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = shutdown.cancelled() => break,
            }
        }
        if self.holds {
            let deadline = Instant::now() + LEASE_TIMEOUT;
            let leaving = use_until(&self.engines.pool, deadline, async |client| {
                self.lease.leave(client).await
            });
            if let Err(error) = leaving.await {
                tracing::debug!(error = %ErrorChain(&error), "the lease of the checks runs out by itself");
            }
        }
    }

    /// One round, or one look whether it is this process's turn; when to come back.
    async fn step(&mut self) -> Instant {
        let started = Instant::now();
        self.settle_turn(started).await;
        if self.holds {
            self.check_all().await;
        }
        if !self.waiting.is_empty() {
            self.write().await;
        }
        self.announce().await;
        started + if self.holds { ROUND } else { STANDBY }
    }

    /// Finds out whose turn it is. While Postgres can't tell, it stays whose it was.
    async fn settle_turn(&mut self, now: Instant) {
        let lease = &self.lease;
        let deadline = now + LEASE_TIMEOUT;
        let taken =
            use_until(&self.engines.pool, deadline, async |client| lease.take(client).await).await;
        if taken.is_ok() != self.postgres_answers {
            // Answers of before may say otherwise; the checker that should tell may be gone.
            self.postgres_answers = taken.is_ok();
            self.to_announce = true;
        }
        match taken {
            Ok(holds) => {
                if holds && !self.holds {
                    tracing::info!("this instance checks the parts of the system from now on");
                    self.known.clear();
                }
                self.holds = holds;
            }
            Err(error) => {
                tracing::debug!(error = %ErrorChain(&error), "nobody can tell who checks");
            }
        }
    }

    async fn check_all(&mut self) {
        let pool = &self.engines.pool;
        let (database, cache, queue, services) = tokio::join!(
            postgres::check(pool),
            redis::check(&self.engines.redis),
            self.queue.check(),
            instances::check(pool),
        );
        let now = Instant::now();
        let engines = [
            database.about(Component::Database),
            cache.about(Component::Cache),
            queue.about(Component::Queue),
        ];
        for finding in engines.into_iter().chain(services) {
            self.note_change(&finding);
            self.waiting.add(finding, now);
        }
    }

    fn note_change(&mut self, finding: &Finding) {
        let Finding { component, healthy, .. } = *finding;
        let before = self.known.insert(component, healthy);
        if before == Some(healthy) {
            return;
        }
        self.to_announce = true;
        match (before, healthy) {
            (_, false) => {
                let problem = finding.details["problem"].as_str().unwrap_or_default();
                tracing::warn!(%component, problem, "a part of the system is unhealthy");
            }
            (Some(_), true) => tracing::info!(%component, "a part of the system is healthy again"),
            (None, true) => {}
        }
    }

    /// Writes what was found. What comes late changes the past, which cached answers tell otherwise.
    async fn write(&mut self) {
        if self.postgres_answers && self.try_write().await {
            self.to_announce |= self.is_late;
            self.is_late = false;
        } else {
            self.is_late = true;
        }
    }

    async fn try_write(&mut self) -> bool {
        let deadline = Instant::now() + WRITE_TIMEOUT;
        let waiting = &mut self.waiting;
        let written =
            use_until(&self.engines.pool, deadline, async |client| waiting.write(client).await);
        match written.await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(error = %ErrorChain(&error), "what was found is written later");
                false
            }
        }
    }

    /// Makes cached answers unreachable that are older than a change; what fails is tried again with
    /// the next round, and while Redis is away nothing is cached anyway.
    async fn announce(&mut self) {
        if self.to_announce && self.generations.is_connected() {
            let announced = self.generations.announce_monitoring().await.is_ok();
            // Who reads before a change is written caches what was before.
            let is_unwritten = self.postgres_answers && !self.waiting.is_empty();
            self.to_announce = !announced || is_unwritten;
        }
    }
}
