//! The doors through which errors come in.

pub(crate) mod batch;
mod limit;
pub(crate) mod sentry;
pub(crate) mod single;

use std::sync::Arc;
use std::time::Duration;

use crate::receive::body::Incoming;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Response};
use shared::access::{AccessTable, Project};
use shared::api::ApiError;
use shared::batch::Entry;
use shared::broker::topology::Queue;
use shared::rate_limit::Caller;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::memory::Reservation;
use crate::publish::{Pending, Undurable};
use crate::receive::auth;
use crate::router::{Body, Context, Door};

/// The broker's timeout, a slow disk behind it, and some slack: nobody waits for longer.
const DURABLE_TIMEOUT: Duration = Duration::from_secs(15);

/// A request that submits events to a project.
#[derive(Debug)]
struct Submission<'a> {
    context: &'a Context<'a>,
    project: Project,
    caller: Caller,
    received_at: DateTime<Utc>,
}

/// Why a submission is not answered with success.
#[derive(Debug)]
enum Refusal {
    /// Refused as a whole, before any of its events was handed to a batcher.
    Whole(ApiError),
    /// Each of its events has been counted by then, be it refused or not made durable.
    Counted(ApiError),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Whole(error)
    }
}

/// Takes what a request submits through a door. What is refused is counted, under its project where
/// that is known.
pub(crate) async fn submit(
    door: Door,
    context: &Context<'_>,
    incoming: Incoming,
) -> Result<Response<Body>, ApiError> {
    let received_at = shared::time::now();
    let refuse = |error: &ApiError| context.app.ledger.refuse(None, received_at, error, 1);
    let table = keys(context).inspect_err(refuse)?;
    let bearer = auth::bearer(&table, &context.headers, received_at).inspect_err(refuse)?;
    let answered = match auth::project(&table, bearer, &context.headers, context.query.as_deref()) {
        Ok(project) => {
            let submission = Submission { context, project, caller: bearer.caller, received_at };
            submission.answer(door, incoming).await
        }
        Err(error) => {
            refuse(&error);
            Err(error)
        }
    };
    limit::mark_standing(context, &bearer.caller, received_at, answered)
}

/// All keys and projects. Without them nobody can be told apart.
fn keys(context: &Context<'_>) -> Result<Arc<AccessTable>, ApiError> {
    let message = "The service has just started and does not know its keys yet; try again soon";
    context.app.access.table().ok_or_else(|| ApiError::unavailable(message, 1))
}

impl Submission<'_> {
    /// Takes it through its door.
    async fn answer(&self, door: Door, incoming: Incoming) -> Result<Response<Body>, ApiError> {
        let answered = match door {
            Door::Errors => single::post(self, incoming).await,
            Door::Batch => batch::post(self, incoming).await,
        };
        answered.map_err(|refusal| match refusal {
            Refusal::Whole(error) => {
                self.refuse(&error, 1);
                error
            }
            Refusal::Counted(error) => error,
        })
    }

    /// Counts some of its events as refused; the whole request, where they can't be told apart, as one.
    fn refuse(&self, error: &ApiError, events: usize) {
        let project = Some(self.project.id);
        self.context.app.ledger.refuse(project, self.received_at, error, events);
    }

    /// Counts one of its events that a rule of the project discards: accepted, and over with.
    fn count_rule_discard(&self) {
        let project = Some(self.project.id);
        self.context.app.ledger.discard_by_rule(project, self.received_at);
    }

    /// Whether the client wants ids only.
    fn prefers_minimal(&self) -> bool {
        prefers_minimal(&self.context.headers)
    }

    /// Hands an event to the batcher of a queue.
    fn enqueue(&self, queue: Queue, entry: Entry, memory: &Arc<Reservation>) -> Waiting {
        let (done, waiting) = oneshot::channel();
        let origin = self.context.origin;
        let pending = Pending { entry, done, memory: Arc::clone(memory), origin };
        self.context.app.batcher(queue).submit(pending);
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
