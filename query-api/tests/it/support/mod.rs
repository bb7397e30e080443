//! A running query API over a migrated database of its own, and what tests say to it.

mod client;
mod instance;
mod schema;
mod seed;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use deploy::testing::Sandbox;
use query_api::Config;
use shared::access::KeyHash;
use shared::config::Environment;
use shared::telemetry::PrometheusHandle;
use tokio_postgres::NoTls;

pub(crate) use client::{Answer, Ask};
pub(crate) use instance::Instance;
pub(crate) use schema::Document;
pub(crate) use seed::{Seed, Seeded};

/// The key of the whole installation that development has.
pub(crate) const ADMIN: &str = "test-api-key";

/// Keys that every test has: name and text at once, project, permissions.
const KEYS: [(&str, Option<i32>, &[&str]); 5] = [
    (READER, None, &["read"]),
    (WRITER, None, &["write"]),
    (READER_1, Some(1), &["read"]),
    (ALL_1, Some(1), &["read", "write", "admin"]),
    (ALL_2, Some(2), &["read", "write", "admin"]),
];

/// May read all projects.
pub(crate) const READER: &str = "reader-of-all";
/// May write in all projects, and not read.
pub(crate) const WRITER: &str = "writer-of-all";
/// May read project 1.
pub(crate) const READER_1: &str = "reader-of-1";
/// May do everything in project 1.
pub(crate) const ALL_1: &str = "everything-in-1";
/// May do everything in project 2.
pub(crate) const ALL_2: &str = "everything-in-2";

/// A test waits no longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running query API with two projects, and the database behind it.
pub(crate) struct Server {
    pub(crate) sandbox: Sandbox,
    pub(crate) db: Arc<tokio_postgres::Client>,
    metrics: PrometheusHandle,
    instance: Instance,
}

impl Deref for Server {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        &self.instance
    }
}

impl Server {
    /// Starts with the defaults.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with some settings besides or instead of the defaults.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_over("", settings).await
    }

    /// Starts over a database in which a statement was run before.
    pub(crate) async fn start_over(prepare: &str, settings: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::new().await.unwrap();
        let config = config(&sandbox, settings);
        worker::migrate::run(&config.postgres, Environment::Development).await.unwrap();
        let db = connect(&sandbox.database_url()).await;
        make_projects_and_keys(&db).await;
        db.batch_execute(prepare).await.unwrap();
        let metrics = shared::telemetry::init(&config.service).unwrap();
        let instance = Instance::start(config, metrics.clone()).await;
        Self { sandbox, db: Arc::new(db), metrics, instance }
    }

    /// Starts another instance over the same engines, with settings of its own.
    pub(crate) async fn beside(&self, settings: &[(&str, &str)]) -> Instance {
        Instance::start(config(&self.sandbox, settings), self.metrics.clone()).await
    }

    /// Tells it to stop and waits until it has.
    pub(crate) async fn stop(self) {
        self.instance.end().await;
        self.sandbox.close().await.unwrap();
    }

    /// The number that a query of one column and one row answers.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.db.query_one(sql, &[]).await.unwrap().get(0)
    }
}

fn config(sandbox: &Sandbox, settings: &[(&str, &str)]) -> Config {
    Config::from_lookup(&|name| {
        if let Some((_, value)) = settings.iter().find(|(known, _)| *known == name) {
            return Some((*value).to_owned());
        }
        match name {
            "ENVIRONMENT" => Some("development".to_owned()),
            "LOG_LEVEL" => Some("warn".to_owned()),
            "SECRET_KEY" => Some("k".repeat(32)),
            "DATABASE_URL" => Some(sandbox.database_url()),
            "REDIS_URL" => Some(sandbox.redis_url().to_owned()),
            "AMQP_URL" => Some(sandbox.amqp_url().to_owned()),
            "NAMESPACE" => Some(sandbox.namespace().to_owned()),
            _ => None,
        }
    })
    .unwrap()
}

/// A connection of the test's own.
pub(crate) async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    drop(shared::lifecycle::spawn(connection));
    client
}

async fn make_projects_and_keys(db: &tokio_postgres::Client) {
    db.execute("INSERT INTO projects (name, slug) VALUES ('Other', 'other')", &[]).await.unwrap();
    for (key, project, permissions) in KEYS {
        db.execute(
            "INSERT INTO api_keys (project_id, name, key_hash, key_preview, permissions)
             VALUES ($1, $2, $3, 'sk_****', $4)",
            &[&project, &key, &KeyHash::of(key).0.as_slice(), &permissions],
        )
        .await
        .unwrap();
    }
}
