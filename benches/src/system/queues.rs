//! What waits in the broker.

use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use lapin::{Channel, Connection};
use shared::broker::topology::{self, Queue};
use shared::config::{BrokerConfig, Secret};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

/// The namespace of a stack that was not told another.
const NAMESPACE: &str = "errata";

/// Longest wait for the broker.
const LIMIT: Duration = Duration::from_secs(10);

/// Between two looks of a watcher.
const WATCH: Duration = Duration::from_millis(500);

/// Messages in all queues, dead letters included: after a run there should be none.
///
/// # Errors
/// When the broker does not answer.
pub async fn waiting(amqp_url: &str) -> anyhow::Result<u64> {
    timeout(LIMIT, ask(amqp_url)).await.context("the broker did not answer in time")?
}

/// Looks at the queues until it is told to finish or dropped.
#[derive(Debug)]
pub struct Watcher {
    depths: Arc<Mutex<Vec<(Instant, u64)>>>,
    // Ends with the watcher.
    task: JoinSet<anyhow::Result<()>>,
}

impl Watcher {
    /// Begins at once.
    #[must_use]
    pub fn start(amqp_url: String) -> Self {
        let depths = Arc::<Mutex<_>>::default();
        let mut task = JoinSet::new();
        task.spawn(watch(amqp_url, Arc::clone(&depths)));
        Self { depths, task }
    }

    /// When how many messages waited.
    ///
    /// # Errors
    /// When the broker did not answer meanwhile.
    pub fn finish(mut self) -> anyhow::Result<Vec<(Instant, u64)>> {
        if let Some(ended) = self.task.try_join_next() {
            ended??;
        }
        Ok(take(&mut *self.depths.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

async fn watch(url: String, depths: Arc<Mutex<Vec<(Instant, u64)>>>) -> anyhow::Result<()> {
    let connection = connect(&url).await?;
    let channel = connection.create_channel().await.context("cannot open a channel")?;
    let mut looks = interval(WATCH);
    loop {
        looks.tick().await;
        let depth = timeout(LIMIT, depth(&channel)).await.context("the broker is silent")??;
        depths.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), depth));
    }
}

async fn connect(amqp_url: &str) -> anyhow::Result<Connection> {
    let urls = vec![Secret::new(amqp_url.to_owned())];
    let config = BrokerConfig { urls, ca_file: None };
    let connecting = timeout(LIMIT, shared::broker::connect(&config, "errata-bench"));
    Ok(connecting.await.context("the broker did not answer in time")??)
}

async fn ask(amqp_url: &str) -> anyhow::Result<u64> {
    let connection = connect(amqp_url).await?;
    let channel = connection.create_channel().await.context("cannot open a channel")?;
    let messages = depth(&channel).await?;
    connection.close(200, "done".into()).await.context("cannot close the connection")?;
    Ok(messages)
}

async fn depth(channel: &Channel) -> anyhow::Result<u64> {
    let mut messages = 0;
    for queue in Queue::ALL {
        let (ready, _consumers) = topology::depth(channel, queue, NAMESPACE).await?;
        messages += u64::from(ready);
    }
    Ok(messages)
}
