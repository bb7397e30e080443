//! A lane: takes messages from the queues, has them stored, and acknowledges them after the commit.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, ConfirmSelectOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection};
use shared::batch::{Batch, MAX_BYTES, MESSAGE_TYPE};
use shared::broker::topology::{self, Queue};
use shared::broker::{self, BROKER_TIMEOUT, Backoff, BrokerError};
use shared::config::BrokerConfig;
use shared::ids::BatchId;
use shared::telemetry::ErrorChain;
use shared::telemetry::metrics::{self, Gauge, Histogram};
use shared::telemetry::traces::Span;
use shared::vitals::Vitals;
use tokio_util::sync::CancellationToken;

use crate::announce::Announcer;
use crate::dead_letters::{DeadLetters, Letter};
use crate::ops::Readiness;
use crate::persist::{Delivered, Message, PersistError, Persister};

/// How long a message waits for company: long enough to fill a transaction under load, too short to
/// be seen by a reader.
const LINGER: Duration = Duration::from_millis(4);

/// Events of one transaction: larger ones hold the locks of their errors for longer.
const MAX_EVENTS: usize = 5_000;

/// Bytes of one transaction, whatever the number of events.
const MAX_GATHERED_BYTES: usize = 16 << 20;

/// Messages that the broker sends ahead to a lane. At a few thousand events a second a
/// message holds one or two events, and a transaction of a few messages is the limit then: with 8, two
/// lanes stored 2,500 events a second; with 128 they keep up with 18,000. Messages are at most 256 KiB but
/// for single large events, so this bounds the memory of a lane.
const PREFETCH: u16 = 128;

/// How often a lane looks at its queue.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The last acknowledgements go out ahead of the goodbye; there is nothing else to wait for.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);

/// One lane of the worker. It takes one queue only, so that what a project within its rate submits
/// never waits behind a transaction full of a flood, nor is sent ahead to a lane that is busy with one.
#[derive(Debug)]
pub struct Consumer {
    /// The queue that it takes.
    pub queue: Queue,
    /// Number of the lane among those of the queue.
    pub lane: u32,
    /// Where the broker is.
    pub broker: BrokerConfig,
    /// Prefix of the queues.
    pub namespace: String,
    /// Stores what is taken.
    pub persister: Arc<Persister>,
    /// Is told what changed.
    pub announcer: Announcer,
    /// Is told whether the lane takes messages.
    pub readiness: Arc<Readiness>,
    /// Is told how late events become visible.
    pub vitals: Arc<Vitals>,
}

/// Why a session with the broker ended.
#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error("the session with the broker failed")]
    Broker(#[from] BrokerError),
    #[error("the broker ended the delivery of messages")]
    Ended,
    #[error("failed to store what was delivered")]
    Persist(#[from] PersistError),
}

/// A queue being consumed.
struct Source {
    channel: Channel,
    deliveries: lapin::Consumer,
}

/// What a queue looks like to a lane that is sent nothing.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    ready: u32,
    consumers: u32,
}

/// Notices that a lane is attached to a queue that is no more: deleted and made anew, of which the
/// broker does not always tell a consumer.
#[derive(Debug, Default)]
struct Attention {
    doubts: u8,
}

impl Attention {
    /// Doubts after a look that came without a delivery since the one before. A broker that is slow to
    /// count says nought to both, so that one doubt is none.
    fn after(&mut self, waiting: Waiting) -> Result<(), BrokerError> {
        if waiting.consumers > 0 && waiting.ready == 0 {
            self.doubts = 0;
            return Ok(());
        }
        self.doubts += 1;
        if self.doubts > 1 { Err(BrokerError::NotConsuming) } else { Ok(()) }
    }
}

/// Deliveries of the queue, in order.
struct Gathered {
    channel: Channel,
    deliveries: Vec<Delivery>,
}

