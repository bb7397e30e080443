//! The desk at which dead letters are looked at: one command at a time, one letter after the other.
//!
//! A letter that is only looked at is kept back until the pass ends, because the broker would hand a
//! returned one out again at once. Only its number is kept here, so that a queue of any size takes
//! little memory; the broker keeps the letters. A command that is killed loses nothing: with its
//! connection all that it kept back returns to the queue.

use std::future::Future;

use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicNackOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ErrorKind};
use shared::broker::topology::{self, Queue};
use shared::broker::{self, BROKER_TIMEOUT, BrokerError};
use shared::config::BrokerConfig;

use super::bury::{Message, publish};
use super::found::{Found, LetterId};

/// Letters that are returned at once, so that none of these waits outlasts its timeout.
const RETURNED_AT_ONCE: usize = 500;

/// Why dead letters could not be handled.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum DeskError {
    #[error("failed to reach the dead letters")]
    Broker(#[from] BrokerError),
    #[error("another command is at the dead letters; try again when it has ended")]
    Taken,
    #[error("there is no dead letter {}", .0.iter().map(LetterId::as_str).collect::<Vec<_>>().join(", "))]
    Unknown(Vec<LetterId>),
    #[error("failed to write the answer")]
    Output(#[from] std::io::Error),
}

/// A connection that alone handles the dead letters.
#[derive(Debug)]
pub struct Desk {
    connection: Connection,
    /// Looks through the queue; what it keeps back returns when it closes.
    letters: Channel,
    /// Publishes, with confirms.
    replies: Channel,
    namespace: String,
}

impl Desk {
    /// Connects, and keeps other commands away from the letters.
    ///
    /// # Errors
    /// When the broker does not answer, or another command is at work.
    pub async fn open(config: &BrokerConfig, namespace: &str) -> Result<Self, DeskError> {
        let connection = broker::connect(config, "errata-dead-letters").await?;
        let letters = channel(&connection).await?;
        let replies = channel(&connection).await?;
        within("ask for confirms", replies.confirm_select(ConfirmSelectOptions::default())).await?;
        tokio::time::timeout(BROKER_TIMEOUT, topology::declare(&replies, namespace))
            .await
            .map_err(|_| BrokerError::Timeout)??;
        lock(&connection, namespace).await?;
        Ok(Self { connection, letters, replies, namespace: namespace.to_owned() })
    }

    /// Starts to look through the letters that are there now.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn pass(&self) -> Result<Pass<'_>, DeskError> {
        let letters = self.waiting().await?;
        Ok(Pass { desk: self, total: letters, left: letters, kept_back: Vec::new() })
    }

    /// How many letters are in the queue and in nobody's hand. A broker that is slow to count says
    /// nought, so that is asked for twice.
    async fn waiting(&self) -> Result<u32, DeskError> {
        match self.depth().await? {
            0 => self.depth().await,
            letters => Ok(letters),
        }
    }

    async fn depth(&self) -> Result<u32, DeskError> {
        let depth = topology::depth(&self.replies, Queue::Dead, &self.namespace);
        let depth = tokio::time::timeout(BROKER_TIMEOUT, depth).await;
        let (letters, _) = depth.map_err(|_| BrokerError::Timeout)??;
        Ok(letters)
    }

    /// Waits until so many letters are in the queue. Returning one is not confirmed by the broker, so
    /// its count is asked for until it shows.
    async fn wait_for(&self, letters: u32) -> Result<(), DeskError> {
        let waiting = async {
            while self.waiting().await? < letters {}
            Ok(())
        };
        tokio::time::timeout(BROKER_TIMEOUT, waiting).await.map_err(|_| BrokerError::Timeout)?
    }

    /// Ends the connection, once the broker has heard everything.
    ///
    /// # Errors
    /// When it does not answer; then letters that were removed may show again.
    pub async fn close(self) -> Result<(), DeskError> {
        let closing = self.connection.close(200, "done".into());
        Ok(within("close the connection", closing).await?)
    }
}

/// One look through the letters. It ends after as many as there were at its beginning, so that a
/// letter that comes back meanwhile is not met twice.
#[derive(Debug)]
pub struct Pass<'a> {
    desk: &'a Desk,
    total: u32,
    left: u32,
    /// What the broker calls the letters that were put back.
    kept_back: Vec<u64>,
}

