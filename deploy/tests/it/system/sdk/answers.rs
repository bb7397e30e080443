//! What SDKs act on: limits, what they lost, what is no event, and ids that come again.

use deploy::services::Service;
use http::Method;
use serde_json::{Value, json};

use super::super::client::{Answer, System};
use super::capture::Capture;
use super::projects::{self, KEYS};

async fn send(system: &System, body: String) -> Answer {
    let path = format!("/api/1/envelope/?sentry_key={}", KEYS[0]);
    let headers = [("content-type", "text/plain;charset=UTF-8"), ("origin", "https://x.example")];
    system.client.with_key(None).send(Method::POST, &path, &headers, body.into()).await.unwrap()
}

fn event(message: &str) -> String {
    format!("{{}}\n{{\"type\":\"event\"}}\n{}\n", json!({ "message": message }))
}

#[tokio::test]
async fn a_used_up_limit_is_told_to_sdks_and_holds_back_errors_only() {
    let system = System::start_with(|options| options.set("RATE_LIMITS", "on")).await;
    projects::create(&system).await;
    let batch: Vec<Value> = vec![json!({"message": "m", "source": "s"}); 999];
    let of_dsn = system.client.with_key(Some(KEYS[0]));
    of_dsn.post("/api/errors/batch", &json!(batch)).await;
    assert_eq!(send(&system, event("the last one")).await.status, 200);
    let refused = send(&system, event("one too many")).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (429, &json!("RATE_LIMITED")));
    let seconds = refused.header("retry-after").unwrap();
    let limits = refused.header("x-sentry-rate-limits").unwrap();
    assert_eq!(limits, format!("{seconds}:error;default:key:rate_limited"));
    let exposed = refused.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("x-sentry-rate-limits") && exposed.contains("retry-after"));
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    // What clients lost is told to us all the same.
    let report = json!({"discarded_events": [{"reason": "ratelimit_backoff", "category": "error", "quantity": 3}]});
    let report = format!("{{}}\n{{\"type\":\"client_report\"}}\n{report}\n");
    assert_eq!(send(&system, report).await.status, 200);
    system.drained(1_000).await.assert_all(1_000);
    system.stop().await;
}

#[tokio::test]
async fn what_is_no_event_stands_in_the_ledger() {
    let mut system = System::start().await;
    projects::create(&system).await;
    for case in [
        "python-client-report",
        "fastapi-sessions",
        "node-uncaught-session",
        "browser-feedback",
        "browser-replay-replay",
        "rust-transaction",
        "derived-unknown-item",
    ] {
        let answer = Capture::named(case).send(&system).await;
        assert_eq!(answer.status, 200, "{case}: {}", answer.body);
    }
    system.drained(1).await.assert_all(1);
    system.services.terminate(Service::Ingest).await;
    let ledger = system.client.get("/api/monitoring/ledger").await;
    let totals = &ledger.data()["totals"];
    let part = |outcome: &str, reason: &str| {
        let parts = totals["reasons"].as_array().unwrap().iter();
        let is_it = |it: &&Value| it["outcome"] == outcome && it["reason"] == reason;
        parts.filter(is_it).map(|it| it["events"].as_i64().unwrap()).sum::<i64>()
    };
    assert_eq!((&totals["accepted"], &totals["stored"]), (&json!(1), &json!(1)));
    assert_eq!(totals["pending"], 0);
    assert_eq!(part("invalid", "MALFORMED_JSON"), 0);
    assert!(part("client_discarded", "before_send") >= 2, "{totals}");
    for (kind, items) in
        [("session", 2), ("feedback", 1), ("replay", 2), ("transaction", 1), ("other", 1)]
    {
        assert_eq!(part("discarded", kind), items, "{kind}: {totals}");
    }
    system.stop().await;
}

#[tokio::test]
async fn an_event_that_is_sent_again_counts_once() {
    let system = System::start().await;
    projects::create(&system).await;
    let capture = Capture::named("rust-error");
    let first = capture.send(&system).await;
    assert_eq!(first.status, 200);
    let again = capture.send(&system).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(send(&system, event("comes last")).await.status, 200);
    system.drained(2).await.assert_all(2);
    system.stop().await;
}

#[tokio::test]
async fn an_image_brings_an_event_and_gets_an_image() {
    let system = System::start().await;
    projects::create(&system).await;
    let answer = Capture::named("derived-store-get").send(&system).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/gif")));
    system.drained(1).await.assert_all(1);
    system.stop().await;
}
