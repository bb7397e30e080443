//! What the tests start from: a running ingest, a client, and a look into the queues.

use std::time::Duration;

use bytes::Bytes;
use deploy::testing::Sandbox;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ingest::config::Config;
use lapin::options::BasicGetOptions;
use lapin::{Channel, Connection};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use shared::access::KeyHash;
use shared::batch::{Batch, Entry};
use shared::broker::topology::{self, Queue};
use shared::config::{Environment, PostgresConfig, Settings};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;

/// An answer of ingest.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// A running ingest with a database, a namespace and a spool of its own.
pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    pub(crate) spool: tempfile::TempDir,
    pub(crate) base: String,
    pub(crate) channel: Channel,
    connection: Connection,
    http: Client<HttpConnector, Full<Bytes>>,
    shutdown: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With settings of the test's own; an empty one is not set.
    pub(crate) async fn with(changes: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::new().await.unwrap();
        let spool = tempfile::tempdir().unwrap();
        let lookup = |name: &str| {
            if let Some((_, value)) = changes.iter().find(|(changed, _)| *changed == name) {
                return Some((*value).to_owned());
            }
            match name {
                "DATABASE_URL" => Some(sandbox.database_url()),
                "REDIS_URL" => Some(sandbox.redis_url().to_owned()),
                "AMQP_URL" => Some(sandbox.amqp_url().to_owned()),
                "NAMESPACE" => Some(sandbox.namespace().to_owned()),
                "ENVIRONMENT" => Some("development".to_owned()),
                "SPOOL_DIR" => Some(spool.path().display().to_string()),
                _ => None,
            }
        };
        let postgres = PostgresConfig::read(&Settings::new(&lookup), 2);
        worker::migrate::run(&postgres, Environment::Development).await.unwrap();
        let config = Config::from_lookup(&lookup).unwrap();

        let connection = Connection::connect(sandbox.amqp_url(), Default::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        topology::declare(&channel, sandbox.namespace()).await.unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let running =
            shared::lifecycle::spawn(ingest::run(config, listener, metrics, shutdown.clone()));
        let http = Client::builder(TokioExecutor::new()).build_http();
        let place = Self { sandbox, spool, base, channel, connection, http, shutdown, running };
        place.wait_for_keys().await;
        place
    }

    /// Waits until requests are no longer refused for want of keys.
    async fn wait_for_keys(&self) {
        let waiting = async {
            while self.post("/api/errors", "{}").await.status == StatusCode::SERVICE_UNAVAILABLE {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    }

    /// A connection of the test's own.
    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        let url = self.sandbox.database_url();
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        drop(shared::lifecycle::spawn(connection));
        client
    }

    /// Makes a key that may submit, with a column of its own, and waits until an empty error sent with it
    /// is answered as it should.
    pub(crate) async fn make_key(
        &self,
        key: &str,
        column: &str,
        is_known: impl Fn(&Answer) -> bool,
    ) {
        let db = self.connect().await;
        let sql = "INSERT INTO api_keys (name, key_hash, key_preview, permissions)
                   VALUES ('limited', $1, '', '{ingest}')";
        let hash = KeyHash::of(key).0;
        db.execute(sql, &[&hash.as_slice()]).await.unwrap();
        let sql = format!("UPDATE api_keys SET {column} WHERE key_hash = $1");
        db.execute(&sql, &[&hash.as_slice()]).await.unwrap();
        let waiting = async {
            while !is_known(
                &self.send(Method::POST, "/api/errors", &[("x-api-key", key)], "{}").await,
            ) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    }

    /// Waits until the ledger holds so many events that ended so, and answers how many it holds.
    pub(crate) async fn ledger_until(&self, outcome: &str, events: i64) -> i64 {
        let db = self.connect().await;
        let sql = "SELECT coalesce(sum(events), 0)::bigint FROM ledger WHERE outcome = $1";
        let waiting = async {
            loop {
                let found: i64 = db.query_one(sql, &[&outcome]).await.unwrap().get(0);
                if found >= events {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap()
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        let defaults = [("x-api-key", "test-api-key"), ("content-type", "application/json")];
        for (name, value) in
            defaults.iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name))
        {
            request = request.header(*name, *value);
        }
        // An empty value stands for a header that is not sent.
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let exchange = async {
            let (parts, body) = self.http.request(request).await.unwrap().into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            Answer { status: parts.status, headers: parts.headers, body }
        };
        tokio::time::timeout(Duration::from_secs(20), exchange).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, &[], body.to_owned()).await
    }

    /// A channel that may be closed by what is asked on it.
    pub(crate) async fn open_channel(&self) -> Channel {
        self.connection.create_channel().await.unwrap()
    }

    /// Takes so many events out of a queue, waiting for them.
    pub(crate) async fn take(&self, queue: Queue, events: usize) -> Vec<Entry> {
        let name = queue.name(self.sandbox.namespace());
        let mut taken = Vec::new();
        let taking = async {
            while taken.len() < events {
                let options = BasicGetOptions { no_ack: true };
                match self.channel.basic_get(name.clone(), options).await.unwrap() {
                    Some(message) => {
                        let batch = Batch::decode(message.delivery.data.into()).unwrap();
                        taken.extend(batch.entries);
                    }
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), taking).await.unwrap();
        taken
    }

    pub(crate) fn tell_to_stop(&self) {
        self.shutdown.cancel();
    }

    /// Waits until the service has ended. The database stays for a look.
    pub(crate) async fn until_stopped(&mut self) {
        (&mut self.running).await.unwrap().unwrap();
    }

    pub(crate) async fn stop(mut self) {
        self.tell_to_stop();
        self.until_stopped().await;
        self.connection.close(200, "done".into()).await.unwrap();
        self.sandbox.close().await.unwrap();
    }
}
