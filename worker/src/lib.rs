//! Stores queued events exactly once, groups and counts them, and does the upkeep.
//!
//! The way of a message: [`consume`] gathers deliveries, [`persist`] stores them in one transaction,
//! then the delivery is acknowledged and [`announce`] tells the caches and the live feed. What can't
//! be stored goes to [`dead_letters`], and an operator decides about it there. [`alerts`] evaluates the
//! projects' rules over what was stored, and sends what they have to tell. [`upkeep`] makes partitions ahead,
//! applies retention and removes what was deleted. There is no HTTP here but health and metrics ([`ops`]).

pub mod admin;
pub mod alerts;
pub mod announce;
pub mod cli;
pub mod config;
pub mod consume;
pub mod dead_letters;
pub mod migrate;
pub mod ops;
pub mod persist;
mod statement;
pub mod upkeep;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use shared::broker::topology::Queue;
use shared::checks::{Checker, Engines};
use shared::generations::Generations;
use shared::lifecycle::Tasks;
use shared::live::Publisher;
use shared::postgres::PoolSetupError;
use shared::vitals::{Reporter, Role, Vitals};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::alerts::deliver::{Deliverer, Outbox};
use crate::alerts::evaluate::{Evaluator, Listeners};
use crate::announce::{Announcer, Feed};
use crate::config::Config;
use crate::ops::Readiness;
use crate::persist::Persister;
pub use crate::persist::rehearsal;

/// Statements of a transaction may have to wait for another worker's rows, but not forever.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// The wait for the last announcement; a Redis that is away is not waited for.
const LAST_ANNOUNCEMENT: Duration = Duration::from_secs(1);

/// Runs the service until the token is cancelled and what was taken from the queue is stored.
///
/// # Errors
/// When it can't start, or a background task dies.
pub async fn run(
    config: Config,
    listener: TcpListener,
    metrics: PrometheusHandle,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let pool = shared::postgres::pool(&config.postgres, "errata-worker", STATEMENT_TIMEOUT)?;
    let redis = shared::redis::client(&config.redis)?;
    let generations = Generations::new(redis.clone(), config.service.namespace.clone());
    let feed = Feed::new(redis.clone(), &config.service.namespace);
    let announcer = Announcer::new();
    let readiness = Arc::new(Readiness::default());
    let deliverer = Deliverer::new(pool.clone(), &config)?;
    let persister = Arc::new(Persister::new(pool.clone(), config.retention_days, config.budgets));

    let mut tasks = Tasks::new();
    let listening = listener.local_addr()?;
    let vitals = start_monitoring(&mut tasks, &config, redis.clone(), listening, &shutdown)?;
    // The last commits are announced after the lanes have ended, so this has a token of its own.
    let lanes_ended = CancellationToken::new();
    let announcing = shared::lifecycle::spawn(announce::run(
        announcer.clone(),
        generations,
        feed,
        pool.clone(),
        lanes_ended.clone(),
    ));
    tasks.spawn(
        "metrics",
        shared::telemetry::metrics::keep_folded(metrics.clone(), shutdown.clone()),
    );
    let outbox = Outbox::new();
    let publisher = Publisher::new(redis, &config.service.namespace);
    let listeners = Listeners { outbox: outbox.clone(), feed: publisher };
    tasks.spawn("alerts", Evaluator::new(pool.clone()).run(listeners, shutdown.clone()));
    tasks.spawn("deliver", deliverer.run(outbox, shutdown.clone()));
    tasks.spawn("upkeep", upkeep::run(pool, config.clone(), announcer.clone(), shutdown.clone()));
    tasks.spawn("ops", ops::serve(listener, metrics, Arc::clone(&readiness), shutdown.clone()));
    let lanes = |queue| (0..config.lanes).map(move |lane| (queue, lane));
    for (queue, lane) in lanes(Queue::Events).chain(lanes(Queue::Bulk)) {
        let consumer = consume::Consumer {
            queue,
            lane,
            broker: config.broker.clone(),
            namespace: config.service.namespace.clone(),
            persister: Arc::clone(&persister),
            announcer: announcer.clone(),
            readiness: Arc::clone(&readiness),
            vitals: Arc::clone(&vitals),
        };
        tasks.spawn("consume", consumer.run(shutdown.clone()));
    }
    tracing::info!(listen = %config.service.listen, lanes = config.lanes, "worker is running");

    tokio::select! {
        ended = tasks.any_ended(), if !shutdown.is_cancelled() => {
            // A task may have ended because of the shutdown that it saw first.
            if !shutdown.is_cancelled() {
                return Err(ended.into());
            }
        }
        () = shutdown.cancelled() => {}
    }
    if !tasks.drain(config.service.shutdown_timeout).await {
        tracing::warn!("the grace time is over; unacknowledged messages return to the queue");
    }
    lanes_ended.cancel();
    if tokio::time::timeout(LAST_ANNOUNCEMENT, announcing).await.is_err() {
        tracing::warn!("the last changes were not announced; cached answers age out");
    }
    Ok(())
}

/// Starts what tells how this process and the whole system fare.
fn start_monitoring(
    tasks: &mut Tasks,
    config: &Config,
    redis: fred::clients::Client,
    listening: SocketAddr,
    shutdown: &CancellationToken,
) -> Result<Arc<Vitals>, PoolSetupError> {
    let (broker, namespace) = (config.broker.clone(), config.service.namespace.clone());
    let engines = Engines::new(&config.postgres, redis, broker, namespace)?;
    let vitals = Vitals::new();
    let pool = engines.pool.clone();
    let reporter = Reporter::new(Role::Worker, listening, pool, Arc::clone(&vitals));
    tasks.spawn("vitals", reporter.run(shutdown.clone()));
    tasks.spawn("checks", Checker::new(engines).run(shutdown.clone()));
    Ok(vitals)
}
