//! Waiting until nothing is on its way any more: no message in the spool, in a queue, or taken by a
//! worker and not yet stored.

use std::time::Duration;

use deploy::services::{Service, Services};
use lapin::{Channel, Connection, ConnectionProperties};
use shared::broker::topology::{self, Queue};

use super::client::Client;

/// After every fault the system must have caught up within this.
const CATCHING_UP: Duration = Duration::from_secs(60);

/// The queues of one system, asked past the services.
pub(crate) struct Queues {
    _connection: Connection,
    pub(crate) channel: Channel,
    pub(crate) namespace: String,
}

impl Queues {
    pub(crate) async fn at(amqp_url: &str, namespace: &str) -> Self {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(amqp_url, properties).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        Self { _connection: connection, channel, namespace: namespace.to_owned() }
    }

    /// How many messages wait for a worker.
    pub(crate) async fn waiting(&self) -> u32 {
        self.depth().await.0
    }

    /// How many messages were left by a worker that has ended. The broker notices its end a little later,
    /// and gives back what it had taken in the same moment.
    async fn left(&self) -> u32 {
        loop {
            let (waiting, consumers) = self.depth().await;
            if consumers == 0 {
                return waiting;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The messages and the consumers of all queues.
    async fn depth(&self) -> (u32, u32) {
        let mut all = (0, 0);
        for queue in [Queue::Events, Queue::Bulk] {
            let found = topology::depth(&self.channel, queue, &self.namespace).await.unwrap();
            all = (all.0 + found.0, all.1 + found.1);
        }
        all
    }
}

/// Waits until everything that was accepted has been stored, and ends the worker: what it had taken
/// and not acknowledged would show in the queue again.
pub(crate) async fn settle(services: &mut Services, queues: &Queues) {
    let settling = async {
        loop {
            until_drained(services, queues).await;
            let status = services.terminate(Service::Worker).await;
            assert_eq!(status.and_then(|status| status.code()), Some(0), "the worker's end");
            if queues.left().await == 0 {
                return;
            }
            services.restart(Service::Worker).await.unwrap();
        }
    };
    let settled = tokio::time::timeout(CATCHING_UP, settling).await;
    assert!(settled.is_ok(), "spool and queues were not empty within {CATCHING_UP:?}");
}

/// Waits until nothing is in the spool or a queue; a worker may still hold what it has taken.
pub(crate) async fn until_drained(services: &Services, queues: &Queues) {
    while spool_bytes(services).await > 0 || queues.waiting().await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What ingest says about the size of its spool.
pub(crate) async fn spool_bytes(services: &Services) -> u64 {
    metric(services, Service::Ingest, "errata_spool_bytes", "").await
}

/// The sum of a metric over those of its labels that hold a text.
pub(crate) async fn metric(services: &Services, of: Service, name: &str, label: &str) -> u64 {
    let metrics = Client::new(services.url(of)).text("/metrics").await;
    let lines = metrics.lines().filter(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && line.contains(label)
    });
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
