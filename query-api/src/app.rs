//! What every request may use.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use shared::access::Access;
use shared::api::ApiError;
use shared::config::Environment;
use shared::rate_limit::Limiter;
use shared::telemetry::{ErrorChain, PrometheusHandle};
use shared::vitals::Vitals;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cache::Cache;
use crate::config::{CacheTtl, Config};
use crate::errors::Waiters;
use crate::live::{self, Live};
use crate::monitoring::LastHealth;
use crate::session;
use crate::settings::integrations::{Outgoing, OutgoingError};
use shared::cors::Cors;

/// Requests with a key that run at once. Each may hold a body and an answer in memory, and all of
/// them share a pool of some ten connections: more in flight only wait longer.
const MAX_REQUESTS: usize = 256;

/// Requests without a key that ask the database at once: those with one must not wait behind them.
const MAX_OPEN_REQUESTS: usize = 4;

/// Known sessions that are looked up at once: they wait for each other, not for those above.
const MAX_SESSION_LOOKUPS: usize = 4;

/// The wait for a turn of these; with the statements after it, it stays below what a request may take.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// No statement runs longer; shorter than a request may take, so that its failure is told.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(8);

/// The parts that requests share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) environment: Environment,
    pub(crate) public_url: String,
    pub(crate) cache_ttl: CacheTtl,
    pub(crate) cors: Cors,
    pub(crate) pool: Pool,
    pub(crate) access: Access,
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) cache: Cache,
    pub(crate) metrics: PrometheusHandle,
    /// What this process counts of itself.
    pub(crate) vitals: Arc<Vitals>,
    /// The health of the parts as it was read last.
    pub(crate) last_health: LastHealth,
    /// What sending to services outside needs.
    pub(crate) outgoing: Outgoing,
    /// Who is told what happens.
    pub(crate) live: Arc<Live>,
    /// One permit for each request with a key that is running.
    pub(crate) running: Semaphore,
    /// One permit for each request without a key that asks the database.
    open_requests: Semaphore,
    /// Sessions that were met a while ago.
    pub(crate) sessions: session::Known,
    /// One permit for each look-up of one of these.
    session_lookups: Semaphore,
    /// Who waits for an id that nothing has yet.
    pub(crate) waiters: Waiters,
    /// Changes under way. A client that goes away does not stop one in the middle.
    pub(crate) changes: TaskTracker,
    pub(crate) shutdown: CancellationToken,
}

impl App {
    pub(crate) fn new(
        config: Config,
        pool: Pool,
        redis: live::Connections,
        metrics: PrometheusHandle,
        shutdown: CancellationToken,
    ) -> Result<Self, OutgoingError> {
        let namespace = config.service.namespace;
        let cache = Cache::new(redis.shared.clone(), namespace.clone());
        Ok(Self {
            outgoing: Outgoing::new(&config.channels)?,
            environment: config.service.environment,
            cors: Cors::new(&config.cors_origins),
            public_url: config.public_url,
            cache_ttl: config.cache_ttl,
            pool,
            access: Access::new(),
            limiter: Limiter::new(config.rate_limits),
            cache,
            live: Arc::new(Live::new(redis, &namespace, config.live_clients)),
            metrics,
            vitals: Vitals::new(),
            last_health: LastHealth::default(),
            running: Semaphore::new(MAX_REQUESTS),
            open_requests: Semaphore::new(MAX_OPEN_REQUESTS),
            sessions: session::Known::default(),
            session_lookups: Semaphore::new(MAX_SESSION_LOOKUPS),
            waiters: Waiters::new(),
            changes: TaskTracker::new(),
            shutdown,
        })
    }

    /// The turn of a request without a key to ask the database, in the order of arrival: who floods
    /// this way in waits with everybody else.
    pub(crate) async fn open_turn(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        turn(&self.open_requests).await
    }

    /// The turn of a known session to be looked up again, in the order of arrival.
    pub(crate) async fn session_turn(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        turn(&self.session_lookups).await
    }

    /// Makes a committed change of keys or projects hold here at once; other processes poll.
    ///
    /// It takes a connection of the pool, so whoever calls it must have given theirs back: changes that
    /// each hold one and wait for another would stop everything that reads.
    pub(crate) async fn reload_access(&self) {
        if let Err(error) = self.access.refresh(&self.pool, self.environment).await {
            tracing::warn!(error = %ErrorChain(&error), "the next poll will load what changed");
        }
    }
}

async fn turn(turns: &Semaphore) -> Result<SemaphorePermit<'_>, ApiError> {
    let busy = || ApiError::unavailable("Too many requests are running; try again in a second", 1);
    let turn = tokio::time::timeout(MAX_WAIT, turns.acquire()).await;
    turn.map_err(|_elapsed| busy())?.map_err(|_closed| busy())
}
