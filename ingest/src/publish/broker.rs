//! The publishing connection: kept up in the background, its state known to every publish.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, Event};
use shared::broker::topology::{self, Queue};
use shared::broker::{self as access, BROKER_TIMEOUT, Backoff, BrokerError};
use shared::config::BrokerConfig;
use shared::ids::BatchId;
use shared::telemetry::ErrorChain;
use shared::telemetry::metrics::{self, Counter, Gauge, Histogram};
use shared::telemetry::traces::Origin;
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// Why the broker did not take a message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error("the broker is away")]
    Away,
    #[error("the broker went away or blocked publishing before it confirmed")]
    Interrupted,
    #[error("the broker did not confirm within {} seconds", CONFIRM_TIMEOUT.as_secs())]
    Timeout,
    #[error("no queue took the message")]
    Unroutable,
    #[error("the queue is full")]
    Refused,
    #[error("publishing failed")]
    Failed(#[source] lapin::Error),
}

impl PublishError {
    /// Label of the metric of spooled messages.
    pub(crate) fn as_label(&self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Interrupted => "interrupted",
            Self::Timeout => "timeout",
            Self::Unroutable => "unroutable",
            Self::Refused => "refused",
            Self::Failed(_) => "failed",
        }
    }
}

/// A confirm that takes longer is given up. A client is to be answered within five seconds, and the
/// rest of them is for the spool.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(4);

/// Messages published and not yet confirmed, at most: two of each queue's batcher and those of the
/// spool's drain, with room to spare.
const MAX_UNCONFIRMED: usize = 16;

/// The channels of one connection. Each carries one message at a time: the library hands a returned
/// message to whichever publish of its channel is confirmed next, so that with two of them one could
/// be taken for durable that no queue took.
#[derive(Debug)]
struct Channels {
    idle: Mutex<Vec<Channel>>,
    free: Semaphore,
}

impl Channels {
    fn new(channels: Vec<Channel>) -> Self {
        Self { free: Semaphore::new(channels.len()), idle: Mutex::new(channels) }
    }

    /// A channel for one message. It comes back with [`Channels::put_back`] or not at all.
    async fn take(&self) -> Option<Channel> {
        self.free.acquire().await.ok()?.forget();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Returns a channel whose message was confirmed or refused.
    fn put_back(&self, channel: Channel) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(channel);
        self.free.add_permits(1);
    }
}

/// A message as the broker is given it.
struct Outgoing<'a> {
    queue: Queue,
    body: &'a [u8],
    properties: BasicProperties,
}

/// Publishes messages; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Broker {
    namespace: String,
    channels: watch::Receiver<Option<Arc<Channels>>>,
    doubt: Arc<Notify>,
}

/// Keeps the connection of a [`Broker`] up.
#[derive(Debug)]
pub(crate) struct Keeper {
    config: BrokerConfig,
    namespace: String,
    channels: watch::Sender<Option<Arc<Channels>>>,
    doubt: Arc<Notify>,
}

impl Broker {
    /// A publisher, and the keeper that must be run for it.
    pub(crate) fn new(config: BrokerConfig, namespace: String) -> (Self, Keeper) {
        let (sender, receiver) = watch::channel(None);
        let doubt = Arc::new(Notify::new());
        let broker =
            Self { namespace: namespace.clone(), channels: receiver, doubt: Arc::clone(&doubt) };
        (broker, Keeper { config, namespace, channels: sender, doubt })
    }

    /// Whether messages are taken now.
    pub(crate) fn is_up(&self) -> bool {
        self.channels.borrow().is_some()
    }

    /// Waits until messages are taken.
    pub(crate) async fn up(&self) {
        // The sender lives as long as the process.
        let _ended = self.channels.clone().wait_for(Option::is_some).await.is_err();
    }

    /// Publishes a message and waits for the broker's confirm: from then on it is durable.
    pub(crate) async fn publish(
        &self,
        queue: Queue,
        batch_id: BatchId,
        body: &[u8],
        origin: Option<Origin>,
    ) -> Result<(), PublishError> {
        let channels = self.channels.borrow().clone().ok_or(PublishError::Away)?;
        let mut state = self.channels.clone();
        let started = tokio::time::Instant::now();
        let message =
            Outgoing { queue, body, properties: topology::batch_properties(batch_id, origin) };
        let confirming = self.confirmed(&channels, message);
        let outcome = tokio::select! {
            biased;
            confirmed = tokio::time::timeout(CONFIRM_TIMEOUT, confirming) => {
                confirmed.unwrap_or(Err(PublishError::Timeout))
            }
            // Waiting out the timeout would only delay the spool.
            _ = state.wait_for(Option::is_none) => Err(PublishError::Interrupted),
        };
        match &outcome {
            Ok(()) => {
                metrics::count(Counter::PublishedMessagesTotal, "confirmed", queue.label(), 1);
                let seconds = started.elapsed().as_secs_f64();
                metrics::observe(Histogram::ConfirmDurationSeconds, "confirmed", seconds);
            }
            // A full queue says nothing about the connection, and of one that is away or blocked the
            // keeper knows already.
            Err(PublishError::Refused | PublishError::Away | PublishError::Interrupted) => {}
            Err(_) => self.doubt.notify_one(),
        }
        outcome
    }

