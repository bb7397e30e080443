//! Checks of the parts of the system, on a timer, by one process of all that could do it.
//!
//! The holder of a lease in Postgres checks every [`ROUND`] and renews the lease with it; the others
//! look every [`STANDBY`] whether it has grown stale. So a checker that is killed, hangs or loses its
//! connection is replaced within seconds, and for a round there may be two, which does no harm: what
//! they find extends the same row.
//!
//! A check that finds what the one before found extends a *period*; else a new one begins. Whatever lies
//! between two periods that are farther apart than [`MISSED_AFTER`] was not checked, and counts as
//! downtime. While Postgres is away the last holder goes on and keeps the periods in memory, to be
//! written late; instances can't be heard meanwhile, and report afterwards since when they are ready.
//!
//! How periods become uptime is not here: the query API does that.

mod findings;
mod instances;
mod lease;
mod postgres;
mod queue;
mod redis;
mod round;

use std::fmt;
use std::time::Duration;

use deadpool_postgres::Pool;
use fred::clients::Client;

use crate::config::{BrokerConfig, PostgresConfig};
use crate::postgres::{self as access, PoolSetupError};
use crate::vitals::Role;

pub use self::round::Checker;

/// The time between two rounds.
pub const ROUND: Duration = Duration::from_secs(5);

/// The longest time between two checks that follow each other: two rounds, and what a change of the
/// checker takes. Beyond it nobody knows.
pub const MISSED_AFTER: Duration = Duration::from_secs(15);

/// An instance that was not seen for so long is gone: it missed three beats.
pub const SEEN_WITHIN: Duration = Duration::from_secs(10);

/// How often the others look whether the checker still checks.
const STANDBY: Duration = Duration::from_secs(2);

/// No check takes longer; what has not answered by then is unhealthy.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// A part of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Postgres.
    Database,
    /// Redis.
    Cache,
    /// RabbitMQ.
    Queue,
    /// The instances of ingest: whether errors are accepted.
    Ingest,
    /// The instances of the worker.
    Worker,
    /// The instances of the query API.
    QueryApi,
}

impl Component {
    /// All components.
    pub const ALL: [Self; 6] =
        [Self::Database, Self::Cache, Self::Queue, Self::Ingest, Self::Worker, Self::QueryApi];

    /// The word for it in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Queue => "queue",
            Self::Ingest => Role::Ingest.as_str(),
            Self::Worker => Role::Worker.as_str(),
            Self::QueryApi => Role::QueryApi.as_str(),
        }
    }

    /// The component that the instances of a role make up.
    fn of(role: Role) -> Self {
        match role {
            Role::Ingest => Self::Ingest,
            Role::Worker => Self::Worker,
            Role::QueryApi => Self::QueryApi,
        }
    }

    /// Whether it is made of instances that report by themselves.
    fn is_made_of_instances(self) -> bool {
        matches!(self, Self::Ingest | Self::Worker | Self::QueryApi)
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is checked, and by which ways.
#[derive(Debug)]
pub struct Engines {
    /// Connections of heartbeats and checks alone, which never wait for those that requests hold.
    pub pool: Pool,
    /// The cache.
    pub redis: Client,
    /// The broker.
    pub broker: BrokerConfig,
    /// The installation's prefix.
    pub namespace: String,
}

/// Connections for heartbeats and checks, one each.
const CONNECTIONS: usize = 2;

/// A statement that takes longer is waited for by nobody.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);

impl Engines {
    /// The engines, with connections to Postgres that nothing else uses.
    ///
    /// # Errors
    /// When the URL or the CA file of Postgres can't be used.
    pub fn new(
        postgres: &PostgresConfig,
        redis: Client,
        broker: BrokerConfig,
        namespace: String,
    ) -> Result<Self, PoolSetupError> {
        let own = PostgresConfig { pool_size: CONNECTIONS, ..postgres.clone() };
        let pool = access::pool(&own, "errata-monitoring", STATEMENT_TIMEOUT)?;
        Ok(Self { pool, redis, broker, namespace })
    }
}
