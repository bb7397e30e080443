//! The broker away, or without the queue: spooled, or refused in time.

use std::time::Duration;

use http::StatusCode;
use lapin::options::QueueDeleteOptions;
use serde_json::json;
use shared::broker::topology::Queue;

use crate::place::Place;

const NO_BROKER: (&str, &str) = ("AMQP_URL", "amqp://guest:guest@127.0.0.1:1/%2f");

#[tokio::test]
async fn without_broker_and_spool_the_client_is_told_to_come_back() {
    let place = Place::with(&[NO_BROKER, ("SPOOL_DIR", "")]).await;
    let body = json!({"message": "m", "source": "s"}).to_string();
    let started = tokio::time::Instant::now();
    let answer = place.post("/api/errors", &body).await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body["code"], "SERVICE_UNAVAILABLE");
    assert!(answer.headers.contains_key("retry-after"));
    let batch = place.post("/api/errors/batch", &format!("[{body}]")).await;
    assert_eq!(batch.status, StatusCode::SERVICE_UNAVAILABLE);
    let ready = place.send(http::Method::GET, "/ready", &[], "").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    place.stop().await;
}

#[tokio::test]
async fn without_broker_the_spool_makes_it_durable() {
    let place = Place::with(&[NO_BROKER]).await;
    let answer =
        place.post("/api/errors", &json!({"message": "m", "source": "s"}).to_string()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let spooled: u64 = std::fs::read_dir(place.spool.path())
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(spooled > 100);
    place.stop().await;
}

#[tokio::test]
async fn a_deleted_queue_loses_nothing() {
    let place = Place::new().await;
    place.take(Queue::Events, 0).await;
    let name = Queue::Events.name(place.sandbox.namespace());
    place.channel.queue_delete(name, QueueDeleteOptions::default()).await.unwrap();
    // Unroutable: confirmed by the broker and returned, so it is spooled, the queue is declared
    // again, and the spool is drained into it.
    let posted =
        place.post("/api/errors", &json!({"message": "m", "source": "s"}).to_string()).await;
    assert_eq!(posted.status, StatusCode::CREATED, "{}", posted.body);
    let [entry] = retry_take(&place).await;
    assert_eq!(posted.body["data"]["event_id"], entry.event_id.to_string());
    place.stop().await;
}

/// Takes one event once the queue is there again: asking for a missing queue closes the channel.
async fn retry_take(place: &Place) -> [shared::batch::Entry; 1] {
    let waiting = async {
        loop {
            let channel = place.open_channel().await;
            if shared::broker::topology::depth(&channel, Queue::Events, place.sandbox.namespace())
                .await
                .is_ok_and(|(ready, _)| ready > 0)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
    place.take(Queue::Events, 1).await.try_into().unwrap()
}
