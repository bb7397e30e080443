//! An outbox whose deliveries go to servers on loopback.

use std::time::Duration;

use serde_json::{Value, json};
use shared::channels::Severity;
use shared::config::Secret;
use shared::secrets::{Place as SecretPlace, Secrets};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::alerts::deliver::{Deliverer, Outbox};
use worker::alerts::notice::{News, Notice, ToldError, ToldFiring, ToldProject, ToldRule};
use worker::config::Config;

use crate::place::{PROJECT, Place};

/// Longer than any attempt takes, and the waits between them.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) const SIGNING_SECRET: &str = "what-only-both-sides-know";

pub(crate) struct Scene {
    pub(crate) place: Place,
    config: Config,
    secrets: Secrets,
    pub(crate) outbox: Outbox,
    shutdown: CancellationToken,
    running: Vec<JoinHandle<()>>,
}

/// A delivery as the table holds it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) status: String,
    pub(crate) attempts: i32,
    pub(crate) last_error: Option<String>,
    pub(crate) finished: bool,
}

impl Row {
    pub(crate) fn delivered(attempts: i32) -> Self {
        Self { status: "delivered".to_owned(), attempts, last_error: None, finished: true }
    }

    pub(crate) fn failed(attempts: i32, error: &str) -> Self {
        let last_error = Some(error.to_owned());
        Self { status: "failed".to_owned(), attempts, last_error, finished: true }
    }
}

