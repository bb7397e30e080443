//! A running query API over a migrated database of its own, and what tests say to it.

mod client;
mod schema;
mod seed;

use std::sync::Arc;
use std::time::Duration;

use deploy::testing::Sandbox;
use query_api::Config;
use shared::access::KeyHash;
use shared::config::Environment;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;

pub(crate) use client::{Answer, Ask};
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

/// A running query API with two projects.
pub(crate) struct Server {
    pub(crate) sandbox: Sandbox,
    pub(crate) db: Arc<tokio_postgres::Client>,
    address: String,
    stop: CancellationToken,
    running: JoinHandle<Result<(), query_api::RunError>>,
}

impl Server {
    /// Starts with the defaults.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with some settings besides or instead of the defaults.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::new().await.unwrap();
        let config = config(&sandbox, settings);
        worker::migrate::run(&config.postgres, Environment::Development).await.unwrap();
        let db = connect(&sandbox.database_url()).await;
        make_projects_and_keys(&db).await;

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let metrics = shared::telemetry::init(&config.service).unwrap();
        let stop = CancellationToken::new();
        let running =
            shared::lifecycle::spawn(query_api::run(config, listener, metrics, stop.clone()));
        let server = Self { sandbox, db: Arc::new(db), address, stop, running };
        server.until_ready().await;
        server
    }

    async fn until_ready(&self) {
        let ready = async {
            while self.get("/ready").send().await.status != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.expect("the service should become ready");
    }

    /// Tells it to stop and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.running).await;
        ended.expect("it should end in time").unwrap().unwrap();
        self.sandbox.close().await.unwrap();
    }

    /// Waits until `GET path` with the key satisfies the condition, and answers it.
    pub(crate) async fn until(&self, path: &str, condition: impl Fn(&Answer) -> bool) -> Answer {
        self.until_with(ADMIN, path, condition).await
    }

    /// As [`Server::until`], with another key.
    pub(crate) async fn until_with(
        &self,
        key: &str,
        path: &str,
        condition: impl Fn(&Answer) -> bool,
    ) -> Answer {
        let wait = async {
            loop {
                let answer = self.get(path).key(key).send().await;
                if condition(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the condition should come true")
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn get(&self, path: &str) -> Ask {
        self.ask("GET", path)
    }

    pub(crate) fn put(&self, path: &str) -> Ask {
        self.ask("PUT", path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask {
        self.ask("POST", path)
    }

    pub(crate) fn delete(&self, path: &str) -> Ask {
        self.ask("DELETE", path)
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        Ask::new(method, &format!("http://{}{path}", self.address))
    }

    /// How many statements the service has run for its requests.
    pub(crate) async fn statements(&self) -> u64 {
        let answer = self.get("/metrics").send().await;
        let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
        let counts = text.lines().filter_map(|line| {
            let rest = line.strip_prefix("errata_query_duration_seconds_count{")?;
            rest.split_once("} ")?.1.parse::<u64>().ok()
        });
        counts.sum()
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
            "DATABASE_URL" => Some(sandbox.database_url()),
            "REDIS_URL" => Some(sandbox.redis_url().to_owned()),
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
