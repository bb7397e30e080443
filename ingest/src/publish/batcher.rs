//! Group commit: requests that wait together travel in one message.
//!
//! A lone event waits for nobody. While both publish slots are taken, events gather, so under load
//! the messages grow and the broker's work for each event shrinks.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use shared::batch::{Batch, Entry, MAX_EVENTS, TARGET_BYTES};
use shared::broker::topology::Queue;
use shared::ids::{BatchId, ProjectId};
use shared::ledger::{self, Outcome};
use shared::lifecycle;
use shared::telemetry::ErrorChain;
use shared::telemetry::metrics::{self, Counter};
use shared::telemetry::traces::{MAX_LINKS, Origin, Span};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{Broker, PublishError};
use crate::ledger::Ledger;
use crate::memory::Reservation;
use crate::spool::{Spool, SpoolError};

/// Messages being published at once. Two keep the broker busy while the next one gathers; more only
/// make messages smaller.
const SLOTS: usize = 2;

/// The event could be made durable neither by the broker nor by the spool.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Undurable {
    reason: String,
}

/// An event that waits to become durable.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) entry: Entry,
    /// Is told when the event is durable, or can't be.
    pub(crate) done: oneshot::Sender<Result<(), Undurable>>,
    /// What the event holds of the memory for requests, until it is durable.
    pub(crate) memory: Arc<Reservation>,
    /// The span of its request, where that is traced.
    pub(crate) origin: Option<Origin>,
}

/// Gathers the events of one queue. The channel needs no bound of its own: whatever waits in it
/// holds a reservation.
#[derive(Debug, Clone)]
pub(crate) struct Batcher {
    waiting: mpsc::UnboundedSender<Pending>,
}

impl Batcher {
    /// A batcher, and the work that must be run for it. The work ends when every batcher is dropped
    /// and everything that waited has been answered.
    pub(crate) fn new(
        queue: Queue,
        broker: Broker,
        spool: Option<Arc<Spool>>,
        ledger: Arc<Ledger>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let work = gather(receiver, Arc::new(Publisher { queue, broker, spool, ledger }));
        (Self { waiting: sender }, work)
    }

    /// Hands over an event. Its answer comes through `done`.
    pub(crate) fn submit(&self, pending: Pending) {
        if let Err(mpsc::error::SendError(pending)) = self.waiting.send(pending) {
            // Nobody gathers any more; the request may be gone as well.
            let reason = "the service is shutting down".to_owned();
            drop(pending.done.send(Err(Undurable { reason })));
        }
    }
}

/// Forms messages while events wait and a slot is free.
async fn gather(mut waiting: mpsc::UnboundedReceiver<Pending>, publisher: Arc<Publisher>) {
    let slots = Arc::new(Semaphore::new(SLOTS));
    let mut left_over: Option<Pending> = None;
    loop {
        let first = match left_over.take() {
            Some(pending) => pending,
            None => match waiting.recv().await {
                Some(pending) => pending,
                None => break,
            },
        };
        // The semaphore is never closed.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { break };
        let (batch, too_much) = fill(first, &mut waiting);
        left_over = too_much;
        let publisher = Arc::clone(&publisher);
        lifecycle::spawn(async move {
            publisher.make_durable(batch).await;
            drop(slot);
        });
    }
    // All slots are free again when the last message has been answered.
    let all = u32::try_from(SLOTS).unwrap_or(u32::MAX);
    drop(slots.acquire_many(all).await);
}

/// Takes what waits, up to the size of a message; returns what did not fit any more.
fn fill(
    first: Pending,
    waiting: &mut mpsc::UnboundedReceiver<Pending>,
) -> (Vec<Pending>, Option<Pending>) {
    let mut size = first.entry.size();
    let mut batch = vec![first];
    while batch.len() < MAX_EVENTS
        && let Ok(next) = waiting.try_recv()
    {
        size += next.entry.size();
        if size > TARGET_BYTES {
            return (batch, Some(next));
        }
        batch.push(next);
    }
    (batch, None)
}

#[derive(Debug)]
struct Publisher {
    queue: Queue,
    broker: Broker,
    spool: Option<Arc<Spool>>,
    ledger: Arc<Ledger>,
}

