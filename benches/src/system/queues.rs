//! What waits in the broker.

use std::time::Duration;

use anyhow::Context as _;
use shared::broker::topology::{self, Queue};
use shared::config::{BrokerConfig, Secret};

/// The namespace of a stack that was not told another.
const NAMESPACE: &str = "errata";

/// Longest wait for the broker.
const LIMIT: Duration = Duration::from_secs(10);

/// Messages in all queues, dead letters included: after a run there should be none.
///
/// # Errors
/// When the broker does not answer.
pub async fn waiting(amqp_url: &str) -> anyhow::Result<u64> {
    let urls = vec![Secret::new(amqp_url.to_owned())];
    let config = BrokerConfig { urls, ca_file: None };
    tokio::time::timeout(LIMIT, ask(&config)).await.context("the broker did not answer in time")?
}

async fn ask(config: &BrokerConfig) -> anyhow::Result<u64> {
    let connection = shared::broker::connect(config, "errata-bench").await?;
    let channel = connection.create_channel().await.context("cannot open a channel")?;
    let mut messages = 0;
    for queue in Queue::ALL {
        let (ready, _consumers) = topology::depth(&channel, queue, NAMESPACE).await?;
        messages += u64::from(ready);
    }
    connection.close(200, "done".into()).await.context("cannot close the connection")?;
    Ok(messages)
}
