//! One error, its events, and one event.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ids::EventId;

use crate::support::{READER, READER_1, Seed, Server};

#[tokio::test]
async fn an_error_comes_with_its_latest_event() {
    let server = Server::start().await;
    let seeded = Seed::error("it broke")
        .exception("ValueError")
        .events(2)
        .edit(|event| {
            let exception = json!({
                "type": "ValueError", "value": "it broke",
                "frames": [{"function": "pay", "lineno": 7, "in_app": true}],
            });
            event.exceptions = vec![serde_json::from_value(exception).unwrap()];
            event.server_name = Some("web-1".to_owned());
            event.url = Some("https://shop.example/pay".to_owned());
        })
        .store(&server.db)
        .await;
    // Ids are read without dashes, too.
    let path = format!("/api/errors/{}", seeded.id.0.simple());
    let error = server.get(&path).key(READER).send().await.data();
    assert_eq!(error["id"], json!(seeded.id));
    assert_eq!(error["count"], 2);
    let event = &error["latest_event"];
    for (field, expected) in [
        ("event_id", json!(seeded.events[1])),
        ("error_id", json!(seeded.id)),
        ("project_id", json!(1)),
        ("timestamp", json!(shared::time::format(seeded.last_seen))),
        ("level", json!("error")),
        ("title", json!("ValueError: it broke")),
        ("exception_type", json!("ValueError")),
        ("message", json!("it broke")),
        ("environment", json!("production")),
        ("server_name", json!("web-1")),
        (
            "request",
            json!({
                "url": "https://shop.example/pay", "method": null, "query_string": null,
                "headers": null, "cookies": null, "data": null, "env": null,
            }),
        ),
        ("stack_trace", Value::Null),
        ("tags", json!({})),
    ] {
        assert_eq!(event[field], expected, "{field}");
    }
    for field in ["received_at", "culprit", "platform", "release", "user", "contexts"] {
        assert!(event.as_object().unwrap().contains_key(field), "{field} is missing");
    }
    let exception = &event["exceptions"][0];
    assert_eq!((&exception["type"], &exception["mechanism"]), (&json!("ValueError"), &Value::Null));
    let frame = &exception["frames"][0];
    assert_eq!((&frame["function"], &frame["lineno"]), (&json!("pay"), &json!(7)));
    assert_eq!(frame["pre_context"], json!([]));
    server.stop().await;
}

#[tokio::test]
async fn an_aged_error_shows_its_example() {
    let server = Server::start().await;
    let seeded = Seed::error("old")
        .edit(|event| event.url = Some("https://a.example".to_owned()))
        .store(&server.db)
        .await;
    server
        .db
        .batch_execute(
            "INSERT INTO examples
             SELECT project_id, group_id, group_id, occurred_at, received_at, event_id, encoding,
                    payload FROM events;
             DELETE FROM events;",
        )
        .await
        .unwrap();
    let path = format!("/api/errors/{}", seeded.id);
    let error = server.get(&path).key(READER).send().await.data();
    assert_eq!(error["url"], "https://a.example");
    assert_eq!(error["latest_event"]["event_id"], json!(seeded.events[0]));
    let path = format!("/api/events/{}", seeded.events[0]);
    let event = server.get(&path).key(READER).send().await.data();
    assert_eq!(event["error_id"], json!(seeded.id));
    server.stop().await;
}

#[tokio::test]
async fn events_are_listed_newest_first_by_cursor() {
    let server = Server::start().await;
    let seeded = Seed::error("often").events(5).store(&server.db).await;
    // A second group of the same error, as after a merge, between the others in time.
    let merged = Seed::error("merged")
        .last_seen(seeded.last_seen - TimeDelta::milliseconds(1_500))
        .store(&server.db)
        .await;
    let sql = "UPDATE groups SET error_id = $1 WHERE group_id = $2";
    server.db.execute(sql, &[&seeded.error_id, &merged.group_id]).await.unwrap();
    let mut expected: Vec<EventId> = seeded.events.iter().rev().copied().collect();
    expected.insert(2, merged.events[0]);

    let base = format!("/api/errors/{}/events?limit=2", seeded.id);
    let mut path = base.clone();
    let mut listed: Vec<Value> = Vec::new();
    loop {
        let data = server.get(&path).key(READER_1).send().await.data();
        let events = data["events"].as_array().unwrap();
        assert!(events.len() <= 2);
        listed.extend(events.iter().map(|event| event["event_id"].clone()));
        let Some(cursor) = data["next_cursor"].as_str() else { break };
        path = format!("{base}&cursor={cursor}");
    }
    assert_eq!(json!(listed), json!(expected));

    // From any of them on, and of a cursor and an event the cursor counts.
    let before = |id: EventId| format!("{base}&before={id}");
    let data = server.get(&before(expected[1])).key(READER_1).send().await.data();
    let ids: Vec<&Value> =
        data["events"].as_array().unwrap().iter().map(|event| &event["event_id"]).collect();
    assert_eq!(json!(ids), json!(expected[2..4]));
    let cursor = data["next_cursor"].as_str().unwrap();
    let path = format!("{}&cursor={cursor}", before(expected[1]));
    let data = server.get(&path).key(READER_1).send().await.data();
    assert_eq!(data["events"][0]["event_id"], json!(expected[4]));
    let unknown = before(EventId::generate());
    server.get(&unknown).key(READER_1).send().await.fails(404, "NOT_FOUND");
    let bad = format!("{base}&before=x");
    assert_eq!(server.get(&bad).key(READER_1).send().await.bad_fields(), ["before"]);

    // The id of the merged error leads to the error it went into.
    let path = format!("/api/errors/{}", merged.id);
    let error = server.get(&path).key(READER_1).send().await.data();
    assert_eq!(error["id"], json!(seeded.id));

    let bad = format!("/api/errors/{}/events?limit=0&cursor=x", seeded.id);
    assert_eq!(server.get(&bad).key(READER_1).send().await.bad_fields(), ["cursor", "limit"]);
    server.stop().await;
}

#[tokio::test]
async fn bad_and_unknown_ids_are_told_apart() {
    let server = Server::start().await;
    for path in ["/api/errors/nonsense", "/api/errors/nonsense/events", "/api/events/nonsense"] {
        server.get(path).key(READER).send().await.fails(400, "INVALID_ID");
    }
    let unknown = Seed::error("never stored").id();
    let path = format!("/api/errors/{unknown}");
    let answer = server.get(&path).key(READER).send().await;
    answer.fails(404, "NOT_FOUND");
    assert_eq!(answer.json()["details"]["id"], json!(unknown));
    server
        .get("/api/events/3fa85f64-5717-4562-b3fc-2c963f66afa6")
        .key(READER)
        .send()
        .await
        .fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn an_id_that_was_just_answered_is_waited_for() {
    let server = Server::start().await;
    let seed = Seed::error("on its way");
    let reading = {
        let ask = server.get(&format!("/api/errors/{}", seed.id())).key(READER);
        shared::lifecycle::spawn(ask.send())
    };
    // Store it only once the request has looked and found nothing.
    wait_for_lookup(&server).await;
    let db = Arc::clone(&server.db);
    let seeded = seed.store(&db).await;
    let answer = reading.await.unwrap();
    assert_eq!(answer.data()["id"], json!(seeded.id));
    server.stop().await;
}

/// Waits until the service has asked which ids were deleted, which it does after finding nothing.
async fn wait_for_lookup(server: &Server) {
    let asked = async {
        while server
            .number(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND query LIKE '%FROM deleted_names%'
                   AND pid <> pg_backend_pid()",
            )
            .await
            == 0
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, asked).await.unwrap();
}
