//! Nothing that was answered 201 is lost or counted twice, whatever is killed.
//!
//! Each test posts 500 events a second, kills one part in the middle without warning, starts it again,
//! and compares what clients were told with what is stored. Half of the clients give their events ids
//! and send one again whose request failed, as the API tells them to. The other half give none and send
//! each event once: what they were not answered may be stored or not, what they were answered must be.

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

use super::account::Account;
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
    let accepted = load.accepted.len();
    Counts::wait_for(&database, accepted as i64).await;
    quiet(&services).await;
    let stored = stored_ids(&database).await;
    Counts::read(&database).await.assert_all(stored.len() as i64);
    let lost: Vec<&Uuid> = load.accepted.difference(&stored).collect();
    assert!(lost.is_empty(), "{} events were answered and lost", lost.len());
    let unanswered = stored.len() - accepted;
    assert!(unanswered <= load.failures, "{unanswered} events are stored that nobody sent");
    assert!(accepted >= EVENTS / 2);
    // Redis is no part of the way in: without it no request may fail.
    if matches!(victim, Victim::Engine(EngineKind::Redis | EngineKind::Postgres)) {
        assert_eq!(load.failures, 0, "requests failed although only {victim:?} was away");
    }
    services.terminate(Service::Ingest).await;
    let account = Account::settled(&database).await;
    assert_eq!(account.stored, stored.len() as i64);
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

#[tokio::test]
async fn numbers_of_projects_are_given_once_although_postgres_is_killed() {
    let mut engines = Engines::start(&EngineKind::ALL).await.unwrap();
    let services = Services::start(Options::over(&engines).with_edge()).await.unwrap();
    let client = Client::new(services.edge_url());
    for expected in 2..5 {
        let made = client.post("/api/projects", &json!({"name": "Before"})).await;
        assert_eq!(made.data()["id"], expected);
    }
    assert_eq!(client.delete("/api/projects/4").await.status, StatusCode::NO_CONTENT);
    engines.kill(EngineKind::Postgres).await;
    engines.restart(EngineKind::Postgres).await.unwrap();
    let made = loop {
        let made = client.post("/api/projects", &json!({"name": "After"})).await;
        // Connections of before are found dead one by one.
        if made.status != StatusCode::SERVICE_UNAVAILABLE {
            break made;
        }
    };
    assert!(made.data()["id"].as_i64().unwrap() > 4, "{}", made.body);
    services.stop().await;
    engines.stop().await;
}

/// What clients saw.
#[derive(Debug, Default)]
struct Load {
    accepted: BTreeSet<Uuid>,
    failures: usize,
}

/// Posts all events on schedule.
async fn post_all(client: Client) -> Load {
    let client = Arc::new(client);
    let mut schedule = tokio::time::interval(INTERVAL);
    schedule.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut posting = JoinSet::new();
    for number in 0..EVENTS {
        schedule.tick().await;
        posting.spawn(post(Arc::clone(&client), number));
    }
    let mut load = Load::default();
    while let Some(posted) = posting.join_next().await {
        let (id, failures) = posted.unwrap();
        load.accepted.extend(id);
        load.failures += failures;
    }
    load
}

/// Posts an event; with an id of its own as often as it takes, else once.
async fn post(client: Arc<Client>, number: usize) -> (Option<Uuid>, usize) {
    let kinds = ["timeout", "refusal", "overflow", "mismatch", "collision"];
    let mut body = json!({
        "message": format!("{} of job {number}", kinds[number % kinds.len()]),
        "source": "kills", "user": {"id": number % 50},
    });
    let has_id = number.is_multiple_of(2);
    if has_id {
        body["event_id"] = json!(Uuid::new_v4());
    }
    let body = body.to_string().into_bytes();
    let mut failures = 0;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while tokio::time::Instant::now() < deadline {
        match client.send(Method::POST, "/api/errors", &[], body.clone()).await {
            Ok(answer) if answer.status == StatusCode::CREATED => {
                let id = answer.data()["event_id"].as_str().unwrap().parse().unwrap();
                return (Some(id), failures);
            }
            Ok(answer) => {
                assert!(answer.status.is_server_error(), "{} {}", answer.status, answer.body);
            }
            Err(_) => {}
        }
        failures += 1;
        if !has_id {
            return (None, failures);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("event {number} was never accepted");
}

/// Waits until nothing is on its way any more: no message in a queue and none in the spool.
async fn quiet(services: &Services) {
    let worker = Client::new(services.url(Service::Worker));
    let ingest = Client::new(services.url(Service::Ingest));
    let waiting = async {
        loop {
            let spooled = gauge(&ingest.text("/metrics").await, "errata_spool_bytes");
            let queued = gauge(&worker.text("/metrics").await, "errata_queue_ready_messages");
            if spooled == 0 && queued == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap();
}

/// The sum of a gauge over its labels.
fn gauge(metrics: &str, name: &str) -> u64 {
    let lines = metrics.lines().filter(|line| line.starts_with(name));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

async fn stored_ids(database: &str) -> BTreeSet<Uuid> {
    let client = database_client(database).await;
    let rows = client.query("SELECT event_id FROM events", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