impl Consumer {
    /// Consumes until the token is cancelled, connecting again whenever the broker comes back.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut backoff = Backoff::new();
        while !shutdown.is_cancelled() {
            let Err(error) = self.session(&shutdown, &mut backoff).await else {
                return;
            };
            if shutdown.is_cancelled() {
                return;
            }
            tracing::warn!(queue = self.queue.label(), lane = self.lane, error = %ErrorChain(&error), "connecting to the broker again");
            tokio::select! {
                () = backoff.wait() => {}
                () = shutdown.cancelled() => {}
            }
        }
    }

    async fn session(
        &self,
        shutdown: &CancellationToken,
        backoff: &mut Backoff,
    ) -> Result<(), SessionError> {
        let connection = broker::connect(&self.broker, "errata-worker").await?;
        let control = in_time(control_channel(&connection, &self.namespace)).await?;
        let mut source = in_time(self.consume(&connection)).await?;
        let dead = DeadLetters { channel: &control, namespace: &self.namespace };
        let _up = self.readiness.lane_up();
        *backoff = Backoff::new();
        let mut check = tokio::time::interval(CHECK_INTERVAL);
        let mut attention = Attention::default();
        loop {
            // Only the wait for a first message may be cancelled: what was taken must be stored.
            let first = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                _ = check.tick() => {
                    let waiting = in_time(self.look(&control)).await?;
                    attention.after(waiting)?;
                    continue;
                }
                first = next(&mut source.deliveries) => first?,
            };
            attention = Attention::default();
            let gathered = gather(&mut source, first).await?;
            self.process(gathered, &dead, shutdown).await?;
        }
        // What was delivered and not taken goes back to the queue with the connection. A broker that
        // does not answer the goodbye takes it back when the process has ended.
        let goodbye = connection.close(200, "shutting down".into());
        if tokio::time::timeout(GOODBYE_TIMEOUT, goodbye).await.is_err() {
            tracing::warn!(lane = self.lane, "the broker did not answer the goodbye");
        }
        Ok(())
    }

    async fn consume(&self, connection: &Connection) -> Result<Source, BrokerError> {
        let channel =
            connection.create_channel().await.map_err(BrokerError::channel("open a channel"))?;
        // Bounds what the broker sends ahead, and with it the memory of the lane.
        channel
            .basic_qos(PREFETCH, BasicQosOptions::default())
            .await
            .map_err(BrokerError::channel("bound the prefetch"))?;
        let deliveries = channel
            .basic_consume(
                self.queue.name(&self.namespace),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await
            .map_err(BrokerError::channel("consume a queue"))?;
        Ok(Source { channel, deliveries })
    }

    /// Reports how many messages wait, and says what the lane's own queue looks like. Notices a
    /// connection that died in silence, too.
    async fn look(&self, channel: &Channel) -> Result<Waiting, BrokerError> {
        let (dead, _) = topology::depth(channel, Queue::Dead, &self.namespace).await?;
        metrics::set(Gauge::QueueReadyMessages, Queue::Dead.label(), u64::from(dead));
        let (ready, consumers) = topology::depth(channel, self.queue, &self.namespace).await?;
        metrics::set(Gauge::QueueReadyMessages, self.queue.label(), u64::from(ready));
        Ok(Waiting { ready, consumers })
    }

    /// Stores the deliveries, acknowledges them, and announces the change, in this order.
    async fn process(
        &self,
        gathered: Gathered,
        dead: &DeadLetters<'_>,
        shutdown: &CancellationToken,
    ) -> Result<(), SessionError> {
        let Gathered { channel, deliveries } = gathered;
        let Some(last) = deliveries.last().map(|delivery| delivery.delivery_tag) else {
            return Ok(());
        };
        let mut spans = Spans::begin(self.queue, &deliveries);
        let delivered = decode(deliveries, dead).await?;
        let storing = self.persister.store(&delivered, dead, shutdown);
        let stored = spans.around(storing).await?;
        let acknowledged = channel.basic_ack(last, BasicAckOptions { multiple: true }).await;
        // Announced whether or not the acknowledgement arrives: the commit stands.
        report_lag(&delivered, &self.vitals);
        self.announcer.stored(stored);
        acknowledged.map_err(BrokerError::channel("acknowledge"))?;
        Ok(())
    }
}

/// The spans of the traced messages that are being processed: at most as many as the broker sends ahead.
struct Spans(Vec<Span>);

impl Spans {
    fn begin(queue: Queue, deliveries: &[Delivery]) -> Self {
        let origins =
            deliveries.iter().filter_map(|delivery| topology::origin(&delivery.properties));
        Self(origins.filter_map(|origin| Span::consumer(queue, origin)).collect())
    }

    /// Has a span of its own around the transaction that stores the messages.
    async fn around<T>(
        &mut self,
        storing: impl Future<Output = Result<T, PersistError>>,
    ) -> Result<T, PersistError> {
        const NOT_STORED: &str = "not stored";
        let origins: Vec<_> = self.0.iter().map(Span::origin).collect();
        let mut span = Span::store(&origins);
        let stored = storing.await;
        if stored.is_err() {
            self.0.iter_mut().chain(&mut span).for_each(|span| span.failed(NOT_STORED));
        }
        stored
    }
}

/// Waits for what the broker answers. One that falls silent keeps its connections, and the heartbeats
/// notice only after most of a minute.
async fn in_time<T>(
    answer: impl Future<Output = Result<T, BrokerError>>,
) -> Result<T, BrokerError> {
    tokio::time::timeout(BROKER_TIMEOUT, answer).await.map_err(|_| BrokerError::Timeout)?
}

async fn control_channel(connection: &Connection, namespace: &str) -> Result<Channel, BrokerError> {
    let channel =
        connection.create_channel().await.map_err(BrokerError::channel("open a channel"))?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .map_err(BrokerError::channel("ask for confirms"))?;
    topology::declare(&channel, namespace).await?;
    Ok(channel)
}

