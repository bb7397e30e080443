//! One event counts once, however often it comes.

use http::{Method, StatusCode};
use serde_json::json;

use super::client::System;

#[tokio::test]
async fn an_event_sent_again_counts_once() {
    let system = System::start().await;
    let id = "0198f0a4-0000-4000-8000-000000000001";
    let event = json!({"message": "sent again", "source": "once", "event_id": id});

    // Twice in one message, in two messages, and many times at once.
    let batch = system.client.post("/api/errors/batch", &json!([event, event])).await;
    assert_eq!(batch.data()["accepted"], 2);
    system.drained(1).await;
    system.client.report(event.clone()).await;
    let again: Vec<_> = (0..100).map(|_| system.client.report(event.clone())).collect();
    let answers = futures_util::future::join_all(again).await;
    assert!(answers.iter().all(|answer| answer["event_id"] == id));

    // A later event has passed all of them when it is visible.
    system.client.report(json!({"message": "the last one", "source": "once"})).await;
    system.drained(2).await.assert_all(2);
    system.stop().await;
}

#[tokio::test]
async fn an_idempotency_key_stands_for_an_event() {
    let system = System::start().await;
    let body = json!({"message": "keyed", "source": "once"}).to_string().into_bytes();
    let mut ids = Vec::new();
    for key in ["job-7", "job-7", "job-8"] {
        let headers = [("idempotency-key", key)];
        let answer =
            system.client.send(Method::POST, "/api/errors", &headers, body.clone()).await.unwrap();
        assert_eq!(answer.status, StatusCode::CREATED);
        ids.push(answer.data()["event_id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    system.drained(2).await;
    system.client.report(json!({"message": "the last one", "source": "once"})).await;
    system.drained(3).await.assert_all(3);
    system.stop().await;
}

#[tokio::test]
async fn of_two_bodies_under_one_id_the_first_wins() {
    let system = System::start().await;
    let id = "0198f0a4-0000-4000-8000-000000000002";
    let body = |message: &str| json!({"message": message, "source": "once", "event_id": id});
    system.client.report(body("the first body")).await;
    system.drained(1).await;
    system.client.report(body("the second body")).await;
    system.client.report(json!({"message": "the last one", "source": "once"})).await;
    system.drained(2).await.assert_all(2);
    let event = system.client.get(&format!("/api/events/{id}")).await;
    assert_eq!(event.data()["message"], "the first body");
    system.stop().await;
}

#[tokio::test]
async fn a_flood_is_stored_beside_an_endless_trickle() {
    const ROUNDS: i64 = 150;
    let system = System::start_with(|options| options.set("PROJECT_EVENTS_PER_SECOND", "20")).await;
    let project = system.client.post("/api/projects", &json!({"name": "Quiet"})).await;
    let quiet = format!("/api/errors?project_id={}", project.data()["id"]);
    // The quiet project must be known to ingest before its events come.
    let event =
        |round: i64, of: &str| json!({"message": format!("{of} {round}"), "source": "queues"});
    while system.client.post(&quiet, &event(0, "first")).await.status != StatusCode::CREATED {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // One project floods and takes the bulk queue; the other one trickles beside it until the whole
    // flood is stored, which it must be although the trickle never ends.
    let flood = async {
        for round in 0..ROUNDS {
            let items: Vec<_> = (0..30).map(|_| event(round, "flood")).collect();
            let posted = system.client.post("/api/errors/batch", &json!(items)).await;
            assert_eq!(posted.data()["accepted"], 30);
        }
        system.drained(ROUNDS * 30).await;
    };
    let mut trickled = 0;
    let trickle = async {
        loop {
            let item = event(0, "trickle");
            let posting = (0..8).map(|_| system.client.post(&quiet, &item));
            for posted in futures_util::future::join_all(posting).await {
                assert_eq!(posted.status, StatusCode::CREATED);
                trickled += 1;
            }
        }
    };
    tokio::select! {
        () = flood => {}
        () = trickle => {}
    }
    let total = ROUNDS * 30 + 1;
    let counts = system.drained(total + trickled).await;
    // A last round of the trickle may have been cut off before it was answered.
    assert!(counts.counted <= total + trickled + 8);
    counts.assert_all(counts.counted);
    system.stop().await;
}
