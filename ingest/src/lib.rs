//! Receives errors over HTTP and makes them durable before it answers.
//!
//! The way of a request: [`receive`] finds the project by the key and reads the body within bounds,
//! [`decode`] checks the fields, [`prepare`] sanitises and names the event, [`publish`] has the broker
//! confirm it or puts it into the [`spool`], and only then [`endpoints`] answers. What Sentry's SDKs send
//! is read by [`sentry`] instead of [`decode`]. No request waits for Postgres or Redis: the answer's ids
//! are computed, and the keys are in memory.

mod answer;
pub mod config;
mod decode;
mod endpoints;
mod ledger;
mod memory;
mod prepare;
mod publish;
mod receive;
pub mod rehearsal;
mod router;
mod sentry;
mod server;
mod spool;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use metrics_exporter_prometheus::PrometheusHandle;
use shared::access::Access;
use shared::broker::topology::Queue;
use shared::config::Environment;
use shared::cors::Cors;
use shared::lifecycle::{self, Tasks};
use shared::rate_limit::{Limiter, RateLimits};
use shared::redis::RedisSetupError;
use shared::vitals::{Reporter, Role, Vitals};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::ledger::Ledger;
use crate::memory::MemoryBudget;
use crate::publish::{Batcher, Broker, RateBudget};
use crate::spool::{Spool, SpoolError};

/// The key table is small; a statement that takes longer has lost its server.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// The wait for messages whose clients have hung up already: the broker's timeout and a spool's sync.
const LAST_MESSAGES: Duration = Duration::from_secs(7);

/// How often gauges are written that nothing else writes.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// What every request needs.
#[derive(Debug)]
struct App {
    config: Config,
    access: Access,
    memory: MemoryBudget,
    rate: RateBudget,
    limiter: Arc<Limiter>,
    ledger: Arc<Ledger>,
    vitals: Arc<Vitals>,
    events: Batcher,
    bulk: Batcher,
    broker: Broker,
    has_spool: bool,
    cors: Cors,
    metrics: PrometheusHandle,
    shutdown: CancellationToken,
}

/// Runs the service until the token is cancelled and what was accepted has been answered.
///
/// # Errors
/// When it can't start, or a background task dies.
pub async fn run(
    config: Config,
    listener: TcpListener,
    metrics: PrometheusHandle,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let pool = shared::postgres::pool(&config.postgres, "errata-ingest", STATEMENT_TIMEOUT)?;
    let spool = open_spool(&config)?;
    // Background work goes on while the last requests finish, so it has a token of its own.
    let background = CancellationToken::new();
    let mut tasks = Tasks::new();
    let (broker, keeper) = Broker::new(config.broker.clone(), config.service.namespace.clone());
    tasks.spawn("broker", keeper.run(background.clone()));
    if let Some(spool) = &spool {
        let draining = spool::drain(Arc::clone(spool), broker.clone(), background.clone());
        tasks.spawn("drain", draining);
    }
    let kept = Kept::new(config.rate_limits);
    // What lies in the spool already is drained in any case.
    let durable = spool.filter(|spool| may_be_filled(spool, &config));
    let batcher =
        |queue| Batcher::new(queue, broker.clone(), durable.clone(), Arc::clone(&kept.ledger));
    let (events, events_work) = batcher(Queue::Events);
    let (bulk, bulk_work) = batcher(Queue::Bulk);
    kept.start(&mut tasks, &config, pool, listener.local_addr()?, &background)?;
    let batching = [lifecycle::spawn(events_work), lifecycle::spawn(bulk_work)];

    let app = Arc::new(App {
        memory: MemoryBudget::new(config.memory_bytes),
        rate: RateBudget::new(config.project_events_per_second),
        limiter: kept.limiter,
        cors: Cors::new(&config.cors_origins),
        has_spool: durable.is_some(),
        ledger: kept.ledger,
        vitals: kept.vitals,
        access: kept.access,
        events,
        bulk,
        broker,
        metrics,
        shutdown: shutdown.clone(),
        config,
    });
    tasks.spawn(
        "metrics",
        shared::telemetry::metrics::keep_folded(app.metrics.clone(), background.clone()),
    );
    tasks.spawn("report", report(app.memory.clone(), background.clone()));
    tracing::info!(listen = %app.config.service.listen, spool = app.has_spool, "ingest is running");

    let serving = server::serve(listener, Arc::clone(&app), shutdown);
    let finished = tokio::select! {
        finished = serving => finished,
        ended = tasks.any_ended() => return Err(ended.into()),
    };
    if !finished {
        tracing::warn!("the grace time is over; the last requests were not answered");
    }
    // The batchers end when nobody can submit any more and everything was answered.
    drop(app);
    let last = futures_util::future::join_all(batching);
    let answered = tokio::time::timeout(LAST_MESSAGES, last).await;
    if answered.is_err() {
        tracing::warn!("the grace time is over; the last messages were not confirmed");
    }
    background.cancel();
    tasks.drain(Duration::from_secs(2)).await;
    Ok(())
}

