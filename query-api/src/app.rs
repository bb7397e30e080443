//! What every request may use.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use shared::access::Access;
use shared::config::Environment;
use shared::rate_limit::Limiter;
use shared::telemetry::PrometheusHandle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cache::Cache;
use crate::config::{CacheTtl, Config};
use crate::errors::Waiters;
use shared::cors::Cors;

/// Requests with a key that run at once. Each may hold a body and an answer in memory, and all of
/// them share a pool of some ten connections: more in flight only wait longer.
const MAX_REQUESTS: usize = 256;

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
    /// One permit for each request with a key that is running.
    pub(crate) running: Semaphore,
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
        redis: fred::clients::Client,
        metrics: PrometheusHandle,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            environment: config.service.environment,
            cors: Cors::new(&config.cors_origins),
            public_url: config.public_url,
            cache_ttl: config.cache_ttl,
            pool,
            access: Access::new(),
            limiter: Limiter::new(config.rate_limits),
            cache: Cache::new(redis, config.service.namespace),
            metrics,
            running: Semaphore::new(MAX_REQUESTS),
            waiters: Waiters::new(),
            changes: TaskTracker::new(),
            shutdown,
        }
    }
}