    async fn confirmed(
        &self,
        channels: &Channels,
        message: Outgoing<'_>,
    ) -> Result<(), PublishError> {
        let Outgoing { queue, body, properties } = message;
        let channel = channels.take().await.ok_or(PublishError::Away)?;
        let confirmation = channel
            .basic_publish(
                "".into(),
                queue.name(&self.namespace),
                // A message that no queue takes is returned, although it is confirmed as well.
                BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() },
                body,
                properties,
            )
            .await
            .map_err(PublishError::Failed)?
            .await
            .map_err(PublishError::Failed)?;
        channels.put_back(channel);
        match confirmation {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_)) => Err(PublishError::Unroutable),
            Confirmation::Nack(_) | Confirmation::NotRequested => Err(PublishError::Refused),
        }
    }
}

impl Keeper {
    /// Connects, and connects again whenever the connection is lost or in doubt, until the token is
    /// cancelled.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut backoff = Backoff::new();
        while !shutdown.is_cancelled() {
            let session = self.session(&mut backoff);
            let outcome = tokio::select! {
                outcome = session => outcome,
                () = shutdown.cancelled() => return,
            };
            self.channels.send_replace(None);
            metrics::set(Gauge::BrokerConnected, "", 0);
            if let Err(error) = outcome {
                tracing::warn!(error = %ErrorChain(&error), "connecting to the broker again");
            }
            tokio::select! {
                () = backoff.wait() => {}
                () = shutdown.cancelled() => {}
            }
        }
    }

    async fn session(&self, backoff: &mut Backoff) -> Result<(), BrokerError> {
        let connection = access::connect(&self.config, "errata-ingest").await?;
        let mut events = std::pin::pin!(connection.events_listener());
        let mut channels = Arc::new(self.open(&connection).await?);
        let control = self.control(&connection).await?;
        // A doubt about the connection before this one is no doubt about this one.
        let _stale: Option<()> = self.doubt.notified().now_or_never();
        self.channels.send_replace(Some(Arc::clone(&channels)));
        metrics::set(Gauge::BrokerConnected, "", 1);
        tracing::info!("the broker takes messages");
        *backoff = Backoff::new();
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                () = self.doubt.notified() => break,
                // The library reports a closed connection only to those who use it.
                () = tokio::time::sleep(Duration::from_millis(500)) => {
                    if control.status().connected() {
                        continue;
                    }
                    break;
                }
            };
            match event {
                Some(Event::ConnectionBlocked(reason)) => {
                    tracing::warn!(reason, "the broker blocks publishing");
                    self.channels.send_replace(None);
                }
                Some(Event::ConnectionUnblocked) => {
                    tracing::info!("the broker takes messages again");
                    // Channels whose confirm was given up when it blocked never come back, so after
                    // a few alarms none would be left.
                    channels = Arc::new(self.open(&connection).await?);
                    self.channels.send_replace(Some(Arc::clone(&channels)));
                }
                Some(Event::Error(source)) => {
                    return Err(BrokerError::Channel { action: "keep the connection", source });
                }
                Some(_) => {}
                None => break,
            }
        }
        self.channels.send_replace(None);
        // A broker in doubt may not answer the goodbye either.
        let goodbye = connection.close(200, "connecting again".into());
        if tokio::time::timeout(Duration::from_secs(1), goodbye).await.is_err() {
            tracing::debug!("the broker did not answer the goodbye");
        }
        Ok(())
    }

    /// Opens the channels, each with confirms.
    async fn open(&self, connection: &Connection) -> Result<Channels, BrokerError> {
        let opening = async {
            let mut channels = Vec::with_capacity(MAX_UNCONFIRMED);
            for _ in 0..MAX_UNCONFIRMED {
                let channel = connection
                    .create_channel()
                    .await
                    .map_err(BrokerError::channel("open a channel"))?;
                channel
                    .confirm_select(ConfirmSelectOptions::default())
                    .await
                    .map_err(BrokerError::channel("ask for confirms"))?;
                channels.push(channel);
            }
            Ok(Channels::new(channels))
        };
        tokio::time::timeout(BROKER_TIMEOUT, opening).await.map_err(|_| BrokerError::Timeout)?
    }

    /// A channel that carries no messages: declares the queues, and shows whether the connection
    /// still stands.
    async fn control(&self, connection: &Connection) -> Result<Channel, BrokerError> {
        let opening = async {
            let channel = connection
                .create_channel()
                .await
                .map_err(BrokerError::channel("open a channel"))?;
            topology::declare(&channel, &self.namespace).await?;
            Ok(channel)
        };
        tokio::time::timeout(BROKER_TIMEOUT, opening).await.map_err(|_| BrokerError::Timeout)?
    }
}