/// What requests read and count in memory, and tasks keep in step with the engines.
struct Kept {
    access: Access,
    limiter: Arc<Limiter>,
    ledger: Arc<Ledger>,
    vitals: Arc<Vitals>,
}

impl Kept {
    fn new(limits: RateLimits) -> Self {
        Self {
            access: Access::new(),
            limiter: Limiter::new(limits),
            ledger: Ledger::new(),
            vitals: Vitals::new(),
        }
    }

    /// Starts the tasks, which end with the token.
    fn start(
        &self,
        tasks: &mut Tasks,
        config: &Config,
        pool: Pool,
        listening: SocketAddr,
        until: &CancellationToken,
    ) -> Result<(), RedisSetupError> {
        let environment = config.service.environment;
        let access = self.access.clone();
        tasks.spawn("keys", access.keep_fresh(pool.clone(), environment, until.clone()));
        let access = self.access.clone();
        tasks.spawn("usage", access.keep_usage_written(pool.clone(), until.clone()));
        let redis = shared::redis::client(&config.redis)?;
        let (limiter, namespace) = (Arc::clone(&self.limiter), config.service.namespace.clone());
        tasks.spawn("limits", limiter.keep_shared(redis, namespace, until.clone()));
        let ledger = Arc::clone(&self.ledger);
        tasks.spawn("ledger", ledger::keep_written(ledger, pool.clone(), until.clone()));
        let reporter = Reporter::new(Role::Ingest, listening, pool, Arc::clone(&self.vitals));
        tasks.spawn("vitals", reporter.run(until.clone()));
        Ok(())
    }
}

/// Opens the spool, where a folder is named for one.
fn open_spool(config: &Config) -> Result<Option<Arc<Spool>>, SpoolError> {
    let Some(dir) = &config.spool_dir else { return Ok(None) };
    Ok(Some(Arc::new(Spool::open(dir, config.spool_max_bytes)?)))
}

/// Whether messages may be put into the spool: it must outlive the machine.
fn may_be_filled(spool: &Spool, config: &Config) -> bool {
    if !spool.lies_in_memory() {
        return true;
    }
    let dir = spool.dir().display();
    // Temporary folders of developers often lie in memory, and nobody relies on them.
    if config.service.environment == Environment::Development {
        tracing::warn!(%dir, "the spool lies in memory and dies with the machine");
        return true;
    }
    tracing::error!(
        %dir,
        "SPOOL_DIR lies in memory, which dies with the machine: it is drained, and nothing is spooled"
    );
    false
}

async fn report(memory: MemoryBudget, stop: CancellationToken) {
    loop {
        memory.report();
        tokio::select! {
            () = tokio::time::sleep(REPORT_INTERVAL) => {}
            () = stop.cancelled() => return,
        }
    }
}

impl App {
    /// Whether requests can be served now.
    fn ready(&self) -> Result<(), &'static str> {
        if self.shutdown.is_cancelled() {
            return Err("shutting down");
        }
        if self.access.table().is_none() {
            return Err("the keys are not loaded yet");
        }
        if !self.broker.is_up() && !self.has_spool {
            return Err("the broker is away and there is no spool");
        }
        Ok(())
    }

    /// The batcher of a queue.
    fn batcher(&self, queue: Queue) -> &Batcher {
        match queue {
            Queue::Bulk => &self.bulk,
            Queue::Events | Queue::Dead => &self.events,
        }
    }
}
