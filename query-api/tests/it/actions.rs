//! What people do to errors, and what is left of a deleted one.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use shared::ids::ErrorId;

use crate::support::{ADMIN, Seed, Seeded, Server};

async fn act(server: &Server, id: ErrorId, action: &str, body: Option<serde_json::Value>) {
    let ask = server.put(&format!("/api/errors/{id}/{action}")).key(ADMIN);
    let ask = match body {
        Some(body) => ask.json(&body),
        None => ask,
    };
    let answer = ask.send().await;
    assert_eq!(answer.status, 200, "{:?}", answer.json());
}

async fn activity(server: &Server) -> Vec<String> {
    let sql = "SELECT kind FROM error_activity ORDER BY activity_id";
    let rows = server.db.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn resolving_twice_keeps_the_first_time() {
    let server = Server::start().await;
    let seeded = Seed::error("fixed").store(&server.db).await;
    server.db.batch_execute("UPDATE errors SET regressed = true").await.unwrap();
    let path = format!("/api/errors/{}", seeded.id);
    let resolve = format!("{path}/resolve");

    let answer = server.put(&resolve).key(ADMIN).send().await;
    assert_eq!(answer.data(), json!({"status": "resolved"}));
    let first = server.get(&path).key(ADMIN).send().await.data();
    assert_eq!((&first["status"], &first["resolved"]), (&json!("resolved"), &json!(true)));
    assert_eq!(first["regressed"], false);
    assert!(first["resolved_at"].is_string());

    let answer = server.put(&resolve).key(ADMIN).send().await;
    assert_eq!(answer.data(), json!({"status": "resolved"}));
    let second = server.get(&path).key(ADMIN).send().await.data();
    assert_eq!(second["resolved_at"], first["resolved_at"]);
    assert_eq!(activity(&server).await, ["resolved"]);
    server.stop().await;
}

#[tokio::test]
async fn the_resolve_is_later_than_whatever_held_the_lock() {
    let server = Server::start().await;
    let seeded = Seed::error("raced").store(&server.db).await;
    // As a worker that is storing events.
    server.db.batch_execute("BEGIN").await.unwrap();
    let sql = "SELECT pg_advisory_xact_lock_shared(x'45525241'::int, 1)";
    server.db.execute(sql, &[]).await.unwrap();
    let resolve = format!("/api/errors/{}/resolve", seeded.id);
    let resolving = shared::lifecycle::spawn(server.put(&resolve).key(ADMIN).send());
    wait_for_lock(&server).await;
    let sql = "SELECT clock_timestamp()";
    let held: DateTime<Utc> = server.db.query_one(sql, &[]).await.unwrap().get(0);
    server.db.batch_execute("COMMIT").await.unwrap();
    assert_eq!(resolving.await.unwrap().status, 200);
    let sql = "SELECT resolved_at FROM errors";
    let resolved: DateTime<Utc> = server.db.query_one(sql, &[]).await.unwrap().get(0);
    assert!(resolved > held, "{resolved} {held}");
    server.stop().await;
}

async fn wait_for_lock(server: &Server) {
    let sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let waiting = async {
        while server.number(sql).await == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, waiting).await.unwrap();
}

#[tokio::test]
async fn unresolve_ignore_and_assign() {
    let server = Server::start().await;
    let seeded = Seed::error("managed").events(3).status(1).store(&server.db).await;
    let path = format!("/api/errors/{}", seeded.id);
    act(&server, seeded.id, "unresolve", None).await;
    let shown = server.get(&path).key(ADMIN).send().await.data();
    assert_eq!((&shown["status"], &shown["resolved_at"]), (&json!("unresolved"), &json!(null)));

    act(&server, seeded.id, "ignore", None).await;
    let until = shared::time::format(shared::time::now() + TimeDelta::hours(1));
    act(&server, seeded.id, "ignore", Some(json!({"until": until, "events": 10}))).await;
    let shown = server.get(&path).key(ADMIN).send().await.data();
    assert_eq!((&shown["status"], &shown["resolved"]), (&json!("ignored"), &json!(false)));
    assert_eq!(server.number("SELECT ignored_until_count FROM errors").await, 13);

    act(&server, seeded.id, "assign", Some(json!({"assigned_to": "ann"}))).await;
    let shown = server.get(&path).key(ADMIN).send().await.data();
    assert_eq!(shown["assigned_to"], "ann");
    act(&server, seeded.id, "assign", Some(json!({"assigned_to": null}))).await;
    let shown = server.get(&path).key(ADMIN).send().await.data();
    assert_eq!(shown["assigned_to"], json!(null));
    let expected = ["unresolved", "ignored", "ignored", "assigned", "assigned"];
    assert_eq!(activity(&server).await, expected);
    server.stop().await;
}

#[tokio::test]
async fn bad_bodies_are_refused() {
    let server = Server::start().await;
    let seeded = Seed::error("refused").store(&server.db).await;
    let ignore = format!("/api/errors/{}/ignore", seeded.id);
    let assign = format!("/api/errors/{}/assign", seeded.id);
    let put = |path: &str, body: serde_json::Value| server.put(path).key(ADMIN).json(&body).send();

    let answer = put(&ignore, json!({"until": "2020-01-01T00:00:00Z", "events": 0})).await;
    assert_eq!(answer.bad_fields(), ["events", "until"]);
    let answer = put(&ignore, json!({"until": "soon", "events": "many"})).await;
    assert_eq!(answer.bad_fields(), ["events", "until"]);
    assert_eq!(put(&ignore, json!([1])).await.bad_fields(), ["body"]);
    assert_eq!(put(&assign, json!({})).await.bad_fields(), ["assigned_to"]);
    assert_eq!(put(&assign, json!({"assigned_to": 7})).await.bad_fields(), ["assigned_to"]);
    let long = "x".repeat(201);
    assert_eq!(put(&assign, json!({"assigned_to": long})).await.bad_fields(), ["assigned_to"]);
    assert_eq!(put(&assign, json!({"assigned_to": "a\0"})).await.bad_fields(), ["assigned_to"]);

    let broken = server.put(&assign).key(ADMIN).body("{\"assigned_to\": ").send().await;
    broken.fails(400, "MALFORMED_JSON");
    server.put(&assign).key(ADMIN).send().await.fails(400, "MALFORMED_JSON");
    let form = server.put(&assign).key(ADMIN).header("content-type", "text/plain");
    form.body("{}").send().await.fails(415, "UNSUPPORTED_MEDIA_TYPE");
    let large = server.put(&assign).key(ADMIN).body(vec![b' '; (1 << 20) + 1]).send().await;
    large.fails(413, "PAYLOAD_TOO_LARGE");
    assert!(activity(&server).await.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn many_errors_change_at_once() {
    let server = Server::start().await;
    let one = Seed::error("one").store(&server.db).await;
    let two = Seed::error("two").project(2).store(&server.db).await;
    let gone = Seed::error("gone").id();
    let ids = json!([one.id, two.id, one.id, gone]);
    for (action, status, code) in
        [("resolve", "resolved", 1), ("ignore", "ignored", 2), ("unresolve", "unresolved", 0)]
    {
        let body = json!({"ids": ids, "action": action});
        let data = server.put("/api/errors").key(ADMIN).json(&body).send().await.data();
        assert_eq!(data, json!({"status": status, "updated": 2, "not_found": [gone]}));
        let sql = format!("SELECT count(*) FROM errors WHERE status = {code}");
        assert_eq!(server.number(&sql).await, 2);
    }
    let bad = json!({"ids": ["x"], "action": "explode"});
    let answer = server.put("/api/errors").key(ADMIN).json(&bad).send().await;
    assert_eq!(answer.bad_fields(), ["action", "ids[0]"]);
    server.stop().await;
}

async fn rows_left(server: &Server, seeded: &Seeded) -> Vec<(&'static str, i64)> {
    let mut left = Vec::new();
    for (table, column, id) in [
        ("errors", "error_id", seeded.error_id),
        ("error_stats", "error_id", seeded.error_id),
        ("error_activity", "error_id", seeded.error_id),
        ("groups", "group_id", seeded.group_id),
        ("error_names", "group_id", seeded.group_id),
    ] {
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} = {id}");
        left.push((table, server.number(&sql).await));
    }
    left.retain(|(_, rows)| *rows > 0);
    left
}

#[tokio::test]
async fn deleting_takes_the_error_and_its_counts() {
    let server = Server::start().await;
    let doomed = Seed::error("doomed").events(5).store(&server.db).await;
    let other = Seed::error("other").last_seen(doomed.last_seen).events(2).store(&server.db).await;
    act(&server, doomed.id, "resolve", None).await;
    let path = format!("/api/errors/{}", doomed.id);
    assert_eq!(server.get("/api/stats").key(ADMIN).send().await.data()["events_24h"], 7);

    let answer = server.delete(&path).key(ADMIN).send().await;
    assert_eq!((answer.status, answer.bytes.len()), (204, 0));
    assert_eq!(rows_left(&server, &doomed).await, []);
    for table in ["event_hours", "event_slots"] {
        let sql = format!("SELECT sum(events)::bigint FROM {table} WHERE group_id = 0");
        assert_eq!(server.number(&sql).await, 2, "{table}");
    }
    let sql = format!("SELECT count(*) FROM purges WHERE group_id = {}", doomed.group_id);
    assert_eq!(server.number(&sql).await, 1);
    assert_eq!(server.get("/api/stats").key(ADMIN).send().await.data()["events_24h"], 2);
    server.get(&path).key(ADMIN).send().await.fails(404, "NOT_FOUND");
    server.delete(&path).key(ADMIN).send().await.fails(404, "NOT_FOUND");
    let event = format!("/api/events/{}", doomed.events[0]);
    server.get(&event).key(ADMIN).send().await.fails(404, "NOT_FOUND");

    // An event stored later brings the id back, with nothing of its past.
    let again = Seed::error("doomed").store(&server.db).await;
    assert_eq!(again.id, doomed.id);
    let shown = server.get(&path).key(ADMIN).send().await.data();
    assert_eq!((&shown["count"], &shown["status"]), (&json!(1), &json!("unresolved")));

    let rest = format!("/api/errors/{}", other.id);
    assert_eq!(server.delete(&rest).key(ADMIN).send().await.status, 204);
    assert_eq!(server.delete(&path).key(ADMIN).send().await.status, 204);
    for table in ["event_hours", "event_slots"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE group_id = 0");
        assert_eq!(server.number(&sql).await, 0, "{table}: rows that reach 0 go");
    }
    server.stop().await;
}

#[tokio::test]
async fn totals_are_subtracted_although_upkeep_merged_some_slots() {
    let server = Server::start().await;
    // One group merged to the hour, the totals only to the minute, and the other way round.
    let old = shared::time::now() - TimeDelta::days(4);
    let hour = old.format("%Y-%m-%dT%H:00:00Z");
    let one = Seed::error("one").store(&server.db).await;
    let two = Seed::error("two").store(&server.db).await;
    server
        .db
        .batch_execute(&format!(
            "DELETE FROM event_slots;
             INSERT INTO event_slots VALUES
               (1, {one}, '{hour}', 1, 5),
               (1, {two}, '{hour}', 1, 1),
               (1, {two}, timestamptz '{hour}' + interval '2 minutes', 1, 2),
               (1, 0, '{hour}', 1, 3),
               (1, 0, timestamptz '{hour}' + interval '1 minute', 1, 4),
               (1, 0, timestamptz '{hour}' + interval '2 minutes', 1, 1);",
            one = one.group_id,
            two = two.group_id,
        ))
        .await
        .unwrap();
    let total = "SELECT coalesce(sum(events), 0)::bigint FROM event_slots WHERE group_id = 0";
    let path = format!("/api/errors/{}", one.id);
    assert_eq!(server.delete(&path).key(ADMIN).send().await.status, 204);
    assert_eq!(server.number(total).await, 3);
    let path = format!("/api/errors/{}", two.id);
    assert_eq!(server.delete(&path).key(ADMIN).send().await.status, 204);
    assert_eq!(server.number(total).await, 0);
    assert_eq!(server.number("SELECT count(*) FROM event_slots WHERE group_id = 0").await, 0);
    server.stop().await;
}
