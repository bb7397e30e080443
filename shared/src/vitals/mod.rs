//! What every process notes of itself: its requests, its open connections, how late events become
//! visible, whether it is ready, and what its host does.
//!
//! Counting happens in memory, by a few additions ([`Vitals`]). A task of its own ([`Reporter`]) writes
//! it to Postgres every few seconds; while Postgres is away nothing waits for it. Judging what was
//! written is the business of [`crate::checks`].

mod buckets;
mod host;
mod probe;
mod reporter;
mod traffic;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;

pub use self::buckets::Buckets;
use self::buckets::LiveBuckets;
pub use self::reporter::Reporter;
use self::traffic::Traffic;

/// What a process does in the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Takes errors in.
    Ingest,
    /// Stores them.
    Worker,
    /// Answers what is asked about them.
    QueryApi,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Worker, Self::QueryApi];

    /// The name of the service, as rows have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Worker => "worker",
            Self::QueryApi => "query-api",
        }
    }
}

/// What is counted in this process.
#[derive(Debug, Default)]
pub struct Vitals {
    traffic: Traffic,
    lag: LiveBuckets,
    connections: AtomicUsize,
}

impl Vitals {
    /// Nothing counted yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A request was answered. Looks at health and metrics are not counted: they are the system's own.
    pub fn answered(&self, status: StatusCode, took: Duration) {
        self.traffic.record(status, took);
    }

    /// Events became visible so long after their receipt.
    pub fn visible(&self, lag: Duration, events: usize) {
        self.lag.record(lag, u64::try_from(events).unwrap_or(u64::MAX));
    }

    /// An HTTP connection is open until the guard is dropped.
    pub fn connected(self: &Arc<Self>) -> OpenConnection {
        self.connections.fetch_add(1, Ordering::Relaxed);
        OpenConnection { vitals: Arc::clone(self) }
    }
}

/// An open HTTP connection.
#[derive(Debug)]
pub struct OpenConnection {
    vitals: Arc<Vitals>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.vitals.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
