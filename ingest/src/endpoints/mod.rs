//! The doors through which errors come in.

pub(crate) mod batch;
pub(crate) mod single;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use shared::access::AccessTable;
use shared::api::{ApiError, Code};
use shared::batch::Entry;
use shared::broker::topology::Queue;
use shared::telemetry::metrics::{self, Counter};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::memory::Reservation;
use crate::publish::{Pending, Undurable};
use crate::router::Context;

/// The broker's timeout, a slow disk behind it, and some slack: nobody waits for longer.
const DURABLE_TIMEOUT: Duration = Duration::from_secs(15);

impl Context<'_> {
    /// The keys and projects. Without them nobody can be told apart.
    fn access(&self) -> Result<Arc<AccessTable>, ApiError> {
        let message = "The service has just started and does not know its keys yet; try again soon";
        self.app.access.table().ok_or_else(|| ApiError::unavailable(message, 1))
    }

    /// Whether the client wants ids only.
    fn prefers_minimal(&self) -> bool {
        prefers_minimal(&self.headers)
    }

    /// Hands an event to the batcher of a queue.
    fn enqueue(&self, queue: Queue, entry: Entry, memory: &Arc<Reservation>) -> Waiting {
        let (done, waiting) = oneshot::channel();
        let pending = Pending { entry, done, memory: Arc::clone(memory) };
        self.app.batcher(queue).submit(pending);
        Waiting(waiting)
    }
}

fn prefers_minimal(headers: &HeaderMap) -> bool {
    let mut preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferences.any(|value| value.split([',', ';']).any(|part| part.trim() == "return=minimal"))
}

/// An event on its way to being durable.
#[derive(Debug)]
struct Waiting(oneshot::Receiver<Result<(), Undurable>>);

impl Waiting {
    /// Waits until the event is durable.
    async fn durable(self, deadline: Instant) -> Result<(), ApiError> {
        let message = "The error can't be stored durably now; try again later";
        let unavailable = || ApiError::unavailable(message, 5);
        match tokio::time::timeout_at(deadline, self.0).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(undurable))) => Err(unavailable().with_cause(undurable)),
            Ok(Err(lost)) => Err(unavailable().with_cause(lost)),
            Err(elapsed) => Err(unavailable().with_cause(elapsed)),
        }
    }
}

/// When a request that hands its events over now stops waiting for them.
fn durable_deadline() -> Instant {
    Instant::now() + DURABLE_TIMEOUT
}

/// Counts an event that was refused for what it holds or how it came.
pub(crate) fn count_invalid(error: &ApiError) {
    let outcome = match error.code() {
        // Counted where it is known, or no event at all.
        Code::ServiceUnavailable | Code::NotFound | Code::MethodNotAllowed => return,
        Code::RateLimited => "rate_limited",
        _ => "invalid",
    };
    metrics::count(Counter::EventsTotal, outcome, error.code().as_str(), 1);
}
