//! An error's life: open, resolved, reopened, ignored, deleted, back again.

use deploy::services::Service;
use http::StatusCode;
use serde_json::{Value, json};
use shared::time;

use super::client::System;

/// Waits until the error shows what is expected of it.
async fn until(system: &System, id: &str, expected: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..100 {
        let answer = system.client.get(&format!("/api/errors/{id}")).await;
        if answer.status == StatusCode::OK && expected(answer.data()) {
            return answer.data().clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{id} never showed what was expected");
}

#[tokio::test]
async fn only_an_event_after_the_resolve_reopens() {
    let system = System::start().await;
    let event = json!({"message": "comes back", "source": "life"});
    let id = system.client.report(event.clone()).await["id"].as_str().unwrap().to_owned();
    until(&system, &id, |error| error["count"] == 1).await;
    let before = time::format(time::now());
    let resolved = system.client.put(&format!("/api/errors/{id}/resolve"), &json!({})).await;
    assert_eq!(resolved.data(), &json!({"status": "resolved"}));

    // Received after the resolve, but it happened before.
    let mut late = event.clone();
    late["timestamp"] = json!(before);
    system.client.report(late).await;
    let error = until(&system, &id, |error| error["count"] == 2).await;
    assert_eq!((&error["status"], &error["regressed"]), (&json!("resolved"), &json!(false)));

    system.client.report(event).await;
    let error = until(&system, &id, |error| error["count"] == 3).await;
    assert_eq!((&error["status"], &error["regressed"]), (&json!("unresolved"), &json!(true)));
    assert_eq!(error["resolved_at"], Value::Null);
    system.stop().await;
}

#[tokio::test]
async fn what_was_received_before_a_second_resolve_does_not_reopen() {
    let mut system = System::start().await;
    let event = json!({"message": "twice", "source": "life"});
    let id = system.client.report(event.clone()).await["id"].as_str().unwrap().to_owned();
    until(&system, &id, |error| error["count"] == 1).await;
    let resolve = format!("/api/errors/{id}/resolve");
    system.client.put(&resolve, &json!({})).await;
    let first = until(&system, &id, |error| error["status"] == "resolved").await;
    // Received, and waiting for the worker, when the error is resolved again.
    system.services.terminate(Service::Worker).await;
    system.client.report(event).await;
    system.client.put(&resolve, &json!({})).await;
    system.services.restart(Service::Worker).await.unwrap();
    let error = until(&system, &id, |error| error["count"] == 2).await;
    assert_eq!(error["status"], "resolved");
    assert_eq!(error["resolved_at"], first["resolved_at"]);
    system.stop().await;
}

#[tokio::test]
async fn an_ignored_error_comes_back_by_number() {
    let system = System::start().await;
    let event = json!({"message": "noise", "source": "life"});
    let id = system.client.report(event.clone()).await["id"].as_str().unwrap().to_owned();
    until(&system, &id, |error| error["count"] == 1).await;
    let ignored =
        system.client.put(&format!("/api/errors/{id}/ignore"), &json!({"events": 2})).await;
    assert_eq!(ignored.status, StatusCode::OK, "{}", ignored.body);
    system.client.report(event.clone()).await;
    let error = until(&system, &id, |error| error["count"] == 2).await;
    assert_eq!(error["status"], "ignored");
    system.client.report(event).await;
    let error = until(&system, &id, |error| error["count"] == 3).await;
    assert_eq!((&error["status"], &error["regressed"]), (&json!("unresolved"), &json!(false)));
    system.stop().await;
}

#[tokio::test]
async fn a_deleted_error_starts_anew_under_the_same_id() {
    let system = System::start().await;
    let event = json!({"message": "deleted", "source": "life", "user": {"id": "u"}});
    let id = system.client.report(event.clone()).await["id"].as_str().unwrap().to_owned();
    system.client.report(event.clone()).await;
    until(&system, &id, |error| error["count"] == 2).await;
    let deleted = system.client.delete(&format!("/api/errors/{id}")).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    let gone = system.client.get(&format!("/api/errors/{id}")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(system.client.get("/api/stats").await.data()["total_errors"], 0);

    assert_eq!(system.client.report(event).await["id"].as_str().unwrap(), id);
    let error = until(&system, &id, |error| error["count"] == 1).await;
    assert_eq!(error["users_affected"], 1);
    // A cached answer may lag behind events by as long as generations are coalesced, not longer.
    let shown = async {
        while system.client.get("/api/stats").await.data()["events_total"] != 1 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(1), shown).await.unwrap();
    system.stop().await;
}