impl Pass<'_> {
    /// How many letters there were at the beginning.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// Takes the next letter. It must be put back or removed, or it stays away until the desk closes.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn next(&mut self) -> Result<Option<Found>, DeskError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let queue = Queue::Dead.name(&self.desk.namespace);
        // Acknowledged by hand, so that a letter leaves the queue only when it is removed.
        let getting = self.desk.letters.basic_get(queue, BasicGetOptions { no_ack: false });
        let message = within("take a letter", getting).await?;
        Ok(message.map(|message| Found::of(message.delivery)))
    }

    /// Leaves a letter in the queue.
    pub fn put_back(&mut self, letter: Found) {
        self.kept_back.push(letter.tag);
    }

    /// Takes a letter out of the queue for good.
    ///
    /// # Errors
    /// When the connection is gone; the letter is still there then.
    pub async fn remove(&mut self, letter: Found) -> Result<(), DeskError> {
        let acknowledging = self.desk.letters.basic_ack(letter.tag, BasicAckOptions::default());
        Ok(within("remove a letter", acknowledging).await?)
    }

    /// Has the worker try a letter's message again, as it came. The letter is still in the queue
    /// afterwards: it is removed after this, so that a crash between the two makes the worker see the
    /// same events twice, which changes nothing.
    ///
    /// # Errors
    /// When the broker does not confirm that it has the message.
    pub async fn publish(&self, letter: &Found) -> Result<(), DeskError> {
        let properties = topology::replayed_properties(letter.id.as_str(), &letter.kind);
        let message = Message { queue: Queue::Events, body: &letter.body, properties };
        Ok(publish(&self.desk.replies, &self.desk.namespace, message).await?)
    }

    /// Ends the pass: what was put back is in the queue again when this returns, so that the next command
    /// finds it. In which order is up to the broker.
    ///
    /// # Errors
    /// When the broker does not have them in time; it gets them with the end of the connection then.
    pub async fn finish(self) -> Result<(), DeskError> {
        for tags in self.kept_back.chunks(RETURNED_AT_ONCE) {
            let Some(last) = tags.last() else { continue };
            let before = self.desk.waiting().await?;
            // All up to this one, except those that were removed.
            let options = BasicNackOptions { requeue: true, multiple: true };
            within("return letters", self.desk.letters.basic_nack(*last, options)).await?;
            let returned = u32::try_from(tags.len()).unwrap_or(u32::MAX);
            self.desk.wait_for(before.saturating_add(returned)).await?;
        }
        Ok(())
    }
}

async fn channel(connection: &Connection) -> Result<Channel, BrokerError> {
    within("open a channel", connection.create_channel()).await
}

/// Two commands at once would hide letters from each other.
async fn lock(connection: &Connection, namespace: &str) -> Result<(), DeskError> {
    // The broker closes a channel on which it refuses something.
    let channel = channel(connection).await?;
    let name = topology::dead_letters_lock(namespace);
    let declaring =
        channel.queue_declare(name, QueueDeclareOptions::exclusive(), FieldTable::default());
    match within("keep other commands away", declaring).await {
        // The lock is the connection's and outlives the channel.
        Ok(_) => Ok(within("close a channel", channel.close(200, "done".into())).await?),
        Err(BrokerError::Channel { source, .. }) if is_locked(&source) => Err(DeskError::Taken),
        Err(error) => Err(error.into()),
    }
}

fn is_locked(error: &lapin::Error) -> bool {
    /// The reply code `RESOURCE_LOCKED`: the queue is another connection's.
    const RESOURCE_LOCKED: u16 = 405;
    matches!(error.kind(), ErrorKind::ProtocolError(error) if error.get_id() == RESOURCE_LOCKED)
}

/// Waits for the broker, but not for ever.
async fn within<T>(
    action: &'static str,
    waiting: impl Future<Output = lapin::Result<T>>,
) -> Result<T, BrokerError> {
    tokio::time::timeout(BROKER_TIMEOUT, waiting)
        .await
        .map_err(|_| BrokerError::Timeout)?
        .map_err(BrokerError::channel(action))
}
