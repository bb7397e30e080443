//! `GET /api/analytics/minutes` and `GET /api/analytics/movers`: what moves now.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::event::Level;

use crate::support::{ADMIN, ALL_1, READER, READER_1, Seed, Server};

const MINUTES: &str = "/api/analytics/minutes";
const MOVERS: &str = "/api/analytics/movers";

/// The start of a minute, so long ago that nothing of it goes on.
fn minute(ago: i64) -> DateTime<Utc> {
    shared::time::now().duration_trunc(TimeDelta::minutes(1)).unwrap() - TimeDelta::minutes(ago)
}

fn point(data: &Value, at: DateTime<Utc>) -> Value {
    let points = data["data_points"].as_array().unwrap();
    let at = shared::time::format(at);
    points.iter().find(|point| point["timestamp"] == at.as_str()).unwrap().clone()
}

#[tokio::test]
async fn the_last_hour_is_told_minute_by_minute() {
    let server = Server::start().await;
    let (early, late) = (minute(40), minute(5));
    let new = Seed::error("new").events(3).last_seen(early + TimeDelta::seconds(20));
    let new = new.store(&server.db).await;
    let mild = Seed::error("mild").level(Level::Warning).last_seen(early).store(&server.db).await;
    Seed::error("theirs").project(2).last_seen(early).store(&server.db).await;
    Seed::error("old").last_seen(minute(90)).store(&server.db).await;
    let arrive =
        "INSERT INTO error_arrivals (project_id, arrived_at, error_id, regressed, facet_id)
                  VALUES (1, $1, $2, $3, 1)";
    for (at, error, regressed) in [(early, &new, false), (late, &mild, true), (late, &new, true)] {
        server.db.execute(arrive, &[&at, &error.error_id, &regressed]).await.unwrap();
    }
    let data = server.get(MINUTES).key(READER_1).send().await.data();
    assert_eq!(data["data_points"].as_array().unwrap().len(), 61);
    let levels = json!({"fatal": 0, "error": 3, "warning": 1, "info": 0, "debug": 0});
    assert_eq!(point(&data, early)["levels"], levels);
    assert_eq!(point(&data, early)["new_errors"], 1);
    assert_eq!(point(&data, late)["regressed_errors"], 2);
    let stats = server.get("/api/stats").key(READER_1).send().await.data();
    assert_eq!((&stats["new_errors_24h"], &stats["regressed_errors_24h"]), (&json!(1), &json!(2)));

    // With a key of the installation, all projects; and what is deleted is gone in the very next read.
    let all = server.get(MINUTES).key(READER).send().await.data();
    assert_eq!(point(&all, early)["levels"]["error"], 4);
    let deleted = server.delete(&format!("/api/errors/{}", new.id)).key(ALL_1).send().await;
    assert_eq!(deleted.status, 204);
    let data = server.get(MINUTES).key(READER_1).send().await.data();
    assert_eq!(point(&data, early)["levels"]["error"], 0);
    assert_eq!(point(&data, late)["regressed_errors"], 1);
    server.stop().await;
}

fn moved(data: &Value) -> Vec<(&str, i64, i64, Option<f64>)> {
    let errors = data["errors"].as_array().unwrap().iter();
    let mover = |error: &'_ Value| {
        let count = |field: &str| error[field].as_i64().unwrap();
        (count("events"), count("events_before"), error["change_percent"].as_f64())
    };
    errors
        .map(|error| {
            let (events, before, percent) = mover(error);
            (error["title"].as_str().unwrap(), events, before, percent)
        })
        .collect()
}

#[tokio::test]
async fn what_grew_most_against_the_day_before_comes_first() {
    let server = Server::start().await;
    // Two errors of which an older part is merged in, so that all groups of an error count.
    let (now, yesterday) = (minute(2), minute(2) - TimeDelta::hours(30));
    let grown = Seed::error("grown").events(8).last_seen(now).store(&server.db).await;
    let part = Seed::error("part of it").events(2).last_seen(yesterday).store(&server.db).await;
    Seed::error("new").events(3).last_seen(now).store(&server.db).await;
    let less = Seed::error("less").events(1).last_seen(now).store(&server.db).await;
    let more = Seed::error("it was more").events(5).last_seen(yesterday).store(&server.db).await;
    Seed::error("long gone")
        .events(9)
        .last_seen(now - TimeDelta::hours(60))
        .store(&server.db)
        .await;
    Seed::error("theirs").project(2).events(4).last_seen(now).store(&server.db).await;
    for (into, other) in [(grown.id, part.id), (less.id, more.id)] {
        let body = json!({"into": into, "ids": [other]});
        let merged = server.post("/api/errors/merge").key(ADMIN).json(&body).send().await;
        assert_eq!(merged.status, 200, "{}", merged.json());
    }
    let data = server.get(MOVERS).key(READER_1).send().await.data();
    assert_eq!(moved(&data), [("grown", 8, 2, Some(300.0)), ("new", 3, 0, None)]);
    assert_eq!(data["errors"][0]["id"], json!(grown.id));
    assert_eq!(data["errors"][0]["level"], "error");

    let all = server.get(&format!("{MOVERS}?limit=2")).key(READER).send().await.data();
    assert_eq!(moved(&all).iter().map(|mover| mover.0).collect::<Vec<_>>(), ["grown", "theirs"]);
    let answer = server.get(&format!("{MOVERS}?limit=51&project_id=x")).key(READER).send().await;
    assert_eq!(answer.bad_fields(), ["limit", "project_id"]);
    server.stop().await;
}
