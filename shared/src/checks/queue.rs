//! The check of RabbitMQ.

use std::time::Duration;

use lapin::{Channel, Connection};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::CHECK_TIMEOUT;
use super::round::Answer;
use crate::broker::topology::{self, Queue};
use crate::broker::{self, BrokerError};
use crate::config::BrokerConfig;
use crate::telemetry::ErrorChain;

/// Looks at the queues over a connection that is kept from check to check.
#[derive(Debug)]
pub(super) struct QueueCheck {
    /// The broker that is asked first stands first.
    brokers: BrokerConfig,
    namespace: String,
    kept: Option<(Connection, Channel)>,
}

impl QueueCheck {
    pub(super) fn new(brokers: BrokerConfig, namespace: String) -> Self {
        Self { brokers, namespace, kept: None }
    }

    /// Whether the broker tells what is in its queues.
    pub(super) async fn check(&mut self) -> Answer {
        let asked = Instant::now();
        let outcome = tokio::time::timeout(CHECK_TIMEOUT, self.ask()).await;
        let outcome = outcome.unwrap_or(Err(BrokerError::Timeout));
        match outcome {
            Ok((took, details)) => Answer::healthy(took, details),
            Err(error) => {
                tracing::debug!(error = %ErrorChain(&error), "the check of RabbitMQ failed");
                self.kept = None;
                // One that hangs must not keep the others from being asked in the next round.
                if let [_, _, ..] = self.brokers.urls.as_slice() {
                    self.brokers.urls.rotate_left(1);
                }
                Answer::unhealthy(asked.elapsed(), problem(&error))
            }
        }
    }

    /// A connection may have been closed since the check before without anything being wrong: then the
    /// same check connects again.
    async fn ask(&mut self) -> Result<(Duration, Value), BrokerError> {
        if let Some((_connection, channel)) = &self.kept
            && let Ok(answer) = look(channel, &self.namespace).await
        {
            return Ok(answer);
        }
        self.kept = None;
        let connection = broker::connect(&self.brokers, "errata-checks").await?;
        let channel = connection.create_channel().await;
        let channel = channel.map_err(BrokerError::channel("open a channel for checks"))?;
        topology::declare(&channel, &self.namespace).await?;
        let (_connection, channel) = self.kept.insert((connection, channel));
        look(channel, &self.namespace).await
    }
}

/// What is said to people about an error, without addresses.
fn problem(error: &BrokerError) -> &'static str {
    match error {
        BrokerError::Timeout => "RabbitMQ does not answer in time",
        BrokerError::Channel { .. } => "RabbitMQ refuses the check",
        _ => "RabbitMQ can't be connected to",
    }
}

async fn look(channel: &Channel, namespace: &str) -> Result<(Duration, Value), BrokerError> {
    let (mut queues, mut depth, mut consumers) = (Vec::new(), 0_u64, 0_u64);
    let asked = Instant::now();
    for queue in Queue::ALL {
        let (ready, taking) = topology::depth(channel, queue, namespace).await?;
        queues.push(json!({"name": queue.label(), "depth": ready, "consumers": taking}));
        if queue != Queue::Dead {
            depth += u64::from(ready);
            consumers += u64::from(taking);
        }
    }
    let took = asked.elapsed() / u32::try_from(Queue::ALL.len()).unwrap_or(1);
    Ok((took, json!({"queue_depth": depth, "consumers": consumers, "queues": queues})))
}
