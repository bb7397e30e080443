//! What a rule would have done over the past.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::event::Level;

use super::post;
use crate::support::{READER_1, Seed, Server};

pub(super) const PATH: &str = "/api/alerts/rules/test";

async fn test(server: &Server, body: Value) -> Value {
    let answer = post(server, PATH, body).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.data()
}

#[tokio::test]
async fn a_condition_is_played_over_the_past() {
    let server = Server::start().await;
    let burst = |name, ago| Seed::error(name).events(5).seen_ago(TimeDelta::minutes(ago));
    burst("first", 90).store(&server.db).await;
    burst("second", 30).level(Level::Fatal).store(&server.db).await;
    burst("third", 0).store(&server.db).await;

    let played = test(&server, json!({"condition": "error_count > 3 in 5m", "period": "2h"})).await;
    assert_eq!(played["condition"], "error_count > 3 in 5 minutes");
    assert_eq!((&played["threshold"], &played["time_window"]), (&json!(3), &json!("5m")));
    assert_eq!((&played["fired"], &played["firing"]), (&json!(3), &json!(true)));
    let crossings = played["crossings"].as_array().unwrap();
    let ended: Vec<bool> = crossings.iter().map(|one| !one["ended_at"].is_null()).collect();
    assert_eq!(ended, [true, true, false]);
    let series = played["series"].as_array().unwrap();
    assert!((200..=300).contains(&series.len()), "{}", series.len());
    let highest = series.iter().filter_map(|point| point["value"].as_f64()).fold(0.0, f64::max);
    assert_eq!(highest, 5.0);

    // It says what evaluating says: filters, cooldown, what is left open.
    let body = json!({"condition": "error_count > threshold in time_window where level = fatal",
        "threshold": 3, "time_window": "5m", "period": "2h"});
    assert_eq!(test(&server, body).await["fired"], 1);
    let body = json!({"condition": "error_count > 3 in 5m", "period": "2h", "cooldown": 1_000});
    assert_eq!(test(&server, body).await["fired"], 3);
    let body = json!({"condition": "error_count > 3 in 5m", "period": "2h", "cooldown": 3_000});
    assert_eq!(test(&server, body).await["fired"], 2);
    let nothing: i64 =
        server.db.query_one("SELECT count(*) FROM firings", &[]).await.unwrap().get(0);
    assert_eq!(nothing, 0);
    server.stop().await;
}

#[tokio::test]
async fn errors_are_played_one_by_one() {
    let server = Server::start().await;
    let often = Seed::error("often").exception("Broken").events(9).store(&server.db).await;
    Seed::error("seldom").events(2).store(&server.db).await;
    let body = json!({"condition": "error_count > 5 in 10m per error", "period": "1h"});
    let played = test(&server, body).await;
    assert_eq!((&played["fired"], &played["series"]), (&json!(1), &json!([])));
    let errors = played["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2);
    assert_eq!(errors[0]["id"], often.id.to_string());
    assert_eq!((&errors[0]["title"], &errors[0]["fired"]), (&json!("Broken: often"), &json!(1)));
    assert_eq!(errors[1]["fired"], 0);
    let body = json!({"condition": "error_count > 1 in 10m where message ~ SELDOM per error"});
    let played = test(&server, body).await;
    assert_eq!(played["errors"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn every_bad_field_is_named_and_readers_may_try() {
    let server = Server::start().await;
    let body = json!({"condition": "error_count > threshold in 5m", "time_window": "6m",
        "cooldown": -1, "period": "soon"});
    let refused = post(&server, PATH, body).await;
    assert_eq!(refused.bad_fields(), ["cooldown", "period", "threshold", "time_window"]);
    for (condition, period) in
        [("error_count > 1 in 5m", "3d"), ("error_count > 1 in 1h per error", "2d")]
    {
        let body = json!({"condition": condition, "period": period});
        assert_eq!(post(&server, PATH, body).await.bad_fields(), ["period"], "{condition}");
    }
    assert_eq!(post(&server, PATH, json!({})).await.bad_fields(), ["condition"]);
    let body = json!({"condition": "users_affected > 1 in 2h", "period": "30d"});
    let read = server.post(PATH).key(READER_1).json(&body).send().await;
    assert_eq!((read.status, &read.data()["users_since"]), (200, &Value::Null));
    server.stop().await;
}
