//! What the system says of itself while its parts go away and come back.

use std::time::Duration;

use deploy::engines::{EngineKind, Engines};
use deploy::services::{Options, Services};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::client::Client;

/// A part that fails is unhealthy within this time.
const NOTICED_IN: Duration = Duration::from_secs(15);

/// A part that is back is healthy within this time, its own start included.
const RECOVERED_IN: Duration = Duration::from_secs(30);

/// A system on engines of its own, in which everything is well.
struct Place {
    engines: Engines,
    services: Services,
    client: Client,
}

impl Place {
    async fn start() -> Self {
        let engines = Engines::start(&EngineKind::ALL).await.unwrap();
        let services = Services::start(Options::over(&engines).with_edge()).await.unwrap();
        let client = Client::new(services.edge_url());
        let place = Self { engines, services, client };
        place.until(RECOVERED_IN, |health| health["overall_health"] == "healthy").await;
        place
    }

    /// What is said of all parts.
    async fn health(&self) -> Value {
        let answer = self.client.get("/api/monitoring/services").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.data().clone()
    }

    /// Waits until what is said of all parts is as expected.
    async fn until(&self, patience: Duration, expected: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let health = self.health().await;
                if expected(&health) {
                    return health;
                }
                sleep(Duration::from_millis(200)).await;
            }
        };
        match timeout(patience, waiting).await {
            Ok(health) => health,
            Err(_) => panic!("it never came so: {}", self.health().await),
        }
    }

    /// Errors were accepted all the time.
    async fn assert_accepting_throughout(&self) {
        let uptime = self.client.get("/api/monitoring/uptime").await.data().clone();
        assert_eq!(uptime["uptime_percent_24h"], 100.0, "{uptime}");
        assert_eq!(
            (&uptime["incidents_count"], &uptime["last_downtime"]),
            (&json!(0), &Value::Null)
        );
    }

    async fn stop(self) {
        self.services.stop().await;
        self.engines.stop().await;
    }
}

/// What is said of one part.
fn part<'a>(health: &'a Value, name: &str) -> &'a Value {
    health["services"].as_array().unwrap().iter().find(|part| part["name"] == name).unwrap()
}

/// Whether a part was never down.
fn is_whole(health: &Value, name: &str) -> bool {
    part(health, name)["uptime_percent"] == 100.0
}

fn uptime(health: &Value, name: &str) -> f64 {
    part(health, name)["uptime_percent"].as_f64().unwrap()
}

#[tokio::test]
async fn a_broker_that_stops_is_noticed_counted_and_forgiven() {
    let mut place = Place::start().await;
    let before = place.health().await;
    let back_at = Instant::now() + Duration::from_secs(20);
    place.engines.kill(EngineKind::RabbitMq).await;
    let is_noticed = |health: &Value| part(health, "Message Queue")["status"] == "unhealthy";
    let down = place.until(NOTICED_IN, is_noticed).await;
    assert_eq!(down["overall_health"], "unhealthy");
    // The spool takes what the broker does not.
    place.client.report(json!({"message": "while it was away", "source": "test"})).await;

    sleep_until(back_at).await;
    place.engines.restart(EngineKind::RabbitMq).await.unwrap();
    let after = place.until(RECOVERED_IN, |health| health["overall_health"] == "healthy").await;
    let (name, what) = ("Message Queue", "the broker's uptime should have fallen");
    assert!(uptime(&after, name) < uptime(&before, name), "{what}: {after}");
    assert_eq!(part(&after, "Ingest")["uptime_percent"], 100.0, "{after}");
    place.assert_accepting_throughout().await;
    place.stop().await;
}

#[tokio::test]
async fn without_postgres_health_is_told_and_nothing_that_went_on_counts_as_down() {
    let mut place = Place::start().await;
    place.engines.kill(EngineKind::Postgres).await;
    let is_noticed = |health: &Value| part(health, "Database")["status"] == "unhealthy";
    let down = place.until(NOTICED_IN, is_noticed).await;
    assert_eq!(down["overall_health"], "unhealthy");
    // Nobody can hear the instances, and after a while nobody pretends to know.
    place.until(RECOVERED_IN, |health| part(health, "Ingest")["status"] == "unknown").await;
    place.client.report(json!({"message": "while it was away", "source": "test"})).await;

    place.engines.restart(EngineKind::Postgres).await.unwrap();
    // What was checked meanwhile is written late.
    let has_recovered = |health: &Value| {
        let kept = ["Message Queue", "Cache Service", "Ingest"];
        health["overall_health"] == "healthy" && kept.iter().all(|name| is_whole(health, name))
    };
    let after = place.until(RECOVERED_IN, has_recovered).await;
    assert!(!is_whole(&after, "Database"), "{after}");
    place.assert_accepting_throughout().await;
    place.stop().await;
}