/// Takes the messages that follow a first one at once, up to the bounds of a transaction.
async fn gather(source: &mut Source, first: Delivery) -> Result<Gathered, SessionError> {
    let deadline = tokio::time::Instant::now() + LINGER;
    let mut bytes = first.data.len();
    let mut deliveries = vec![first];
    // With all that the broker sends ahead in hand, no more can come.
    while deliveries.len() < usize::from(PREFETCH)
        && bytes < MAX_GATHERED_BYTES
        && event_bound(&deliveries) < MAX_EVENTS
    {
        let Ok(delivery) = tokio::time::timeout_at(deadline, next(&mut source.deliveries)).await
        else {
            break;
        };
        let delivery = delivery?;
        bytes += delivery.data.len();
        deliveries.push(delivery);
    }
    Ok(Gathered { channel: source.channel.clone(), deliveries })
}

/// Waits for a message. Cancelling it loses nothing.
async fn next(deliveries: &mut lapin::Consumer) -> Result<Delivery, SessionError> {
    match deliveries.next().await {
        Some(Ok(delivery)) => Ok(delivery),
        Some(Err(source)) => {
            Err(BrokerError::Channel { action: "receive a message", source }.into())
        }
        None => Err(SessionError::Ended),
    }
}

/// About how many events the deliveries hold, without opening them.
fn event_bound(deliveries: &[Delivery]) -> usize {
    const TYPICAL_EVENT_BYTES: usize = 400;
    deliveries.iter().map(|delivery| 1 + delivery.data.len() / TYPICAL_EVENT_BYTES).sum()
}

/// Decodes the messages; what is no batch becomes a dead letter as it came.
async fn decode(
    deliveries: Vec<Delivery>,
    dead: &DeadLetters<'_>,
) -> Result<Delivered, SessionError> {
    let mut delivered = Delivered::default();
    for delivery in deliveries {
        match read(&delivery) {
            Ok(batch) => {
                let replayed = topology::is_replayed(&delivery.properties);
                delivered.messages.push(Message { batch, replayed });
            }
            Err(reason) => delivered.unreadable.push(bury(&delivery, dead, &reason).await?),
        }
    }
    Ok(delivered)
}

fn read(delivery: &Delivery) -> Result<Batch, String> {
    let kind = delivery.properties.kind().as_ref().map(|kind| kind.as_str());
    if kind != Some(MESSAGE_TYPE) {
        return Err(format!("the message type {kind:?} is unknown to this version"));
    }
    if delivery.data.len() > MAX_BYTES {
        return Err(format!("the message has {} bytes", delivery.data.len()));
    }
    Batch::decode(Bytes::copy_from_slice(&delivery.data))
        .map_err(|error| ErrorChain(&error).to_string())
}

/// Sets a message aside that can't be read; its id comes back.
async fn bury(
    delivery: &Delivery,
    dead: &DeadLetters<'_>,
    reason: &str,
) -> Result<BatchId, SessionError> {
    let text = |text: &Option<ShortString>| text.as_ref().map(ToString::to_string);
    let id = text(delivery.properties.message_id()).unwrap_or_default();
    let kind = text(delivery.properties.kind()).unwrap_or_default();
    tracing::error!(message.id = id, reason, "a message can't be read and becomes a dead letter");
    dead.bury(Letter { body: &delivery.data, id: &id, kind: &kind }, reason).await?;
    // Without an id such as ours have, a redelivery can't be known.
    Ok(id.parse().unwrap_or_else(|_| BatchId::generate()))
}

fn report_lag(delivered: &Delivered, vitals: &Vitals) {
    let now = shared::time::now();
    for message in &delivered.messages {
        if let Some(entry) = message.batch.entries.first() {
            let lag = (now - entry.received_at).to_std().unwrap_or_default();
            metrics::observe(Histogram::LagSeconds, "visible", lag.as_secs_f64());
            vitals.visible(lag, message.batch.entries.len());
        }
    }
    let events =
        delivered.messages.iter().map(|message| message.batch.entries.len()).sum::<usize>();
    #[expect(clippy::cast_precision_loss, reason = "a batch has far fewer than 2^52 events")]
    metrics::observe(Histogram::BatchEvents, "stored", events as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After which of these looks a lane that is sent nothing connects again.
    #[track_caller]
    fn check(looks: &[(u32, u32)], expected: Option<usize>) {
        let mut attention = Attention::default();
        let doubted = looks
            .iter()
            .position(|&(ready, consumers)| attention.after(Waiting { ready, consumers }).is_err());
        assert_eq!(doubted, expected, "{looks:?}");
    }

    #[test]
    fn a_lane_notices_a_queue_that_is_no_more_and_forgives_a_slow_broker() {
        check(&[(0, 2), (0, 2), (0, 2)], None);
        // Nobody consumes the queue, or others do and leave something.
        check(&[(0, 0), (0, 0)], Some(1));
        check(&[(0, 2), (3, 1), (3, 1)], Some(2));
        check(&[(0, 0), (0, 2), (0, 0), (0, 2)], None);
    }
}
