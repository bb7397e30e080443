//! What is answered 201 is in the queue, sanitised, as it was answered.

use http::{Method, StatusCode};
use serde_json::json;
use shared::broker::topology::Queue;
use shared::payload;

use crate::place::Place;

#[tokio::test]
async fn an_error_is_in_the_queue_when_it_is_answered() {
    let place = Place::new().await;
    let body = json!({
        "message": "login failed", "source": "backend", "level": "warning",
        "context": {"password": "hunter2", "session_id": "abc"}, "user": {"id": 7},
    });
    let answer = place.post("/api/errors", &body.to_string()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let data = &answer.body["data"];
    let [entry] = place.take(Queue::Events, 1).await.try_into().unwrap();
    assert_eq!(data["id"], entry.error_id.to_string());
    assert_eq!(data["event_id"], entry.event_id.to_string());
    assert_eq!(data["fingerprint"], entry.fingerprint.to_string());
    assert!(!entry.client_id);
    let payload = entry.payload.unwrap();
    let event = payload::decode(payload.encoding, &payload.bytes).unwrap();
    assert_eq!(json!(event.context.unwrap()), data["context"]);
    assert_eq!(data["context"], json!({"password": "[Filtered]", "session_id": "abc"}));
    place.stop().await;
}

#[tokio::test]
async fn a_minimal_answer_holds_the_ids_alone() {
    let place = Place::new().await;
    let body = json!({"message": "m", "source": "s"}).to_string();
    let answer =
        place.send(Method::POST, "/api/errors", &[("prefer", "return=minimal")], body).await;
    let keys: Vec<&String> = answer.body["data"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["event_id", "fingerprint", "id"]);
    place.stop().await;
}

#[tokio::test]
async fn each_item_of_a_batch_stands_for_itself() {
    let place = Place::new().await;
    let lines = "{\"message\":\"a\",\"source\":\"s\"}\nnot json\n{\"message\":\"b\"}\n\
                 {\"message\":\"c\",\"source\":\"s\"}\n";
    let headers = [("content-type", "application/x-ndjson")];
    let answer = place.send(Method::POST, "/api/errors/batch", &headers, lines).await;
    assert_eq!(answer.status, StatusCode::OK);
    let data = &answer.body["data"];
    assert_eq!((&data["accepted"], &data["rejected"]), (&json!(2), &json!(2)));
    assert_eq!(data["results"][1]["code"], "MALFORMED_JSON");
    assert_eq!(data["results"][2]["details"]["errors"][0]["field"], "source");
    assert_eq!(place.take(Queue::Events, 2).await.len(), 2);
    place.stop().await;
}

#[tokio::test]
async fn a_flood_of_one_project_takes_the_bulk_queue() {
    let place = Place::with(&[("PROJECT_EVENTS_PER_SECOND", "5")]).await;
    let item = json!({"message": "m", "source": "s"});
    let answer = place.post("/api/errors/batch", &json!(vec![item; 50]).to_string()).await;
    assert_eq!(answer.body["data"]["accepted"], 50);
    assert_eq!(place.take(Queue::Bulk, 50).await.len(), 50);
    place.stop().await;
}

#[tokio::test]
async fn the_address_comes_from_the_trusted_edge_alone() {
    let forwarded = [("x-forwarded-for", "203.0.113.9")];
    let body = json!({"message": "m", "source": "s"}).to_string();
    for (trusted, expected) in [("127.0.0.1", "203.0.113.9"), ("", "127.0.0.1")] {
        let place = Place::with(&[("TRUSTED_PROXIES", trusted)]).await;
        let answer = place.send(Method::POST, "/api/errors", &forwarded, body.clone()).await;
        assert_eq!(answer.body["data"]["ip_address"], expected);
        place.stop().await;
    }
}