impl Scene {
    /// Messages may go to loopback; three attempts, a second apart at first.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let place = Place::new().await;
        let url = place.sandbox.database_url();
        let usual = [
            ("ENVIRONMENT", "development"),
            ("DATABASE_URL", url.as_str()),
            ("PUBLIC_URL", "https://errata.example"),
            ("NOTIFY_ALLOW_PRIVATE", "on"),
            ("NOTIFY_ATTEMPTS", "3"),
            ("NOTIFY_RETRY_SECONDS", "1"),
        ];
        let config = Config::from_lookup(&|name| {
            let mut all = settings.iter().chain(&usual);
            all.find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        });
        let config = config.unwrap();
        let secrets = Secrets::new(&config.channels.secret_key).unwrap();
        let (outbox, shutdown) = (Outbox::new(), CancellationToken::new());
        Self { place, config, secrets, outbox, shutdown, running: Vec::new() }
    }

    /// Starts a worker's deliveries.
    pub(crate) fn start(&mut self) {
        let deliverer = Deliverer::new(self.place.pool.clone(), &self.config).unwrap();
        let running = deliverer.run(self.outbox.clone(), self.shutdown.clone());
        self.running.push(shared::lifecycle::spawn(running));
    }

    /// What SIGTERM does.
    pub(crate) fn shut_down(&self) {
        self.shutdown.cancel();
    }

    /// Waits until everything that was on its way has ended.
    pub(crate) async fn ended(&mut self) {
        for running in self.running.drain(..) {
            timeout(PATIENCE, running).await.unwrap().unwrap();
        }
    }

    pub(crate) async fn close(mut self) {
        self.shut_down();
        self.ended().await;
        self.place.close().await;
    }

    /// Sets up an integration as an administrator does.
    pub(crate) async fn set_up(&self, name: &str, config: Value, secrets: &[(&str, &str)]) {
        let sealed = secrets.iter().map(|(field, text)| {
            let place = SecretPlace { owner: name, field };
            (
                (*field).to_owned(),
                Value::from(self.secrets.seal(place, &Secret::new(*text)).unwrap()),
            )
        });
        let sealed = Value::Object(sealed.collect());
        let client = self.place.pool.get().await.unwrap();
        let sql = "UPDATE integrations SET config = $2, secrets = $3, status = 'configured',
                     revision = revision + 1 WHERE name = $1";
        assert_eq!(client.execute(sql, &[&name, &config, &sealed]).await.unwrap(), 1);
    }

    pub(crate) async fn set_up_webhook(&self, url: &str) {
        let secrets = [("url", url), ("secret", SIGNING_SECRET)];
        self.set_up("webhook", json!({}), &secrets).await;
    }

    /// Puts a notification into the outbox, for channels.
    pub(crate) async fn tell(&self, channels: &[&str]) -> Uuid {
        self.tell_content(&serde_json::to_value(notice()).unwrap(), channels).await
    }

    pub(crate) async fn tell_content(&self, content: &Value, channels: &[&str]) -> Uuid {
        let id = Uuid::now_v7();
        let client = self.place.pool.get().await.unwrap();
        let sql = "WITH told AS (
            INSERT INTO notifications (project_id, delivery_id, rule_id, kind, channels, content,
              held, created_at)
            VALUES ($1, $2, gen_random_uuid(), 'fired', $3, $4, false, now()))
          INSERT INTO deliveries (project_id, delivery_id, channel, next_attempt_at, created_at)
          SELECT $1, $2, channel, now(), now() FROM unnest($3) AS channel";
        client.execute(sql, &[&PROJECT.0, &id, &channels, content]).await.unwrap();
        self.outbox.wake();
        id
    }

    pub(crate) async fn row(&self, id: Uuid, channel: &str) -> Row {
        let sql = "SELECT status, attempts, last_error, finished_at IS NOT NULL AS finished
                   FROM deliveries WHERE delivery_id = $1 AND channel = $2";
        let client = self.place.pool.get().await.unwrap();
        let row = client.query_one(sql, &[&id, &channel]).await.unwrap();
        Row {
            status: row.get("status"),
            attempts: row.get("attempts"),
            last_error: row.get("last_error"),
            finished: row.get("finished"),
        }
    }

    /// Waits until a delivery looks like this; nobody tells when it does.
    pub(crate) async fn becomes(
        &self,
        id: Uuid,
        channel: &str,
        done: impl Fn(&Row) -> bool,
    ) -> Row {
        let looking = async {
            loop {
                let row = self.row(id, channel).await;
                if done(&row) {
                    return row;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let Ok(row) = timeout(PATIENCE, looking).await else {
            panic!("{channel} is left at {:?}", self.row(id, channel).await)
        };
        row
    }

    pub(crate) async fn finishes(&self, id: Uuid, channel: &str) -> Row {
        self.becomes(id, channel, |row| row.finished).await
    }

    /// The status of an integration once a message has gone through it.
    pub(crate) async fn integration(&self, name: &str) -> (String, Option<String>) {
        let sql = format!("SELECT status, last_error FROM integrations WHERE name = '{name}'");
        let client = self.place.pool.get().await.unwrap();
        let noted = async {
            loop {
                let row = client.query_one(&sql, &[]).await.unwrap();
                let (status, error): (String, _) = (row.get(0), row.get(1));
                if status != "configured" {
                    return (status, error);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, noted).await.unwrap()
    }
}

/// A firing about an error whose title means harm.
pub(crate) fn notice() -> Notice {
    let error = ToldError {
        id: Uuid::from_u128(1),
        title: "<!channel> <script>alert(1)</script>\r\nBcc: eve@evil.example".to_owned(),
        culprit: Some("checkout.js in pay".to_owned()),
        level: "error".to_owned(),
        source: "frontend".to_owned(),
        events: 120,
    };
    Notice {
        project: ToldProject { id: PROJECT, name: "Shop".to_owned() },
        rule: ToldRule {
            id: Uuid::from_u128(10),
            name: "Checkout".to_owned(),
            condition: "error_count > 100 in 5m per error".to_owned(),
            metric: "error_count".to_owned(),
            comparison: ">".to_owned(),
            threshold: 100.0,
            window: "5 minutes".to_owned(),
            severity: Severity::High,
        },
        news: News::Fired(ToldFiring {
            firing_id: Uuid::from_u128(20),
            incident_id: None,
            started_at: shared::time::now(),
            ended_at: None,
            value: 120.0,
            error: Some(error),
            top_errors: Vec::new(),
        }),
    }
}
