//! What can't be stored whatever is tried: kept in a queue of its own, with the reason, for a person
//! to look at.

use std::time::Duration;

use lapin::options::BasicPublishOptions;
use lapin::{Channel, Confirmation};
use shared::batch::{Batch, Entry};
use shared::broker::topology::{self, Queue};
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
const MAX_REASON_CHARS: usize = 500;

impl DeadLetters<'_> {
    /// Sets one event aside, as a batch of its own that can be replayed.
    ///
    /// # Errors
    /// When the broker does not confirm in time.
    pub async fn bury_event(&self, entry: &Entry, reason: &str) -> Result<(), BrokerError> {
        let batch = Batch { batch_id: BatchId::generate(), entries: vec![entry.clone()] };
        let id = batch.batch_id.to_string();
        self.bury_message(&batch.encode(), &id, reason).await
    }

    /// Sets a whole message aside, as it came.
    ///
    /// # Errors
    /// When the broker does not confirm in time.
    pub async fn bury_message(
        &self,
        body: &[u8],
        id: &str,
        reason: &str,
    ) -> Result<(), BrokerError> {
        let reason: String = reason.chars().take(MAX_REASON_CHARS).collect();
        let publishing = async {
            self.channel
                .basic_publish(
                    "".into(),
                    Queue::Dead.name(self.namespace),
                    // A message that no queue takes comes back instead of vanishing.
                    BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() },
                    body,
                    topology::dead_properties(id, &reason),
                )
                .await
                .map_err(BrokerError::channel("publish a dead letter"))?
                .await
                .map_err(BrokerError::channel("have a dead letter confirmed"))
        };
        let timeout: Duration = BROKER_TIMEOUT;
        match tokio::time::timeout(timeout, publishing)
            .await
            .map_err(|_| BrokerError::Timeout)??
        {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_)) | Confirmation::Nack(_) | Confirmation::NotRequested => {
                Err(BrokerError::NotConfirmed)
            }
        }
    }
}
