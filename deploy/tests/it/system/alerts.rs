//! Alert rules from an accepted event to a received message, while workers are killed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deploy::receivers::{Behaviour, HttpReceiver, Posted};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::client::{Client, System, database_client};

/// What is done to the system.
struct Plan {
    rules: usize,
    /// Errors, each of which every rule fires about.
    errors: usize,
    workers: usize,
    /// How long errors are reported and workers are killed.
    time: Duration,
    /// Between two kills.
    pause: Duration,
}

#[tokio::test]
async fn a_crossing_fires_once_and_is_told_under_one_id() {
    let time = Duration::from_secs(10);
    let pause = Duration::from_secs(2);
    check(Plan { rules: 5, errors: 4, workers: 2, time, pause }).await;
}

#[tokio::test]
#[ignore = "long: make test-faults"]
async fn four_workers_of_which_one_is_always_being_killed_fire_once() {
    let time = Duration::from_secs(60);
    let pause = Duration::from_millis(1_500);
    check(Plan { rules: 30, errors: 10, workers: 4, time, pause }).await;
}

async fn check(plan: Plan) {
    let mut system = System::start_with(|options| {
        options.set("NOTIFY_ALLOW_PRIVATE", "on").set("NOTIFY_RETRY_SECONDS", "1")
    })
    .await;
    let receiver = HttpReceiver::start(Behaviour::Answer(200, String::new())).await.unwrap();
    let url = receiver.url("/hook");
    let webhook = system.client.put("/api/settings/integrations/webhook", &json!({"url": url})).await;
    assert_eq!(webhook.status, StatusCode::OK, "{}", webhook.body);
    for number in 0..plan.rules {
        make_rule(&system.client, number).await;
    }
    let mut workers = Vec::new();
    for _ in 1..plan.workers {
        workers.push(system.services.start_extra_worker().await.unwrap());
    }

    let reporting = shared::lifecycle::spawn(report(system.client.clone(), plan.errors, plan.time));
    kill_until(&mut system, &mut workers, Instant::now() + plan.time, plan.pause).await;
    reporting.await.unwrap();

    let crossings = plan.rules * plan.errors;
    until_delivered(&system, crossings).await;
    let client = database_client(&system.sandbox.database_url()).await;
    let sql = "SELECT count(*), count(DISTINCT (rule_id, error_id)) FROM firings";
    let row = client.query_one(sql, &[]).await.unwrap();
    let crossed = i64::try_from(crossings).unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (crossed, crossed));
    check_told(&receiver.posted(), crossings);
    drop(client);
    system.stop().await;
}

async fn make_rule(client: &Client, number: usize) {
    // Thresholds differ, so that rules cross at different events.
    let condition = format!("error_count > {} in 5 minutes per error", number % 4);
    let name = format!("Rule {number}");
    let body = json!({"name": name, "condition": condition, "notifications": ["webhook"]});
    let made = client.post("/api/alerts/rules", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
}

/// Reports the errors one after the other, spread over the time.
async fn report(client: Client, errors: usize, time: Duration) {
    let began = Instant::now();
    for number in 0..errors {
        let share = time * u32::try_from(number).unwrap() / u32::try_from(errors).unwrap();
        sleep_until(began + share).await;
        for _ in 0..5 {
            // Letters, because numbers do not tell errors apart.
            let name = char::from(b'a' + u8::try_from(number).unwrap());
            let message = format!("broken part {name}{name}{name}");
            client.report(json!({"message": message, "source": "test"})).await;
        }
    }
}

/// Kills one worker after the other and starts another in its place.
async fn kill_until(
    system: &mut System,
    workers: &mut Vec<String>,
    end: Instant,
    pause: Duration,
) {
    while Instant::now() < end {
        sleep_until((Instant::now() + pause).min(end)).await;
        let name = workers.remove(0);
        system.services.kill_named(&name).await;
        workers.push(system.services.start_extra_worker().await.unwrap());
    }
}

/// Waits until every firing is told and nothing is left to deliver.
async fn until_delivered(system: &System, crossings: usize) {
    let client = database_client(&system.sandbox.database_url()).await;
    let sql = "SELECT (SELECT count(*) FROM firings), (SELECT count(*) FROM deliveries),
        (SELECT count(*) FROM deliveries WHERE status = 'pending'),
        (SELECT count(*) FROM notifications WHERE held)";
    let deadline = Instant::now() + Duration::from_secs(80);
    loop {
        let row = client.query_one(sql, &[]).await.unwrap();
        let [firings, deliveries, pending, held] = [0, 1, 2, 3].map(|column| row.get::<_, i64>(column));
        if firings >= i64::try_from(crossings).unwrap() && deliveries > 0 && pending + held == 0 {
            return;
        }
        let state = format!("{firings} firings, {deliveries} deliveries, {pending} pending, {held} held");
        assert!(Instant::now() < deadline, "{state}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Every firing was told, by itself or in a digest, always under one id.
fn check_told(posted: &[Posted], crossings: usize) {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for post in posted {
        let body: Value = serde_json::from_slice(&post.body).unwrap();
        let delivery = body["delivery_id"].as_str().unwrap().to_owned();
        assert_eq!(post.header("x-errata-delivery"), Some(delivery.as_str()));
        for firing in firings_of(&body) {
            told.entry(firing).or_default().insert(delivery.clone());
        }
    }
    assert_eq!(told.len(), crossings);
    for (firing, deliveries) in told {
        assert_eq!(deliveries.len(), 1, "{firing}: {deliveries:?}");
    }
}

fn firings_of(body: &Value) -> Vec<String> {
    let data = &body["data"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match body["type"].as_str().unwrap() {
        "alert.fired" => vec![text(&data["firing"]["id"])],
        "alert.digest" => {
            let firings = data["firings"].as_array().unwrap();
            firings.iter().map(|firing| text(&firing["id"])).collect()
        }
        other => panic!("told {other}"),
    }
}