impl Publisher {
    /// Makes a message of the events and answers each of them.
    async fn make_durable(&self, batch: Vec<Pending>) {
        let mut span = Span::producer(self.queue, &origins(&batch));
        if let Some(span) = &mut span {
            span.events(batch.len());
        }
        let (entries, waiters): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|pending| (pending.entry, (pending.done, pending.memory)))
            .unzip();
        let batch_id = BatchId::generate();
        let received = Received::of(&entries);
        let body = Batch { batch_id, instance: self.ledger.instance(), entries }.encode();
        let outcome = self.publish_or_spool(batch_id, body, span.as_mut()).await;
        drop(span);
        // Counted before anybody is answered: who asks the ledger after an answer finds it there.
        let counted = if outcome.is_ok() { Outcome::Accepted } else { Outcome::Unavailable };
        for ((project, hour), events) in received.0 {
            self.ledger.count(Some(project), hour, counted, self.queue.label(), events);
        }
        if let Err(error) = &outcome {
            tracing::error!(
                batch.id = %batch_id,
                events = waiters.len(),
                error = %ErrorChain(error),
                "events could not be made durable and were refused"
            );
        }
        for (done, memory) in waiters {
            // A client that hung up hears nothing; its event is durable all the same.
            drop(done.send(outcome.clone()));
            drop(memory);
        }
    }

    async fn publish_or_spool(
        &self,
        batch_id: BatchId,
        body: Vec<u8>,
        span: Option<&mut Span>,
    ) -> Result<(), Undurable> {
        let origin = span.as_ref().map(|span| span.origin());
        let Err(refused) = self.broker.publish(self.queue, batch_id, &body, origin).await else {
            return Ok(());
        };
        if let Some(span) = span {
            span.failed(refused.as_label());
        }
        metrics::count(Counter::SpooledMessagesTotal, "spooled", refused.as_label(), 1);
        if !matches!(refused, PublishError::Away) {
            tracing::warn!(batch.id = %batch_id, error = %ErrorChain(&refused), "spooling a message");
        }
        let spooled = match &self.spool {
            Some(spool) => Arc::clone(spool).append(self.queue, batch_id, body).await,
            None => Err(SpoolError::NoSpool),
        };
        spooled.map_err(|error| Undurable {
            reason: format!("{}; {}", ErrorChain(&refused), ErrorChain(&error)),
        })
    }
}

/// The spans of the requests that a message carries events of, each once, at most as many as its own
/// span names.
fn origins(batch: &[Pending]) -> Vec<Origin> {
    let mut origins: Vec<Origin> = Vec::new();
    for origin in batch.iter().filter_map(|pending| pending.origin) {
        if !origins.contains(&origin) {
            origins.push(origin);
        }
        if origins.len() > MAX_LINKS {
            break;
        }
    }
    origins
}

/// How many events of a message were received for which project in which hour.
struct Received(BTreeMap<(ProjectId, DateTime<Utc>), usize>);

impl Received {
    fn of(entries: &[Entry]) -> Self {
        let mut received = BTreeMap::new();
        for entry in entries {
            let key = (entry.project_id, ledger::hour(entry.received_at));
            *received.entry(key).or_default() += 1;
        }
        Self(received)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use shared::batch::Facet;
    use shared::event::Level;
    use shared::ids::{ErrorId, EventId, Fingerprint, ProjectId};
    use shared::payload::Payload;

    use super::*;
    use crate::memory::MemoryBudget;

    fn pending(payload: usize) -> Pending {
        let entry = Entry {
            project_id: ProjectId(1),
            event_id: EventId::generate(),
            client_id: false,
            occurred_at: shared::time::now(),
            received_at: shared::time::now(),
            error_id: ErrorId(uuid::Uuid::nil()),
            fingerprint: Fingerprint([0; 16]),
            fingerprint_version: 1,
            earlier_ids: Vec::new(),
            facet: Facet {
                level: Level::Error,
                source: String::new(),
                environment: String::new(),
                release: String::new(),
            },
            user_hash: None,
            exception_type: None,
            message: String::new(),
            culprit: None,
            payload: Some(Payload { encoding: 0, bytes: Bytes::from(vec![0; payload]) }),
        };
        let memory = Arc::new(MemoryBudget::new(0).reservation());
        Pending { entry, done: oneshot::channel().0, memory, origin: None }
    }

    #[tokio::test]
    async fn messages_grow_to_their_bound_and_a_large_event_travels_alone() {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        for size in [25_000; 12].into_iter().chain([3 << 20, 10]) {
            sender.send(pending(size)).unwrap();
        }
        let mut sizes = Vec::new();
        let mut next = receiver.recv().await;
        while let Some(first) = next {
            let (batch, left_over) = fill(first, &mut receiver);
            sizes.push(batch.len());
            next = left_over.or_else(|| receiver.try_recv().ok());
        }
        assert_eq!(sizes, [10, 2, 1, 1]);
    }

    #[test]
    fn a_message_names_each_traced_request_once_and_not_too_many() {
        let origin = |n: usize| {
            Origin::parse(&format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{:016x}-01", n + 1))
        };
        let traced = |n| Pending { origin: origin(n), ..pending(0) };
        let batch = [pending(0), traced(1), traced(1), pending(0), traced(2), traced(1)];
        assert_eq!(origins(&batch), [origin(1).unwrap(), origin(2).unwrap()]);
        assert_eq!(origins(&[pending(0)]), []);
        let many: Vec<_> = (0..3 * MAX_LINKS).map(traced).collect();
        assert_eq!(origins(&many).len(), MAX_LINKS + 1);
    }
}
