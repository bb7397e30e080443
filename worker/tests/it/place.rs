//! What the tests start from: a migrated database, a persister, a channel for dead letters.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use deadpool_postgres::Pool;
use deploy::testing::Sandbox;
use lapin::options::ConfirmSelectOptions;
use lapin::{Channel, Connection};
use shared::batch::{Batch, Entry, Facet};
use shared::broker::{self, topology};
use shared::config::{BrokerConfig, Environment, PostgresConfig, Settings};
use shared::event::Level;
use shared::ids::{
    BatchId, ErrorId, EventId, FINGERPRINT_VERSION, Fingerprint, InstanceId, ProjectId,
};
use shared::ledger::Outcome;
use shared::payload::Payload;
use tokio_postgres::types::FromSqlOwned;
use tokio_util::sync::CancellationToken;
use worker::dead_letters::DeadLetters;
use worker::persist::{Budgets, Delivered, Message, Outcomes, Persister};

/// The project that the migration makes.
pub(crate) const PROJECT: ProjectId = ProjectId(1);

pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    pub(crate) pool: Pool,
    pub(crate) persister: Arc<Persister>,
    pub(crate) channel: Channel,
    connection: Connection,
    /// How many events were delivered, by message.
    delivered: Mutex<BTreeMap<BatchId, usize>>,
}

/// How the events of a transaction ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) stored: u64,
    pub(crate) deduplicated: u64,
    pub(crate) counted_only: u64,
    pub(crate) filtered: u64,
    pub(crate) dead: u64,
}

impl From<Outcomes> for Ended {
    fn from(outcomes: Outcomes) -> Self {
        Self {
            stored: outcomes.count(Outcome::Stored),
            deduplicated: outcomes.count(Outcome::Deduplicated),
            counted_only: outcomes.count(Outcome::CountedOnly),
            filtered: outcomes.count(Outcome::Filtered),
            dead: outcomes.count(Outcome::DeadLettered),
        }
    }
}

/// Budgets that no test uses up by accident.
pub(crate) const WIDE: Budgets =
    Budgets { error_payloads_per_hour: u32::MAX, project_bytes: u64::MAX >> 1 };

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with_budgets(WIDE).await
    }

    pub(crate) async fn with_budgets(budgets: Budgets) -> Self {
        let sandbox = Sandbox::new().await.unwrap();
        worker::migrate::run(&postgres_config(&sandbox), Environment::Development).await.unwrap();
        Self::over(sandbox, budgets).await
    }

    /// Over a database that has been migrated.
    pub(crate) async fn over(sandbox: Sandbox, budgets: Budgets) -> Self {
        let config = postgres_config(&sandbox);
        let timeout = std::time::Duration::from_secs(20);
        let pool = shared::postgres::pool(&config, "test", timeout).unwrap();
        let connection = broker::connect(&broker_config(&sandbox), "test").await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        topology::declare(&channel, sandbox.namespace()).await.unwrap();
        let persister = Arc::new(Persister::new(pool.clone(), 90, budgets));
        Self { sandbox, pool, persister, channel, connection, delivered: Mutex::default() }
    }

    pub(crate) fn dead(&self) -> DeadLetters<'_> {
        DeadLetters { channel: &self.channel, namespace: self.sandbox.namespace() }
    }

    /// Stores batches as a lane does.
    pub(crate) async fn store(&self, batches: &[Batch]) -> Ended {
        let messages = batches.iter().cloned().map(Message::from).collect();
        self.deliver(Delivered { messages, ..Delivered::default() }).await
    }

    /// Stores what a lane has taken.
    pub(crate) async fn deliver(&self, delivered: Delivered) -> Ended {
        let messages = delivered.messages.iter().filter(|message| !message.replayed);
        let counts = messages.map(|message| (message.batch.batch_id, message.batch.entries.len()));
        self.delivered.lock().unwrap().extend(counts);
        let shutdown = CancellationToken::new();
        self.persister.store(&delivered, &self.dead(), &shutdown).await.unwrap().outcomes.into()
    }

    /// What the ledger says became of events, by outcome and reason.
    pub(crate) async fn ledger(&self) -> BTreeMap<(String, String), i64> {
        let sql = "SELECT outcome, reason, sum(events)::bigint FROM ledger GROUP BY 1, 2";
        let rows = self.pool.get().await.unwrap().query(sql, &[]).await.unwrap();
        rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
    }

    /// One value that a statement gives.
    pub(crate) async fn value<T: FromSqlOwned>(&self, sql: &str) -> T {
        self.pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.pool.get().await.unwrap().batch_execute(sql).await.unwrap();
    }

    /// Asserts that events, errors and roll-ups all count the same.
    pub(crate) async fn assert_counts(&self, events: i64) {
        for sql in [
            "SELECT count(*) FROM events",
            "SELECT coalesce(sum(event_count), 0)::bigint FROM error_stats",
            "SELECT coalesce(sum(events), 0)::bigint FROM event_hours WHERE group_id = 0",
            "SELECT coalesce(sum(events), 0)::bigint FROM event_hours WHERE group_id <> 0",
            "SELECT coalesce(sum(events), 0)::bigint FROM event_slots WHERE group_id = 0",
            "SELECT coalesce(sum(events), 0)::bigint FROM event_slots WHERE group_id <> 0",
        ] {
            assert_eq!(self.value::<i64>(sql).await, events, "{sql}");
        }
    }

    /// The ledger has forgotten all but so many events.
    pub(crate) fn forget_all_but(&self, events: usize) {
        *self.delivered.lock().unwrap() = [(BatchId::generate(), events)].into();
    }

    /// Ends the test: every event that was delivered must have ended in one outcome.
    pub(crate) async fn close(self) {
        let delivered: usize = self.delivered.lock().unwrap().values().sum();
        let ledger = self.ledger().await;
        let ended: i64 = ledger.values().sum();
        assert_eq!(ended, delivered as i64, "{ledger:?}");
        assert!(ledger.values().all(|events| *events >= 0), "{ledger:?}");
        self.pool.close();
        self.connection.close(200, "done".into()).await.unwrap();
        self.sandbox.close().await.unwrap();
    }
}

