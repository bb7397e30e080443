//! The only place that spells a queue name, and the reason for every option of a queue or message.

use chrono::{DateTime, Utc};
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel};

use super::{BrokerError, short, value};
use crate::batch::MESSAGE_TYPE;
use crate::ids::BatchId;
use crate::telemetry::traces::{Origin, TRACEPARENT};

/// The queues of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Events of projects within their rate budget. Each queue has worker lanes of its own.
    Events,
    /// Events of projects above their rate budget, so that a flood delays nobody else.
    Bulk,
    /// What can't be stored whatever is tried, kept for a person to look at.
    Dead,
}

impl Queue {
    /// All queues.
    pub const ALL: [Self; 3] = [Self::Events, Self::Bulk, Self::Dead];

    /// The name without the namespace; also the label of metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Bulk => "events.bulk",
            Self::Dead => "events.dead",
        }
    }

    /// The name in the broker. Messages go through the default exchange, whose routing key is the
    /// queue's name.
    pub fn name(self, namespace: &str) -> ShortString {
        short(&format!("{namespace}.{}", self.label()))
    }
}

/// More than this in one queue is refused (`reject-publish`), and ingest spools it: a broker whose
/// disk is full takes nothing from anybody.
const MAX_QUEUE_BYTES: i64 = 8 << 30;

/// Declares all queues. Declaring them again changes nothing, so every service does it when it
/// connects.
///
/// # Errors
/// When the broker refuses, for example because a queue exists with other options.
pub async fn declare(channel: &Channel, namespace: &str) -> Result<(), BrokerError> {
    for queue in Queue::ALL {
        channel
            .queue_declare(queue.name(namespace), QueueDeclareOptions::durable(), arguments())
            .await
            .map_err(BrokerError::channel("declare a queue"))?;
    }
    Ok(())
}

fn arguments() -> FieldTable {
    let mut arguments = FieldTable::default();
    // Replicated and synced before the confirm; what a cluster needs and what one node needs too.
    arguments.insert(short("x-queue-type"), value("quorum"));
    // A full queue answers with a nack, which ingest turns into a spooled message.
    arguments.insert(short("x-overflow"), value("reject-publish"));
    arguments.insert(short("x-max-length-bytes"), AMQPValue::LongLongInt(MAX_QUEUE_BYTES));
    arguments
}

/// The properties of a batch message, with the span that it is part of where there is one.
pub fn batch_properties(batch_id: BatchId, origin: Option<Origin>) -> BasicProperties {
    let properties = BasicProperties::default()
        // Persistent: a confirmed message survives the broker's restart.
        .with_delivery_mode(2)
        .with_content_type(short("application/x-protobuf"))
        // The reader checks the type before it decodes.
        .with_type(short(MESSAGE_TYPE))
        .with_message_id(short(&batch_id.to_string()));
    let Some(origin) = origin else { return properties };
    let mut headers = FieldTable::default();
    headers.insert(short(TRACEPARENT), value(&origin.traceparent()));
    properties.with_headers(headers)
}

/// The span that a message is part of, where it says so readably.
pub fn origin(properties: &BasicProperties) -> Option<Origin> {
    let headers = properties.headers().as_ref()?;
    let AMQPValue::LongString(text) = headers.inner().get(TRACEPARENT)? else { return None };
    Origin::parse(std::str::from_utf8(text.as_bytes()).ok()?)
}

/// Header of a dead letter: why it could not be stored.
pub const DEAD_REASON_HEADER: &str = "x-errata-reason";

/// Header of a message that was a dead letter and is tried again: how its events end now replaces how
/// they had ended.
const REPLAYED_HEADER: &str = "x-errata-replayed";

/// What is known about a dead letter.
#[derive(Debug, Clone, Copy)]
pub struct DeadLetter<'a> {
    /// The message's id, as it came.
    pub id: &'a str,
    /// The message's type, as it came.
    pub kind: &'a str,
    /// Why it is dead.
    pub reason: &'a str,
    /// Since when.
    pub buried_at: DateTime<Utc>,
}

/// The properties of a dead letter.
pub fn dead_properties(letter: DeadLetter<'_>) -> BasicProperties {
    let DeadLetter { id, kind, reason, buried_at } = letter;
    let mut headers = FieldTable::default();
    headers.insert(short(DEAD_REASON_HEADER), value(reason));
    properties_as_they_came(id, kind)
        .with_headers(headers)
        // Whole seconds, as the protocol has it.
        .with_timestamp(u64::try_from(buried_at.timestamp()).unwrap_or_default())
}

/// The properties of a dead letter that goes back to the events: id and type as they came.
pub fn replayed_properties(id: &str, kind: &str) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert(short(REPLAYED_HEADER), AMQPValue::Boolean(true));
    properties_as_they_came(id, kind).with_headers(headers)
}

fn properties_as_they_came(id: &str, kind: &str) -> BasicProperties {
    BasicProperties::default()
        .with_delivery_mode(2)
        .with_content_type(short("application/x-protobuf"))
        .with_type(short(kind))
        .with_message_id(short(id))
}

/// Name of the queue that stands for the right to handle dead letters. It never holds a message: it is
/// exclusive to one connection and vanishes with it, which makes it a lock that no crash can leave behind.
pub fn dead_letters_lock(namespace: &str) -> ShortString {
    short(&format!("{namespace}.{}.lock", Queue::Dead.label()))
}

/// Whether a message was a dead letter and is tried again.
pub fn is_replayed(properties: &BasicProperties) -> bool {
    let headers = properties.headers().as_ref();
    headers.is_some_and(|headers| headers.inner().contains_key(REPLAYED_HEADER))
}

/// How many messages wait in a queue, and how many consumers it has.
///
/// # Errors
/// When the queue is missing or the broker does not answer.
pub async fn depth(
    channel: &Channel,
    queue: Queue,
    namespace: &str,
) -> Result<(u32, u32), BrokerError> {
    let found = channel
        .queue_declare(
            queue.name(namespace),
            QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() },
            FieldTable::default(),
        )
        .await
        .map_err(BrokerError::channel("ask for a queue's depth"))?;
    Ok((found.message_count(), found.consumer_count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_which_span_it_is_part_of_and_nothing_without_one() {
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let expected = Origin::parse(traceparent);
        assert!(expected.is_some());
        assert_eq!(origin(&batch_properties(BatchId::generate(), expected)), expected);
        let plain = batch_properties(BatchId::generate(), None);
        assert!(plain.headers().is_none());
        assert_eq!(origin(&plain), None);
        let mut headers = FieldTable::default();
        headers.insert(short(TRACEPARENT), AMQPValue::Boolean(true));
        assert_eq!(origin(&BasicProperties::default().with_headers(headers)), None);
    }
}
