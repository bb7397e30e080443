//! Cached answers and a worker that can't say what it has stored.

use std::time::Duration;

use deploy::services::Service;
use serde_json::{Value, json};

use super::client::{Client, System};
use super::relay::{Flow, Relay};

/// Waits until the list answers with so many errors, from where it should.
async fn until_total(client: &Client, total: u64, outcome: Option<&str>) {
    let waiting = async {
        loop {
            let answer = client.get("/api/errors").await;
            let by = answer.header("x-cache");
            if answer.data()["total"] == total && outcome.is_none_or(|wanted| by == Some(wanted)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
}

fn event(message: &str) -> Value {
    json!({"message": message, "source": "backend"})
}

#[tokio::test]
async fn a_worker_that_dies_between_its_commit_and_the_announcement_leaves_nothing_stale() {
    let mut relay = None;
    let mut system = System::start_with(|options| {
        let url = options.env["REDIS_URL"].clone();
        let before_redis = relay.insert(Relay::before(&url));
        options.set_for(Service::Worker, "REDIS_URL", &before_redis.url(&url))
    })
    .await;
    let relay = relay.unwrap();
    system.client.report(event("the first")).await;
    until_total(&system.client, 1, Some("hit")).await;
    // Nothing reaches Redis any more, and the worker does not know that yet.
    relay.set(Flow::Nothing);
    system.client.report(event("of another kind")).await;
    system.drained(2).await;
    system.services.kill(Service::Worker).await;
    // By its age alone the cached list would stay for two minutes.
    until_total(&system.client, 2, None).await;
    relay.set(Flow::Open);
    system.services.restart(Service::Worker).await.unwrap();
    system.stop().await;
}
