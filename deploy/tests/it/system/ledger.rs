//! Every event ends in one counted outcome, in the metrics and in the ledger.

use deploy::services::Service;
use http::StatusCode;
use serde_json::{Value, json};

use super::client::{Client, System};

const LEDGER: &str = "/api/monitoring/ledger";

#[tokio::test]
async fn accepted_equals_the_sum_of_outcomes() {
    let mut system =
        System::start_with(|options| options.set("ERROR_PAYLOADS_PER_HOUR", "20")).await;
    let id = "0198f0a4-0000-4000-8000-000000000003";
    let mut items = vec![
        json!({"message": "good", "source": "ledger"}),
        json!({"message": "no source"}),
        json!({"message": "given", "source": "ledger", "event_id": id}),
        json!({"message": "given", "source": "ledger", "event_id": id}),
    ];
    items.extend(vec![json!({"message": "storm", "source": "ledger"}); 50]);
    let answer = system.ingest().post("/api/errors/batch", &json!(items)).await;
    assert_eq!((&answer.data()["accepted"], &answer.data()["rejected"]), (&json!(53), &json!(1)));
    assert_eq!(answer.data()["results"][1]["code"], "VALIDATION_ERROR");
    system.ingest().report(json!({"message": "alone", "source": "ledger"})).await;
    let refused = system.ingest().with_key(Some("nobody")).post("/api/errors", &json!({})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    system.drained(53).await.assert_all(53);

    let outcome = async |service: Service, outcome: &str| {
        let metrics = Client::new(system.services.url(service)).text("/metrics").await;
        let wanted = format!("outcome=\"{outcome}\"");
        metrics
            .lines()
            .filter(|line| line.starts_with("errata_events_total{") && line.contains(&wanted))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum::<u64>()
    };
    assert_eq!(outcome(Service::Ingest, "accepted").await, 54);
    assert_eq!(outcome(Service::Ingest, "invalid").await, 2);
    let counted_only = outcome(Service::Worker, "counted_only").await;
    // Within an hour 18 to 20 payloads are kept, over a change of the hour up to twice as many.
    assert!((10..=32).contains(&counted_only), "{counted_only}");
    assert_eq!(outcome(Service::Worker, "stored").await, 53 - counted_only);
    assert_eq!(outcome(Service::Worker, "deduplicated").await, 1);
    assert_eq!(outcome(Service::Worker, "dead_lettered").await, 0);

    // Told to end, ingest writes what it has not reported yet.
    system.services.terminate(Service::Ingest).await;
    let ledger = system.client.get(LEDGER).await;
    let account = |of: &Value| {
        ["accepted", "stored", "counted_only", "deduplicated", "pending", "invalid"]
            .map(|field| of[field].as_u64().unwrap())
    };
    let totals = &ledger.data()["totals"];
    assert_eq!(account(totals), [54, 53 - counted_only, counted_only, 1, 0, 2]);
    let reasons = totals["reasons"].as_array().unwrap();
    for (outcome, reason) in [
        ("counted_only", "error_budget"),
        ("invalid", "VALIDATION_ERROR"),
        ("invalid", "AUTHENTICATION_ERROR"),
    ] {
        let is_it = |at: &&Value| at["outcome"] == outcome && at["reason"] == reason;
        assert!(reasons.iter().any(|at| is_it(&at)), "{outcome} {reason}: {reasons:?}");
    }
    // Who sends without a key belongs to no project.
    let unknown = format!("{LEDGER}?project_id=1");
    assert_eq!(system.client.get(&unknown).await.data()["totals"]["invalid"], 1);
    system.stop().await;
}

#[tokio::test]
async fn an_error_past_its_budget_is_counted_and_can_be_shown() {
    let system = System::start_with(|options| options.set("ERROR_PAYLOADS_PER_HOUR", "10")).await;
    let item = json!({"message": "storm", "source": "ledger", "stack_trace": "at main.rs:1"});
    let batch = json!(vec![item; 200]);
    for _ in 0..5 {
        system.client.post("/api/errors/batch", &batch).await;
    }
    system.drained(1_000).await.assert_all(1_000);
    let list = system.client.get("/api/errors").await;
    let error = &list.data()["errors"][0];
    assert_eq!(error["count"], 1_000);
    let id = error["id"].as_str().unwrap();
    let whole = system.client.get(&format!("/api/errors/{id}")).await;
    assert_eq!(whole.data()["stack_trace"], "at main.rs:1");
    // Events without payload stand in the list of events with what is known of them.
    let events = system.client.get(&format!("/api/errors/{id}/events?limit=100")).await;
    let events = events.data()["events"].as_array().unwrap();
    assert_eq!(events.len(), 100);
    let left_out = |event: &Value| event["whole"] == false;
    assert!(events.iter().any(left_out));
    assert!(events.iter().all(|event| event["stack_trace"].is_null() == left_out(event)));
    assert!(events.iter().all(|event| event["event_id"].is_string()));
    system.stop().await;
}