pub(crate) fn postgres_config(sandbox: &Sandbox) -> PostgresConfig {
    let lookup = |name: &str| (name == "DATABASE_URL").then(|| sandbox.database_url());
    PostgresConfig::read(&Settings::new(&lookup), 8)
}

pub(crate) fn broker_config(sandbox: &Sandbox) -> BrokerConfig {
    let lookup = |name: &str| (name == "AMQP_URL").then(|| sandbox.amqp_url().to_owned());
    BrokerConfig::read(&Settings::new(&lookup))
}

pub(crate) fn batch(entries: Vec<Entry>) -> Batch {
    Batch { batch_id: BatchId::generate(), instance: InstanceId::UNKNOWN, entries }
}

/// An event of the error that the message names.
pub(crate) fn entry(message: &str) -> Entry {
    let mut fingerprint = [0; 16];
    for (slot, byte) in fingerprint.iter_mut().zip(message.bytes()) {
        *slot = byte;
    }
    let fingerprint = Fingerprint(fingerprint);
    Entry {
        project_id: PROJECT,
        event_id: EventId::generate(),
        client_id: false,
        occurred_at: shared::time::now(),
        received_at: shared::time::now(),
        error_id: ErrorId::derive(PROJECT, FINGERPRINT_VERSION, fingerprint),
        fingerprint,
        fingerprint_version: FINGERPRINT_VERSION,
        earlier_ids: Vec::new(),
        facet: Facet {
            level: Level::Error,
            source: "test".to_owned(),
            environment: "production".to_owned(),
            release: String::new(),
        },
        user_hash: None,
        exception_type: None,
        message: message.to_owned(),
        culprit: None,
        payload: Some(Payload { encoding: 0, bytes: Bytes::from_static(b"payload") }),
    }
}

/// The event, as a client that gives its id sent it at a time.
pub(crate) fn given(message: &str, id: EventId, received_at: DateTime<Utc>) -> Entry {
    Entry { event_id: id, client_id: true, received_at, occurred_at: received_at, ..entry(message) }
}
