//! Several errors become one, and one becomes several again.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ids::ErrorId;

use crate::support::{ADMIN, ALL_1, ALL_2, Answer, READER, Seed, Seeded, Server, WRITER};

async fn merge(server: &Server, into: ErrorId, ids: &[ErrorId]) -> Answer {
    let body = json!({"into": into, "ids": ids});
    server.post("/api/errors/merge").key(WRITER).json(&body).send().await
}

async fn unmerge(server: &Server, id: ErrorId, seeded: &[&Seeded]) -> Answer {
    let fingerprints: Vec<String> = seeded.iter().map(|it| it.fingerprint.to_string()).collect();
    let body = json!({"fingerprints": fingerprints});
    server.post(&format!("/api/errors/{id}/unmerge")).key(WRITER).json(&body).send().await
}

async fn error(server: &Server, id: ErrorId) -> Value {
    server.get(&format!("/api/errors/{id}")).key(READER).send().await.data()
}

/// What an error shows of its numbers.
fn numbers(error: &Value) -> Value {
    json!([error["count"], error["users_affected"], error["first_seen"], error["last_seen"]])
}

async fn total(server: &Server) -> Value {
    server.get("/api/errors").key(READER).send().await.data()["total"].clone()
}

/// Lines of the histories, oldest first.
async fn histories(server: &Server) -> Vec<(i64, String)> {
    let sql = "SELECT error_id, kind FROM error_activity ORDER BY activity_id";
    let rows = server.db.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn merged_errors_count_together_and_come_back_as_they_were() {
    let server = Server::start().await;
    let one = Seed::error("one").events(3).users(5).store(&server.db).await;
    let later = one.last_seen + TimeDelta::seconds(20);
    let two = Seed::error("two").events(4).users(7).last_seen(later).store(&server.db).await;
    let before = [error(&server, one.id).await, error(&server, two.id).await];
    assert_eq!(total(&server).await, 2);

    let merged = merge(&server, one.id, &[two.id]).await.data();
    let expected = json!({
        "status": "merged", "id": one.id, "merged": 1, "already_merged": [], "fingerprints": 2,
    });
    assert_eq!(merged, expected);
    // In the very next reads, whatever was cached.
    assert_eq!(total(&server).await, 1);
    let both = error(&server, one.id).await;
    let numbers_of_both = json!([7, 7, before[0]["first_seen"], before[1]["last_seen"]]);
    assert_eq!(numbers(&both), numbers_of_both, "five of the seven users are the same");
    assert_eq!(both["latest_event"]["event_id"], json!(two.events[3]));
    assert_eq!(both["fingerprint"], before[0]["fingerprint"]);
    // Every id leads there, also that of an event.
    assert_eq!(error(&server, two.id).await, both);
    let event = server.get(&format!("/api/events/{}", two.events[0])).key(READER).send().await;
    assert_eq!(event.data()["error_id"], json!(one.id));
    let path = format!("/api/errors/{}/events", one.id);
    let events = server.get(&path).key(READER).send().await.data();
    assert_eq!(events["events"].as_array().unwrap().len(), 7);
    let stats = server.get("/api/stats").key(READER).send().await.data();
    assert_eq!((&stats["total_errors"], &stats["events_24h"]), (&json!(1), &json!(7)));

    let unmerged = unmerge(&server, two.id, &[&two]).await.data();
    let taken = json!({"id": two.id, "fingerprint": two.fingerprint.to_string(), "count": 4});
    assert_eq!(unmerged, json!({"status": "unmerged", "id": one.id, "errors": [taken]}));
    assert_eq!(total(&server).await, 2);
    for (seeded, before) in [(&one, &before[0]), (&two, &before[1])] {
        let now = error(&server, seeded.id).await;
        assert_eq!(numbers(&now), numbers(before));
        assert_eq!(now["latest_event"], before["latest_event"]);
    }
    let rows = "SELECT count(*) FROM group_stats CROSS JOIN merged_errors";
    assert_eq!(server.number(rows).await, 0, "what is not merged costs nothing");
    let kinds = [(one.error_id, "merged"), (two.error_id, "merged")];
    let kinds = kinds.into_iter().chain([(one.error_id, "unmerged"), (two.error_id, "unmerged")]);
    let kinds: Vec<_> = kinds.map(|(error, kind)| (error, kind.to_owned())).collect();
    assert_eq!(histories(&server).await, kinds);
    server.stop().await;
}

#[tokio::test]
async fn repeating_a_merge_changes_nothing() {
    let server = Server::start().await;
    let one = Seed::error("one").store(&server.db).await;
    let two = Seed::error("two").store(&server.db).await;
    merge(&server, one.id, &[two.id]).await.data();
    let again = merge(&server, one.id, &[two.id]).await.data();
    let expected = json!({
        "status": "merged", "id": one.id, "merged": 0, "already_merged": [two.id], "fingerprints": 2,
    });
    assert_eq!(again, expected);
    // The other way round it is the same error, too.
    let back = merge(&server, two.id, &[one.id]).await.data();
    assert_eq!((&back["id"], &back["merged"]), (&json!(one.id), &json!(0)));
    assert_eq!(histories(&server).await.len(), 2);
    server.stop().await;
}

#[tokio::test]
async fn what_was_merged_can_be_merged_and_taken_apart_in_any_order() {
    let server = Server::start().await;
    let mut seeded = Vec::new();
    for (name, events) in [("a", 1), ("b", 2), ("c", 4)] {
        seeded.push(Seed::error(name).events(events).store(&server.db).await);
    }
    let [a, b, c] = seeded.as_slice() else { panic!("three were stored") };
    merge(&server, a.id, &[b.id]).await.data();
    let merged = merge(&server, c.id, &[a.id]).await.data();
    assert_eq!((&merged["merged"], &merged["fingerprints"]), (&json!(1), &json!(3)));
    for name in [a.id, b.id, c.id] {
        let error = error(&server, name).await;
        assert_eq!((&error["id"], &error["count"]), (&json!(c.id), &json!(7)));
    }
    unmerge(&server, c.id, &[a]).await.data();
    assert_eq!(error(&server, a.id).await["count"], 1);
    assert_eq!(error(&server, b.id).await["id"], json!(c.id));
    let taken = unmerge(&server, b.id, &[b]).await.data();
    assert_eq!(taken["errors"][0]["count"], 2);
    assert_eq!(error(&server, c.id).await["count"], 4);
    server.stop().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let server = Server::start().await;
    let one = Seed::error("one").store(&server.db).await;
    let two = Seed::error("two").store(&server.db).await;
    let other = Seed::error("of another project").project(2).store(&server.db).await;
    let gone = Seed::error("gone").store(&server.db).await;
    let path = format!("/api/errors/{}", gone.id);
    assert_eq!(server.delete(&path).key(ADMIN).send().await.status, 204);

    assert_eq!(merge(&server, one.id, &[two.id, one.id]).await.bad_fields(), ["ids"]);
    assert_eq!(merge(&server, one.id, &[]).await.bad_fields(), ["ids"]);
    assert_eq!(merge(&server, one.id, &[two.id, other.id]).await.bad_fields(), ["ids"]);
    for (into, ids) in [(one.id, vec![two.id, gone.id]), (gone.id, vec![one.id])] {
        let refused = merge(&server, into, &ids).await;
        refused.fails(404, "NOT_FOUND");
        assert_eq!(refused.json()["details"]["ids"], json!([gone.id]));
    }
    // Through a key of its own project, another's error is not there.
    let body = json!({"into": one.id, "ids": [two.id]});
    let foreign = server.post("/api/errors/merge").key(ALL_2).json(&body).send().await;
    foreign.fails(404, "NOT_FOUND");
    let body = json!({"into": one.id, "ids": [other.id]});
    let foreign = server.post("/api/errors/merge").key(ALL_1).json(&body).send().await;
    foreign.fails(404, "NOT_FOUND");

    unmerge(&server, gone.id, &[&gone]).await.fails(404, "NOT_FOUND");
    let missing = unmerge(&server, one.id, &[&two]).await;
    missing.fails(404, "NOT_FOUND");
    assert_eq!(missing.json()["details"]["id"], json!(two.fingerprint.to_string()));
    unmerge(&server, one.id, &[&one]).await.fails(409, "CONFLICT_ERROR");
    let path = format!("/api/errors/{}/unmerge", one.id);
    let put = |body: Value| server.post(&path).key(WRITER).json(&body).send();
    assert_eq!(put(json!({})).await.bad_fields(), ["fingerprints"]);
    assert_eq!(put(json!({"fingerprints": []})).await.bad_fields(), ["fingerprints"]);
    let bad = put(json!({"fingerprints": ["xyz", two.fingerprint.to_string()]})).await;
    assert_eq!(bad.bad_fields(), ["fingerprints[0]"]);
    assert!(histories(&server).await.is_empty());
    assert_eq!(server.number("SELECT count(*) FROM errors").await, 3);
    server.stop().await;
}

#[tokio::test]
async fn an_error_holds_a_bounded_number_of_fingerprints() {
    let server = Server::start().await;
    let one = Seed::error("one").store(&server.db).await;
    let two = Seed::error("two").store(&server.db).await;
    let sql =
        "INSERT INTO groups (project_id, group_id, error_id, fingerprint, fingerprint_version)
               SELECT 1, nextval('group_ids'), $1, decode(lpad(to_hex(n), 32, '0'), 'hex'), 1
               FROM generate_series(1, 99) AS n";
    server.db.execute(sql, &[&two.error_id]).await.unwrap();
    merge(&server, one.id, &[two.id]).await.fails(409, "CONFLICT_ERROR");
    assert!(histories(&server).await.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn statuses_and_the_waits_of_ignored_errors_survive() {
    let server = Server::start().await;
    let into = Seed::error("into").events(2).store(&server.db).await;
    let resolved = Seed::error("resolved").events(3).store(&server.db).await;
    let again = Seed::error("again").events(1).store(&server.db).await;
    let put = |id: ErrorId, action: &str, body: Value| {
        server.put(&format!("/api/errors/{id}/{action}")).key(ADMIN).json(&body).send()
    };
    put(into.id, "ignore", json!({"events": 10})).await.data();
    put(resolved.id, "resolve", json!({})).await.data();
    put(resolved.id, "assign", json!({"assigned_to": "ann"})).await.data();
    put(again.id, "resolve", json!({})).await.data();
    let waits = "SELECT ignored_until_count FROM errors WHERE ignored_until_count IS NOT NULL";
    assert_eq!(server.number(waits).await, 12);

    merge(&server, into.id, &[resolved.id, again.id]).await.data();
    assert_eq!(server.number(waits).await, 16, "still ten more events");
    assert_eq!(error(&server, into.id).await["status"], "ignored");
    // An event of one of them comes, as the worker counts it.
    let sql =
        "UPDATE group_stats SET event_count = event_count + 1, newest = now() + interval '1 s'
               WHERE group_id = $1";
    server.db.execute(sql, &[&again.group_id]).await.unwrap();
    unmerge(&server, into.id, &[&resolved, &again]).await.data();
    assert_eq!(server.number(waits).await, 12);
    let resolved = error(&server, resolved.id).await;
    assert_eq!(
        (&resolved["status"], &resolved["assigned_to"]),
        (&json!("resolved"), &json!("ann"))
    );
    let again = error(&server, again.id).await;
    assert_eq!((&again["status"], &again["regressed"]), (&json!("unresolved"), &json!(true)));
    assert_eq!((&again["count"], &again["resolved_at"]), (&json!(2), &Value::Null));
    server.stop().await;
}

#[tokio::test]
async fn what_was_merged_twice_comes_back_by_its_own_events() {
    let server = Server::start().await;
    let last = Seed::error("last").store(&server.db).await;
    let one = Seed::error("one").events(3).store(&server.db).await;
    let two = Seed::error("two").events(10).store(&server.db).await;
    let other = Seed::error("other").events(1).store(&server.db).await;
    let another = Seed::error("another").events(20).store(&server.db).await;
    let put = |id: ErrorId, action: &str, body: Value| {
        server.put(&format!("/api/errors/{id}/{action}")).key(ADMIN).json(&body).send()
    };
    merge(&server, one.id, &[two.id]).await.data();
    merge(&server, other.id, &[another.id]).await.data();
    put(one.id, "resolve", json!({})).await.data();
    put(other.id, "ignore", json!({"events": 2})).await.data();
    merge(&server, last.id, &[one.id, other.id]).await.data();
    // Each has fewer events than before, and those that came would have opened it.
    let came =
        "UPDATE group_stats SET event_count = event_count + 2, newest = now() + interval '1 s'
                WHERE group_id = ANY ($1)";
    server.db.execute(came, &[&vec![one.group_id, other.group_id]]).await.unwrap();
    let counted = "UPDATE error_stats SET event_count = event_count + 4 WHERE error_id = $1";
    server.db.execute(counted, &[&last.error_id]).await.unwrap();
    unmerge(&server, last.id, &[&one, &other]).await.data();
    let back = error(&server, one.id).await;
    let expected = (&json!("unresolved"), &json!(true), &json!(5));
    assert_eq!((&back["status"], &back["regressed"], &back["count"]), expected);
    let back = error(&server, other.id).await;
    assert_eq!((&back["status"], &back["count"]), (&json!("unresolved"), &json!(3)));
    assert_eq!(error(&server, last.id).await["count"], 31);
    server.stop().await;
}

#[tokio::test]
async fn what_a_worker_of_an_earlier_version_counted_stays_with_the_error() {
    let server = Server::start().await;
    let one = Seed::error("one").events(3).users(2).store(&server.db).await;
    let two = Seed::error("two").events(4).users(3).store(&server.db).await;
    merge(&server, one.id, &[two.id]).await.data();
    // It knows of errors alone.
    let counted = "UPDATE error_stats SET event_count = event_count + 5 WHERE error_id = $1";
    server.db.execute(counted, &[&one.error_id]).await.unwrap();
    unmerge(&server, one.id, &[&two]).await.data();
    assert_eq!(error(&server, one.id).await["count"], 8);
    assert_eq!(error(&server, two.id).await["count"], 4);
    server.stop().await;
}

#[tokio::test]
async fn deleting_a_merged_error_takes_all_that_it_holds() {
    let server = Server::start().await;
    let one = Seed::error("one").events(2).store(&server.db).await;
    let two = Seed::error("two").events(3).store(&server.db).await;
    merge(&server, one.id, &[two.id]).await.data();
    let path = format!("/api/errors/{}", two.id);
    assert_eq!(server.delete(&path).key(ADMIN).send().await.status, 204);
    for table in [
        "errors",
        "error_stats",
        "error_activity",
        "error_names",
        "groups",
        "group_stats",
        "merged_errors",
    ] {
        assert_eq!(server.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    assert_eq!(server.number("SELECT count(*) FROM purges").await, 2);
    let total = "SELECT coalesce(sum(events), 0)::bigint FROM event_hours WHERE group_id = 0";
    assert_eq!(server.number(total).await, 0);
    // An event that is stored later starts its own error anew.
    let again = Seed::error("two").store(&server.db).await;
    assert_eq!(error(&server, again.id).await["count"], 1);
    server.stop().await;
}

#[tokio::test]
async fn what_aged_out_is_shown_of_merged_errors_and_of_those_taken_out() {
    let server = Server::start().await;
    let one = Seed::error("one").store(&server.db).await;
    let later = one.last_seen + TimeDelta::seconds(5);
    let two = Seed::error("two")
        .last_seen(later)
        .edit(|event| event.url = Some("https://two.example".to_owned()))
        .store(&server.db)
        .await;
    merge(&server, one.id, &[two.id]).await.data();
    let keep = include_str!("../../../worker/src/upkeep/sql/keep_examples.sql");
    let today = shared::time::day(shared::time::now());
    assert_eq!(server.db.execute(keep, &[&today]).await.unwrap(), 2);
    server.db.batch_execute("DELETE FROM events").await.unwrap();
    let shown = error(&server, one.id).await;
    assert_eq!(shown["url"], "https://two.example");
    let event = format!("/api/events/{}", two.events[0]);
    let event = server.get(&event).key(READER).send().await.data();
    assert_eq!(event["error_id"], json!(one.id));
    unmerge(&server, one.id, &[&two]).await.data();
    assert_eq!(error(&server, two.id).await["url"], "https://two.example");
    assert_eq!(error(&server, one.id).await["url"], Value::Null);
    server.stop().await;
}
