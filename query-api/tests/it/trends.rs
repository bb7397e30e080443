//! `GET /api/analytics/trends`.

use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::event::Level;

use crate::support::{ADMIN, ALL_1, READER, READER_1, Seed, Server};

const DAILY: &str = "/api/analytics/trends";

fn midnight(days_ago: u64) -> DateTime<Utc> {
    let today = shared::time::now().date_naive();
    (today - Days::new(days_ago)).and_time(chrono::NaiveTime::MIN).and_utc()
}

/// What a count is by bucket.
fn counts(data: &Value, field: &str) -> Vec<i64> {
    let points = data["data_points"].as_array().unwrap();
    points.iter().map(|point| point[field].as_i64().unwrap()).collect()
}

/// The events of the bucket that begins then.
fn count_at(data: &Value, begin: DateTime<Utc>) -> i64 {
    let points = data["data_points"].as_array().unwrap();
    let begin = shared::time::format(begin);
    let point = points.iter().find(|point| point["timestamp"] == begin.as_str());
    point.unwrap()["error_count"].as_i64().unwrap()
}

#[tokio::test]
async fn events_count_in_the_buckets_in_which_they_happened() {
    let server = Server::start().await;
    // Six events, a second apart: three on each side of a midnight.
    let across = midnight(2) + TimeDelta::seconds(2);
    Seed::error("across").events(6).last_seen(across).store(&server.db).await;
    Seed::error("mild").level(Level::Warning).last_seen(across).store(&server.db).await;
    Seed::error("fatal").level(Level::Fatal).last_seen(across).store(&server.db).await;
    Seed::error("first").last_seen(midnight(7)).store(&server.db).await;
    let before = midnight(7) - TimeDelta::milliseconds(1);
    Seed::error("before").last_seen(before).store(&server.db).await;
    Seed::error("elsewhere").project(2).last_seen(across).store(&server.db).await;

    let data = server.get(DAILY).key(READER_1).send().await.data();
    assert_eq!((&data["period"], &data["group_by"]), (&"week".into(), &"day".into()));
    assert_eq!(data["data_points"][0]["timestamp"], shared::time::format(midnight(7)));
    assert_eq!(counts(&data, "error_count"), [1, 0, 0, 0, 3, 5, 0, 0]);
    assert_eq!(counts(&data, "critical_count"), [1, 0, 0, 0, 3, 4, 0, 0]);
    let levels = &data["data_points"][5]["levels"];
    let expected = json!({"fatal": 1, "error": 3, "warning": 1, "info": 0, "debug": 0});
    assert_eq!(levels, &expected);

    let hourly = server.get("/api/analytics/trends?group_by=hour").key(READER).send().await.data();
    let hour = TimeDelta::hours(1);
    assert_eq!(count_at(&hourly, midnight(2) - hour), 3);
    assert_eq!(count_at(&hourly, midnight(2)), 6);
    assert_eq!(count_at(&hourly, midnight(2) + hour), 0);
    let year = "/api/analytics/trends?period=year&group_by=month";
    let yearly = server.get(year).key(READER).send().await.data();
    assert_eq!(counts(&yearly, "error_count").iter().sum::<i64>(), 11);
    server.stop().await;
}

#[tokio::test]
async fn errors_count_as_resolved_when_they_were() {
    let server = Server::start().await;
    let one = Seed::error("one").store(&server.db).await;
    let other = Seed::error("other").store(&server.db).await;
    let resolve = async |id| {
        let path = format!("/api/errors/{id}/resolve");
        assert_eq!(server.put(&path).key(ALL_1).send().await.status, 200);
    };
    let today = async || {
        let data = server.get(DAILY).key(READER_1).send().await.data();
        *counts(&data, "resolved_count").last().unwrap()
    };
    assert_eq!(today().await, 0);
    resolve(one.id).await;
    assert_eq!(today().await, 1);
    // Resolved twice on one day, it is still one error.
    let again = format!("/api/errors/{}/unresolve", one.id);
    assert_eq!(server.put(&again).key(ALL_1).send().await.status, 200);
    resolve(one.id).await;
    resolve(other.id).await;
    assert_eq!(today().await, 2);
    let deleted = server.delete(&format!("/api/errors/{}", other.id)).key(ALL_1).send().await;
    assert_eq!(deleted.status, 204);
    assert_eq!(today().await, 1);
    server.stop().await;
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_the_past() {
    let server = Server::start().await;
    let kept = Seed::error("kept").events(3).last_seen(midnight(3)).store(&server.db).await;
    let gone = Seed::error("gone").events(5).last_seen(midnight(3)).store(&server.db).await;
    let total = async || {
        let data = server.get(DAILY).key(ADMIN).send().await.data();
        counts(&data, "error_count").iter().sum::<i64>()
    };
    assert_eq!(total().await, 8);
    let deleted = server.delete(&format!("/api/errors/{}", gone.id)).key(ADMIN).send().await;
    assert_eq!(deleted.status, 204);
    assert_eq!(total().await, 3);
    let deleted = server.delete(&format!("/api/errors/{}", kept.id)).key(ADMIN).send().await;
    assert_eq!(deleted.status, 204);
    assert_eq!(total().await, 0);
    server.stop().await;
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let server = Server::start().await;
    let answer = server.get("/api/analytics/trends?period=decade&group_by=minute&project_id=x");
    let answer = answer.key(ADMIN).send().await;
    assert_eq!(answer.bad_fields(), ["group_by", "period", "project_id"]);
    server.stop().await;
}
