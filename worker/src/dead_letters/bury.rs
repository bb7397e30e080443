//! Puts what can't be stored among the dead letters. Confirmed before the message it came with is
//! acknowledged, so that a crash between the two makes a letter twice and never loses it.

use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Channel, Confirmation};
use shared::batch::{Batch, Entry, MESSAGE_TYPE};
use shared::broker::topology::{self, DeadLetter, Queue};
use shared::broker::{BROKER_TIMEOUT, BrokerError};
use shared::ids::BatchId;

/// Publishes dead letters on a channel with confirms.
#[derive(Debug, Clone, Copy)]
pub struct DeadLetters<'a> {
    /// A channel in confirm mode.
    pub channel: &'a Channel,
    /// The installation's namespace.
    pub namespace: &'a str,
}

/// A reason is read by a person; a longer one says nothing more.
pub(super) const MAX_REASON_CHARS: usize = 500;

/// A message that becomes a dead letter.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The body, as it came.
    pub body: &'a [u8],
    /// The message's id.
    pub id: &'a str,
    /// The message's type, as it came.
    pub kind: &'a str,
}

/// Letters that wait for their confirms together.
const CONFIRMED_AT_ONCE: usize = 200;

/// An event that can't be stored.
#[derive(Debug, Clone)]
pub struct Refused<'a> {
    /// The event.
    pub entry: &'a Entry,
    /// The batch that it came in.
    pub batch: &'a Batch,
    /// Why it can't be stored.
    pub reason: String,
}

impl Refused<'_> {
    /// The id of the event's letter. Made from the batch that the event came in, so that an event buried
    /// twice, because the transaction was tried again, is known as one, and one that is buried again
    /// after a replay is not taken for the first.
    pub fn letter_id(&self) -> BatchId {
        self.batch.batch_id.of_one(self.entry.event_id)
    }
}

impl DeadLetters<'_> {
    /// Sets events aside, each as a batch of its own that can be replayed.
    ///
    /// # Errors
    /// When the broker does not confirm all of them in time.
    pub async fn bury_events(&self, refused: &[Refused<'_>]) -> Result<(), BrokerError> {
        for some in refused.chunks(CONFIRMED_AT_ONCE) {
            let burying = some.iter().map(|event| self.bury_event(event));
            futures_util::future::try_join_all(burying).await?;
        }
        Ok(())
    }

    async fn bury_event(&self, refused: &Refused<'_>) -> Result<(), BrokerError> {
        let batch = Batch {
            batch_id: refused.letter_id(),
            instance: refused.batch.instance,
            entries: vec![refused.entry.clone()],
        };
        let id = batch.batch_id.to_string();
        let letter = Letter { body: &batch.encode(), id: &id, kind: MESSAGE_TYPE };
        self.bury(letter, &refused.reason).await
    }

    /// Sets a whole message aside.
    ///
    /// # Errors
    /// When the broker does not confirm in time.
    pub async fn bury(&self, letter: Letter<'_>, reason: &str) -> Result<(), BrokerError> {
        let Letter { body, id, kind } = letter;
        let reason: String = reason.chars().take(MAX_REASON_CHARS).collect();
        let buried_at = shared::time::now();
        let letter = DeadLetter { id, kind, reason: &reason, buried_at };
        let properties = topology::dead_properties(letter);
        let message = Message { queue: Queue::Dead, body, properties };
        publish(self.channel, self.namespace, message).await
    }
}

/// A message for one of the queues.
pub(super) struct Message<'a> {
    pub(super) queue: Queue,
    pub(super) body: &'a [u8],
    pub(super) properties: BasicProperties,
}

/// Publishes on a channel in confirm mode and waits until the broker has the message. Of messages that
/// are under way together a returned one fails one of them, if not always its own.
pub(super) async fn publish(
    channel: &Channel,
    namespace: &str,
    message: Message<'_>,
) -> Result<(), BrokerError> {
    let publishing = async {
        channel
            .basic_publish(
                "".into(),
                message.queue.name(namespace),
                // A message that no queue takes comes back instead of vanishing.
                BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() },
                message.body,
                message.properties,
            )
            .await
            .map_err(BrokerError::channel("publish a letter"))?
            .await
            .map_err(BrokerError::channel("have a letter confirmed"))
    };
    let confirmed = tokio::time::timeout(BROKER_TIMEOUT, publishing).await;
    match confirmed.map_err(|_| BrokerError::Timeout)?? {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) | Confirmation::Nack(_) | Confirmation::NotRequested => {
            Err(BrokerError::NotConfirmed)
        }
    }
}
