//! `GET /api/releases`.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{ADMIN, ALL_1, READER, READER_1, Seed, Seeded, Server};

fn this_hour() -> DateTime<Utc> {
    shared::time::now().duration_trunc(TimeDelta::hours(1)).unwrap()
}

fn time(value: &Value) -> DateTime<Utc> {
    shared::time::parse(value.as_str().unwrap()).unwrap()
}

async fn releases(server: &Server, query: &str) -> Value {
    server.get(&format!("/api/releases{query}")).key(READER_1).send().await.data()
}

fn names(data: &Value) -> Vec<&str> {
    let releases = data["releases"].as_array().unwrap().iter();
    releases.map(|release| release["release"].as_str().unwrap()).collect()
}

/// A release's events, new errors and those that came back.
fn numbers(data: &Value, name: &str) -> [i64; 3] {
    let mut releases = data["releases"].as_array().unwrap().iter();
    let found = releases.find(|release| release["release"] == name).unwrap();
    ["events", "new_errors", "regressed_errors"].map(|field| found[field].as_i64().unwrap())
}

/// Notes that an error came with the release that it was seeded with.
async fn arrive(server: &Server, error: &Seeded, regressed: bool) {
    let sql = "INSERT INTO error_arrivals (project_id, arrived_at, error_id, regressed, facet_id)
               SELECT 1, $2, $1, $3, facet_id FROM group_facets WHERE project_id = 1 AND group_id = $1";
    let at = shared::time::now() - TimeDelta::minutes(if regressed { 1 } else { 2 });
    server.db.execute(sql, &[&error.error_id, &at, &regressed]).await.unwrap();
}

#[tokio::test]
async fn a_release_tells_what_came_with_it() {
    let server = Server::start().await;
    let first = Seed::error("first").release("shop@1").events(3).store(&server.db).await;
    let back = Seed::error("back").release("shop@1").store(&server.db).await;
    let new = Seed::error("new").release("shop@2").events(2).store(&server.db).await;
    Seed::error("none").events(4).store(&server.db).await;
    Seed::error("theirs").project(2).release("other@1").store(&server.db).await;
    for (error, regressed) in [(&first, false), (&back, true), (&new, false)] {
        arrive(&server, error, regressed).await;
    }
    let data = releases(&server, "").await;
    assert_eq!(
        (&data["total"], &data["limit"], &data["period"]),
        (&json!(2), &json!(50), &json!("month"))
    );
    assert_eq!(names(&data), ["shop@2", "shop@1"], "the newest first");
    assert_eq!(numbers(&data, "shop@1"), [4, 1, 1]);
    assert_eq!(numbers(&data, "shop@2"), [2, 1, 0]);
    for release in data["releases"].as_array().unwrap() {
        assert_eq!(release["project_id"], 1);
        assert_eq!(release["crash_free_sessions"], Value::Null);
        assert_eq!(release["crash_free_users"], Value::Null);
        assert!(time(&release["last_seen"]) >= time(&release["first_seen"]), "{release}");
    }

    // With a key of the installation, those of all projects.
    let all = server.get("/api/releases?limit=1").key(READER).send().await.data();
    assert_eq!((&all["total"], names(&all)), (&json!(3), vec!["other@1"]));

    // What is deleted counts no more, in the very next read.
    let deleted = server.delete(&format!("/api/errors/{}", new.id)).key(ALL_1).send().await;
    assert_eq!(deleted.status, 204);
    let data = releases(&server, "").await;
    assert_eq!(names(&data), ["shop@1"]);
    server.stop().await;
}

#[tokio::test]
async fn a_release_begins_with_its_oldest_event_and_ends_with_its_last() {
    let server = Server::start().await;
    let late = this_hour() - TimeDelta::hours(30);
    Seed::error("late").release("late").last_seen(late).store(&server.db).await;
    Seed::error("now").release("now").last_seen(shared::time::now()).store(&server.db).await;
    Seed::error("unknown").release("unknown").store(&server.db).await;
    let old = shared::time::now() - TimeDelta::days(40);
    Seed::error("old").release("old").last_seen(old).store(&server.db).await;
    let sql = "UPDATE facets SET first_stored_at = NULL WHERE release = 'unknown';
               UPDATE facets SET first_stored_at = now() - interval '1 day' WHERE release = 'now'";
    server.db.batch_execute(sql).await.unwrap();

    let data = releases(&server, "").await;
    assert_eq!(names(&data), ["now", "late", "unknown"], "what had no events is not told of");
    let (now, late_one, unknown) =
        (&data["releases"][0], &data["releases"][1], &data["releases"][2]);
    assert_eq!(late_one["first_seen"], json!(shared::time::format(late)));
    assert_eq!(late_one["last_seen"], json!(shared::time::format(late)));
    assert_eq!(unknown["first_seen"], Value::Null);
    let slot =
        "SELECT max(slot) AS slot FROM event_slots s JOIN facets f USING (project_id, facet_id)
                WHERE release = 'now'";
    let slot: DateTime<Utc> = server.db.query_one(slot, &[]).await.unwrap().get("slot");
    let stored = "SELECT min(first_stored_at) AS at FROM facets WHERE release = 'now'";
    let stored: DateTime<Utc> = server.db.query_one(stored, &[]).await.unwrap().get("at");
    assert_eq!(now["first_seen"], json!(shared::time::format(stored)));
    assert_eq!(time(&now["last_seen"]), slot, "not only the hour");

    let day = releases(&server, "?period=day").await;
    assert_eq!(names(&day), ["now", "unknown"]);
    let answer =
        server.get("/api/releases?period=year&limit=0&project_id=x").key(ADMIN).send().await;
    assert_eq!(answer.bad_fields(), ["limit", "period", "project_id"]);
    server.stop().await;
}
