//! A flood of one project: exact to the last event, bounded on disk, and of no concern to others.

#![expect(clippy::print_stdout, reason = "what a flood costs is for people to read")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deploy::engines::{EngineKind, Engines};
use deploy::services::{Options, Service, Services};
use http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use super::account::Account;
use super::client::{Client, Counts, System, database_client};

/// Makes a project and waits until ingest knows it; its path for posting comes back.
async fn quiet_project(client: &Client) -> String {
    let project = client.post("/api/projects", &json!({"name": "Quiet"})).await;
    let path = format!("/api/errors?project_id={}", project.data()["id"]);
    let first = json!({"message": "first", "source": "quiet"});
    while client.post(&path, &first).await.status != StatusCode::CREATED {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    path
}

#[tokio::test]
async fn others_are_stored_while_every_lane_waits_for_the_flood() {
    let system = System::start_with(|options| options.set("PROJECT_EVENTS_PER_SECOND", "20")).await;
    let quiet = quiet_project(&system.client).await;
    system.drained(1).await;

    // Whoever stores an event of project 1 now waits for this transaction.
    let mut holder = database_client(&system.sandbox.database_url()).await;
    let holding = holder.transaction().await.unwrap();
    holding.execute("SELECT pg_advisory_xact_lock(1163022913, 1)", &[]).await.unwrap();
    let flood = json!(vec![json!({"message": "flood", "source": "storm"}); 30]);
    for _ in 0..10 {
        assert_eq!(system.client.post("/api/errors/batch", &flood).await.data()["accepted"], 30);
    }
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'";
    while holding.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for number in 0..20 {
        let event = json!({"message": format!("beside {number}"), "source": "quiet"});
        assert_eq!(system.client.post(&quiet, &event).await.status, StatusCode::CREATED);
    }
    assert_eq!(system.drained(21).await.counted, 21);
    holding.commit().await.unwrap();
    system.drained(321).await.assert_all(321);
    system.stop().await;
}

const STORM: usize = 1_000_000;
const BATCH: usize = 500;
const SENDERS: usize = 4;

/// What a stored event without payload may take, its indices included.
const BARE_BYTES: i64 = 260;

#[tokio::test]
#[ignore = "long: make test-faults"]
async fn a_million_events_of_one_error() {
    let engines = Engines::start(&EngineKind::ALL).await.unwrap();
    let options = Options::over(&engines).with_edge().set("ERROR_PAYLOADS_PER_HOUR", "10000");
    let mut services = Services::start(options).await.unwrap();
    let client = Client::new(services.edge_url());
    let quiet = quiet_project(&client).await;

    let calm = Probe::start(client.clone(), quiet.clone());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let calm = calm.end().await;

    let probe = Probe::start(client.clone(), quiet);
    let started = Instant::now();
    storm(&client).await;
    let accepted_in = started.elapsed();
    let others = probe.end().await;

    let expected = (STORM + 1 + calm.len() + others.len()) as i64;
    let database = engines.postgres_url();
    Counts::wait_for(&database, expected).await.assert_all(expected);
    let stored_in = started.elapsed();
    check_disk(&database).await;
    let shown = client.get("/api/errors?project_id=1").await;
    assert_eq!(shown.data()["errors"][0]["count"], STORM);
    services.terminate(Service::Ingest).await;
    assert_eq!(Account::settled(&database).await.accepted, expected);

    let (calm, others) = (Visible::of(calm), Visible::of(others));
    println!("{STORM} events accepted in {accepted_in:.1?}, stored in {stored_in:.1?}");
    println!("acceptance to visible in another project: before {calm}, during {others}");
    assert!(others.p50 <= 2 * calm.p50, "a flood delays other projects");
    services.stop().await;
    engines.stop().await;
}

/// Posts the same error over and over, by several senders at once.
async fn storm(client: &Client) {
    let event = json!({
        "message": "connection pool exhausted", "source": "storm",
        "stack_trace": "java.lang.IllegalStateException: pool\n\tat shop.Pool.take(Pool.java:7)",
        "context": {"size": 20, "note": "x".repeat(600)},
    });
    let batch = Arc::new(json!(vec![event; BATCH]));
    let posted = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let (client, batch, posted) = (client.clone(), Arc::clone(&batch), Arc::clone(&posted));
        senders.spawn(async move {
            while posted.fetch_add(BATCH, Ordering::Relaxed) < STORM {
                let answer = client.post("/api/errors/batch", &batch).await;
                assert_eq!(answer.data()["accepted"], BATCH);
            }
        });
    }
    while let Some(sender) = senders.join_next().await {
        sender.unwrap();
    }
}

/// Payloads are bounded by the budget of each hour that the storm touched, rows by their number.
async fn check_disk(database: &str) {
    let client = database_client(database).await;
    let row = client
        .query_one(
            "SELECT count(*) FILTER (WHERE payload IS NOT NULL) AS whole,
                    count(DISTINCT date_trunc('hour', received_at)) AS hours,
                    sum(octet_length(payload))::bigint AS payload_bytes
             FROM events WHERE project_id = 1",
            &[],
        )
        .await
        .unwrap();
    let (whole, hours): (i64, i64) = (row.get("whole"), row.get("hours"));
    // Transactions that run at the same time may each keep what they find free.
    assert!(whole <= hours * 10_000 + 3 * 5_000, "{whole} payloads in {hours} hours");
    let sql = "SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits
               WHERE inhparent = 'events'::regclass";
    let bytes: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
    let bare = (bytes - row.get::<_, i64>("payload_bytes")) / STORM as i64;
    println!("{whole} payloads; {bare} bytes on disk for each event besides");
    assert!(bare <= BARE_BYTES, "{bare} bytes for each event besides payloads");
}

/// Posts an event of a project now and then, each a new error, and takes the time until it can be
/// read.
struct Probe {
    over: Arc<AtomicBool>,
    running: tokio::task::JoinHandle<Vec<Duration>>,
}

impl Probe {
    fn start(client: Client, path: String) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&over);
        let running = shared::lifecycle::spawn(async move {
            let mut visible = Vec::new();
            while !until.load(Ordering::Relaxed) {
                let message = format!("probe {}", uuid::Uuid::new_v4().simple());
                let event =
                    json!({"message": message, "source": "probe", "fingerprint": [message]});
                let posted = client.post(&path, &event).await;
                let accepted = Instant::now();
                let id = posted.data()["id"].as_str().unwrap().to_owned();
                while client.get(&format!("/api/errors/{id}")).await.body["status"] != "success" {}
                visible.push(accepted.elapsed());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            visible
        });
        Self { over, running }
    }

    async fn end(self) -> Vec<Duration> {
        self.over.store(true, Ordering::Relaxed);
        self.running.await.unwrap()
    }
}

/// How long events took until they could be read.
struct Visible {
    samples: usize,
    p50: Duration,
    p95: Duration,
}

impl Visible {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |part: usize| times[(times.len() - 1) * part / 100];
        Self { samples: times.len(), p50: at(50), p95: at(95) }
    }
}

impl std::fmt::Display for Visible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.1?}, p95 {:.1?} ({} events)", self.p50, self.p95, self.samples)
    }
}
