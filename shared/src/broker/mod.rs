//! Access to RabbitMQ: connecting, and the queues with their reasons ([`topology`]).

pub mod topology;

use std::time::Duration;

use lapin::tcp::OwnedTLSConfig;
use lapin::types::{AMQPValue, ShortString};
use lapin::{Connection, ConnectionProperties};

use crate::config::BrokerConfig;

/// Every wait for the broker ends after this time. What ingest publishes waits for less, so that its
/// client is answered in time.
pub const BROKER_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no connection to the broker.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BrokerError {
    #[error("failed to read the CA file for the broker")]
    CaFile(#[source] std::io::Error),
    #[error("failed to connect to the broker")]
    Connect(#[source] lapin::Error),
    #[error("the broker did not answer in time")]
    Timeout,
    #[error("failed to {action}")]
    Channel {
        action: &'static str,
        #[source]
        source: lapin::Error,
    },
    #[error("the broker did not take the message")]
    NotConfirmed,
    #[error("the queue that is consumed does not exist any more")]
    NotConsuming,
    #[error("no broker is configured")]
    NoBroker,
}

impl BrokerError {
    /// A failed use of a channel; `action` completes the sentence "failed to …".
    pub fn channel(action: &'static str) -> impl FnOnce(lapin::Error) -> Self {
        move |source| Self::Channel { action, source }
    }
}

/// Connects to the first of the configured brokers that answers. The name shows in the broker's
/// management.
///
/// Publishers and consumers use connections of their own, because the broker throttles a publishing
/// connection and must not throttle acknowledgements with it.
///
/// # Errors
/// That of the last broker that was tried.
pub async fn connect(config: &BrokerConfig, name: &str) -> Result<Connection, BrokerError> {
    let tls = OwnedTLSConfig {
        identity: None,
        cert_chain: match &config.ca_file {
            Some(path) => Some(tokio::fs::read_to_string(path).await.map_err(BrokerError::CaFile)?),
            None => None,
        },
    };
    let mut last = BrokerError::NoBroker;
    for url in &config.urls {
        let connecting = lapin::ConnectionBuilder::new()
            .map_err(BrokerError::Connect)?
            .with_uri_str(url.expose().to_owned())
            .with_properties(properties(name))
            .with_tls_config(tls.clone());
        match tokio::time::timeout(BROKER_TIMEOUT, connecting.connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(source)) => last = BrokerError::Connect(source),
            Err(_) => last = BrokerError::Timeout,
        }
    }
    Err(last)
}

/// Recovery is ours, not the library's: a publisher has to know at once that a confirm is lost.
fn properties(name: &str) -> ConnectionProperties {
    ConnectionProperties::default().with_connection_name(name.into())
}

/// The wait between attempts to connect again.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(2);

    /// Starts with the shortest wait.
    pub fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// Waits, and makes the next wait twice as long up to a bound.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(Self::LONGEST);
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

/// A text as an AMQP short string; ours are all short.
fn short(text: &str) -> ShortString {
    text.into()
}

/// A text as an AMQP table value.
fn value(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}
