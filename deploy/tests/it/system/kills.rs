//! Nothing that was answered 201 is lost or counted twice, whatever is killed.
//!
//! Each test posts 500 events a second with ids of their own, kills one part in the middle without
//! warning, starts it again, and compares what clients were told with what is stored. A client whose
//! request fails sends the same event again, as the API tells it to.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use deploy::engines::{EngineKind, Engines};
use deploy::services::{Options, Service, Services};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::client::{Client, Counts, database_client};

const EVENTS: usize = 4_000;
const INTERVAL: Duration = Duration::from_millis(2);
/// When the part is killed, and how long it stays away.
const CALM: Duration = Duration::from_secs(2);
const AWAY: Duration = Duration::from_secs(2);

/// What is killed.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Service(Service),
    Engine(EngineKind),
}

#[tokio::test]
async fn worker() {
    survives(Victim::Service(Service::Worker)).await;
}

#[tokio::test]
async fn ingest() {
    survives(Victim::Service(Service::Ingest)).await;
}

#[tokio::test]
async fn rabbitmq() {
    survives(Victim::Engine(EngineKind::RabbitMq)).await;
}

#[tokio::test]
async fn redis() {
    survives(Victim::Engine(EngineKind::Redis)).await;
}

#[tokio::test]
async fn postgres() {
    survives(Victim::Engine(EngineKind::Postgres)).await;
}

async fn survives(victim: Victim) {
    let mut engines = Engines::start(&EngineKind::ALL).await.unwrap();
    let mut services = Services::start(Options::over(&engines).with_edge()).await.unwrap();
    let client = Client::new(services.edge_url());

    let load = shared::lifecycle::spawn(post_all(client));
    tokio::time::sleep(CALM).await;
    kill_and_restart(victim, &mut engines, &mut services).await;
    let load = load.await.unwrap();

    let database = engines.postgres_url();
    let counts = Counts::wait_for(&database, EVENTS as i64).await;
    counts.assert_all(EVENTS as i64);
    assert_eq!(stored_ids(&database).await, load.accepted);
    assert_eq!(load.accepted.len(), EVENTS);
    // Redis is no part of the way in: without it no request may fail.
    if matches!(victim, Victim::Engine(EngineKind::Redis | EngineKind::Postgres)) {
        assert_eq!(load.failures, 0, "requests failed although only {victim:?} was away");
    }
    services.stop().await;
    engines.stop().await;
}

async fn kill_and_restart(victim: Victim, engines: &mut Engines, services: &mut Services) {
    match victim {
        Victim::Service(service) => {
            services.kill(service).await;
            tokio::time::sleep(AWAY).await;
            services.restart(service).await.unwrap();
        }
        Victim::Engine(kind) => {
            engines.kill(kind).await;
            tokio::time::sleep(AWAY).await;
            engines.restart(kind).await.unwrap();
        }
    }
}

/// What clients saw.
#[derive(Debug, Default)]
struct Load {
    accepted: BTreeSet<Uuid>,
    failures: usize,
}

/// Posts all events on schedule, each as often as it takes.
async fn post_all(client: Client) -> Load {
    let client = Arc::new(client);
    let mut schedule = tokio::time::interval(INTERVAL);
    schedule.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut posting = JoinSet::new();
    for number in 0..EVENTS {
        schedule.tick().await;
        posting.spawn(post_until_accepted(Arc::clone(&client), number));
    }
    let mut load = Load::default();
    while let Some(posted) = posting.join_next().await {
        let (id, failures) = posted.unwrap();
        load.accepted.insert(id);
        load.failures += failures;
    }
    load
}

async fn post_until_accepted(client: Arc<Client>, number: usize) -> (Uuid, usize) {
    let id = Uuid::new_v4();
    let kinds = ["timeout", "refusal", "overflow", "mismatch", "collision"];
    let body = json!({
        "message": format!("{} of job {number}", kinds[number % kinds.len()]),
        "source": "kills", "event_id": id, "user": {"id": number % 50},
    });
    let body = body.to_string().into_bytes();
    let mut failures = 0;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while tokio::time::Instant::now() < deadline {
        match client.send(Method::POST, "/api/errors", &[], body.clone()).await {
            Ok(answer) if answer.status == StatusCode::CREATED => return (id, failures),
            Ok(answer) => {
                assert!(answer.status.is_server_error(), "{} {}", answer.status, answer.body)
            }
            Err(_) => {}
        }
        failures += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("event {number} was never accepted");
}

async fn stored_ids(database: &str) -> BTreeSet<Uuid> {
    let client = database_client(database).await;
    let rows = client.query("SELECT event_id FROM events", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
