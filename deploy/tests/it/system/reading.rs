//! What was posted is read back, through the edge, in the documented form.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::System;

/// Every field that the API document names, and our additions.
const OBJECT_FIELDS: [&str; 30] = [
    "id",
    "timestamp",
    "level",
    "message",
    "stack_trace",
    "context",
    "source",
    "environment",
    "user_agent",
    "ip_address",
    "url",
    "fingerprint",
    "resolved",
    "count",
    "first_seen",
    "last_seen",
    "created_at",
    "updated_at",
    "event_id",
    "status",
    "title",
    "exception_type",
    "culprit",
    "release",
    "tags",
    "user",
    "project_id",
    "regressed",
    "resolved_at",
    "assigned_to",
];

#[track_caller]
fn assert_object(object: &Value) {
    for field in OBJECT_FIELDS.iter().chain(&["users_affected"]) {
        assert!(object.get(field).is_some(), "{field} is missing in {object}");
    }
    for field in ["timestamp", "first_seen", "last_seen", "created_at", "updated_at"] {
        let text = object[field].as_str().unwrap();
        assert!(text.len() == 24 && text.ends_with('Z'), "{field} is {text}");
    }
}

#[tokio::test]
async fn one_error_the_whole_way() {
    let system = System::start().await;
    let event = json!({
        "level": "error", "message": "Database connection failed",
        "stack_trace": "Error: Connection timeout\n at Database.connect(db.js:45)\n at main(app.js:12)",
        "context": {"user_id": "12345", "session_id": "abc-def-ghi", "password": "hunter2"},
        "source": "backend", "environment": "production", "url": "https://api.example.com/users",
        "release": "1.2.3", "tags": {"region": "eu"}, "user": {"id": 7},
    });
    let posted = system.client.report(event.clone()).await;
    assert_object(&posted);
    assert_eq!(posted["count"], 1);
    assert_eq!(posted["context"]["password"], "[Filtered]");
    assert_eq!(posted["context"]["session_id"], "abc-def-ghi");

    // The very next read finds it, and says the same.
    let id = posted["id"].as_str().unwrap();
    let read = system.client.get(&format!("/api/errors/{id}")).await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.body);
    assert_object(read.data());
    for field in [
        "id",
        "event_id",
        "message",
        "stack_trace",
        "context",
        "source",
        "fingerprint",
        "title",
        "release",
        "tags",
    ] {
        assert_eq!(read.data()[field], posted[field], "{field}");
    }

    system.client.report(event).await;
    system.drained(2).await.assert_all(2);
    let events = system.client.get(&format!("/api/errors/{id}/events")).await;
    assert_eq!(events.data()["events"].as_array().unwrap().len(), 2, "{}", events.body);
    let event_id = posted["event_id"].as_str().unwrap();
    let event = system.client.get(&format!("/api/events/{}", event_id.replace('-', ""))).await;
    assert_eq!(event.data()["error_id"], posted["id"]);
    system.stop().await;
}

#[tokio::test]
async fn a_list_shows_new_events_within_a_second() {
    let system = System::start().await;
    let list = system.client.get("/api/errors?limit=20&offset=0").await;
    assert_eq!(list.data()["total"], 0);
    for (level, source) in [("error", "frontend"), ("warning", "backend"), ("error", "backend")] {
        system.client.report(json!({"message": format!("{level} in {source}"), "level": level, "source": source})).await;
    }
    system.drained(3).await;
    let seen = tokio::time::timeout(std::time::Duration::from_secs(1), async {
        loop {
            let list = system.client.get("/api/errors?limit=20&offset=0").await;
            if list.data()["total"] == 3 {
                return list;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    let list = seen.await.expect("the list did not show the events within a second");
    assert_eq!((&list.data()["page"], &list.data()["limit"]), (&json!(1), &json!(20)));
    for row in list.data()["errors"].as_array().unwrap() {
        assert_object(row);
    }
    let filtered = system.client.get("/api/errors?level=error&source=frontend").await;
    assert_eq!(filtered.data()["total"], 1);
    assert_eq!(filtered.data()["errors"][0]["message"], "error in frontend");
    system.stop().await;
}

#[tokio::test]
async fn a_resolve_is_in_the_very_next_read() {
    let system = System::start().await;
    let id = system.client.report(json!({"message": "m", "source": "s"})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    system.drained(1).await;
    for (action, resolved) in [("resolve", true), ("unresolve", false)] {
        // Fill the cache first.
        system.client.get("/api/errors").await;
        system.client.get("/api/stats").await;
        let changed = system.client.put(&format!("/api/errors/{id}/{action}"), &json!({})).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        let list = system.client.get("/api/errors").await;
        assert_eq!(list.data()["errors"][0]["resolved"], resolved);
        let stats = system.client.get("/api/stats").await;
        assert_eq!(stats.data()["resolved_errors"], i32::from(resolved));
    }
    system.stop().await;
}

#[tokio::test]
async fn the_edge_knows_every_path_and_refuses_in_the_failure_form() {
    let system = System::start().await;
    let health = system.client.with_key(None).get("/health").await;
    assert_eq!(health.body["status"], "ok");
    for (method, path, status, code) in [
        (Method::GET, "/api/errors", StatusCode::UNAUTHORIZED, "AUTHENTICATION_ERROR"),
        (Method::POST, "/api/errors", StatusCode::UNAUTHORIZED, "AUTHENTICATION_ERROR"),
    ] {
        let refused =
            system.client.with_key(None).send(method, path, &[], Vec::new()).await.unwrap();
        assert_eq!((refused.status, refused.body["code"].as_str()), (status, Some(code)));
        assert_eq!(refused.header("x-request-id"), refused.body["request_id"].as_str());
    }
    for (method, path, status) in [
        (Method::GET, "/api/nothing", StatusCode::NOT_FOUND),
        (Method::PATCH, "/api/errors", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/api/errors/batch", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/api/errors/not-a-uuid", StatusCode::BAD_REQUEST),
        (Method::GET, "/api/errors/00000000-0000-0000-0000-000000000000", StatusCode::NOT_FOUND),
    ] {
        let refused = system.client.send(method.clone(), path, &[], Vec::new()).await.unwrap();
        assert_eq!(refused.status, status, "{method} {path} {}", refused.body);
        assert_eq!(refused.body["status"], "error");
        assert!(refused.body["error"].is_string() && refused.body["details"].is_object());
        if status == StatusCode::METHOD_NOT_ALLOWED {
            assert!(refused.header("allow").unwrap().contains("POST"), "{path}");
        }
    }
    system.stop().await;
}
