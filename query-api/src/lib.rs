//! The query API: lists, details and statistics of errors, their changes, and projects.
//!
//! Postgres answers, Redis remembers. Nothing here is on the way of an incoming event. [`run`] is
//! the whole service; `routes` says which function answers what.
//!
//! - `server`, `router`, `endpoint`: from a connection to the function that answers a request.
//! - `call`, `incoming`, `fields`, `body`: what a request says, and what is wrong with it.
//! - `success`: the form of good answers; that of failures is `shared::api`'s.
//! - `session`: browsers that are logged in; `dashboard`: the pages that they show.
//! - `live`: what happens, told as it happens.
//! - `cache`: answers kept in Redis, and how a change makes them unreachable.
//! - `openapi`: the description of all this for programs.
//! - `errors`, `stats`, `analytics`, `alerts`, `monitoring`, `projects`, `settings`: one folder for each kind of thing;
//!   SQL lies beside its caller.

mod alerts;
mod analytics;
mod app;
mod body;
mod cache;
mod call;
mod config;
mod dashboard;
mod db;
mod endpoint;
mod errors;
mod fields;
mod health;
mod incoming;
mod live;
mod monitoring;
mod openapi;
mod projects;
mod releases;
mod router;
mod routes;
mod server;
mod session;
mod settings;
mod stats;
mod success;

use std::net::SocketAddr;
use std::sync::Arc;

use shared::checks::{Checker, Engines};
use shared::lifecycle::{TaskEnded, Tasks};
use shared::postgres::PoolSetupError;
use shared::redis::RedisSetupError;
use shared::telemetry::{PrometheusHandle, metrics};
use shared::vitals::{Reporter, Role};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::{CacheTtl, Config};
pub use settings::integrations::OutgoingError;

use crate::app::{App, STATEMENT_TIMEOUT};
use crate::live::Connections;

/// Why the service could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RunError {
    #[error("failed to set up Postgres")]
    Postgres(#[source] PoolSetupError),
    #[error("failed to read the address that is listened on")]
    Listener(#[source] std::io::Error),
    #[error("failed to set up Redis")]
    Redis(#[source] RedisSetupError),
    #[error("failed to set up sending to services outside")]
    Outgoing(#[source] OutgoingError),
    #[error("the service can't go on")]
    TaskEnded(#[source] TaskEnded),
}

/// Serves until the token is cancelled, then finishes what was begun, up to the shutdown timeout.
///
/// # Errors
/// When the settings of an engine can't be used, or a background task dies. An engine that is away
/// is no error: the service starts, and says so in `/ready`.
pub async fn run(
    config: Config,
    listener: TcpListener,
    metrics: PrometheusHandle,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let pool = shared::postgres::pool(&config.postgres, "errata-query-api", STATEMENT_TIMEOUT)
        .map_err(RunError::Postgres)?;
    let redis = shared::redis::client(&config.redis).map_err(RunError::Redis)?;
    let (broker, namespace) = (config.broker.clone(), config.service.namespace.clone());
    let engines = Engines::new(&config.postgres, redis.clone(), broker, namespace);
    let engines = engines.map_err(RunError::Postgres)?;
    let listening = listener.local_addr().map_err(RunError::Listener)?;
    let grace = config.service.shutdown_timeout;
    let namespace = config.service.namespace.clone();
    let waiting = shared::redis::client(&config.redis).map_err(RunError::Redis)?;
    let connections = Connections { shared: redis.clone(), waiting };
    let app = App::new(config, pool, connections, metrics, shutdown.clone());
    let app = Arc::new(app.map_err(RunError::Outgoing)?);

    // Background work outlives the signal: a change that is finishing still has to be announced.
    let background = CancellationToken::new();
    let mut tasks = start_tasks(&app, &background);
    start_monitoring(&mut tasks, &app, engines, listening, &background);
    let limiter = Arc::clone(&app.limiter);
    tasks.spawn("limits", limiter.keep_shared(redis, namespace, background.clone()));
    let serving = server::serve(listener, router::build(&app), &app, grace);
    let outcome = tokio::select! {
        () = serving => Ok(()),
        ended = tasks.any_ended() => Err(RunError::TaskEnded(ended)),
    };
    background.cancel();
    if !tasks.drain(grace).await {
        tracing::warn!("background tasks did not end in time");
    }
    outcome
}

fn start_tasks(app: &Arc<App>, until: &CancellationToken) -> Tasks {
    let mut tasks = Tasks::new();
    let access = app.access.clone();
    tasks.spawn("keys", access.keep_fresh(app.pool.clone(), app.environment, until.clone()));
    let access = app.access.clone();
    tasks.spawn("usage", access.keep_usage_written(app.pool.clone(), until.clone()));
    tasks.spawn("metrics", metrics::keep_folded(app.metrics.clone(), until.clone()));
    let (announcing, stop) = (Arc::clone(app), until.clone());
    tasks.spawn("announcements", async move { announcing.cache.announce_late(stop).await });
    let (following, stop) = (Arc::clone(app), until.clone());
    tasks.spawn("revisions", async move {
        let moved = |project| following.live.revision_moved(project);
        following.cache.follow_revisions(&following.pool, moved, stop).await;
    });
    let (live, stop) = (Arc::clone(&app.live), until.clone());
    tasks.spawn("live feed", async move { live.follow(stop).await });
    let (watching, stop) = (Arc::clone(app), until.clone());
    tasks.spawn("live clients", async move {
        watching.live.watch(&watching.access, &watching.pool, stop).await;
    });
    tasks
}

/// Starts what tells how this process and the whole system fare.
fn start_monitoring(
    tasks: &mut Tasks,
    app: &App,
    engines: Engines,
    listening: SocketAddr,
    until: &CancellationToken,
) {
    let (pool, vitals) = (engines.pool.clone(), Arc::clone(&app.vitals));
    let reporter = Reporter::new(Role::QueryApi, listening, pool, vitals);
    tasks.spawn("vitals", reporter.run(until.clone()));
    tasks.spawn("checks", Checker::new(engines).run(until.clone()));
}
