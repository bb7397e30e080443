//! Every event ends in one counted outcome.

use deploy::services::Service;
use serde_json::json;

use super::client::{Client, System};

#[tokio::test]
async fn accepted_equals_the_sum_of_outcomes() {
    let system = System::start().await;
    let id = "0198f0a4-0000-4000-8000-000000000003";
    let batch = json!([
        {"message": "good", "source": "ledger"},
        {"message": "no source"},
        {"message": "given", "source": "ledger", "event_id": id},
        {"message": "given", "source": "ledger", "event_id": id},
    ]);
    let answer = system.ingest().post("/api/errors/batch", &batch).await;
    assert_eq!((&answer.data()["accepted"], &answer.data()["rejected"]), (&json!(3), &json!(1)));
    assert_eq!(answer.data()["results"][1]["code"], "VALIDATION_ERROR");
    system.ingest().report(json!({"message": "alone", "source": "ledger"})).await;
    system.drained(3).await.assert_all(3);

    let outcome = async |service: Service, outcome: &str| {
        let metrics = Client::new(system.services.url(service)).text("/metrics").await;
        let wanted = format!("outcome=\"{outcome}\"");
        metrics
            .lines()
            .filter(|line| line.starts_with("errata_events_total{") && line.contains(&wanted))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum::<u64>()
    };
    assert_eq!(outcome(Service::Ingest, "accepted").await, 4);
    assert_eq!(outcome(Service::Ingest, "invalid").await, 1);
    assert_eq!(outcome(Service::Worker, "stored").await, 3);
    assert_eq!(outcome(Service::Worker, "deduplicated").await, 1);
    assert_eq!(outcome(Service::Worker, "dead_lettered").await, 0);
    system.stop().await;
}
