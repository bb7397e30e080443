//! `GET /api/stats`.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use serde_json::{Value, json};

use crate::support::{READER, READER_1, Seed, Server};

#[tokio::test]
async fn numbers_come_from_what_is_counted() {
    let server = Server::start().await;
    Seed::error("open").events(6).users(2).store(&server.db).await;
    Seed::error("fixed").resolved_after(TimeDelta::minutes(90)).users(1).store(&server.db).await;
    Seed::error("fixed later").resolved_after(TimeDelta::hours(3)).store(&server.db).await;
    Seed::error("old").seen_ago(TimeDelta::days(40)).users(9).store(&server.db).await;
    Seed::error("elsewhere").project(2).events(3).store(&server.db).await;

    let data = server.get("/api/stats").key(READER_1).send().await.data();
    let now = shared::time::now();
    let seen_today =
        now - TimeDelta::minutes(1) >= now.date_naive().and_time(Default::default()).and_utc();
    for (field, expected) in [
        ("total_errors", json!(4)),
        ("resolved_errors", json!(2)),
        ("resolution_rate", json!(50.0)),
        ("avg_resolution_time", json!("2h 15m")),
        ("events_total", json!(9)),
        ("events_24h", json!(8)),
        ("error_rate_24h", json!(0.33)),
        ("users_affected_24h", json!(2)),
    ] {
        assert_eq!(data[field], expected, "{field}");
    }
    // Within the first minute of a day, week or month these were seen in the one before.
    if seen_today {
        for field in ["errors_today", "errors_this_week", "errors_this_month"] {
            assert_eq!(data[field], 3, "{field}");
        }
    }
    let all = server.get("/api/stats").key(READER).send().await.data();
    assert_eq!((&all["total_errors"], &all["events_24h"]), (&json!(5), &json!(11)));
    server.stop().await;
}

#[tokio::test]
async fn of_nothing_everything_is_nothing() {
    let server = Server::start().await;
    let data = server.get("/api/stats").key(READER).send().await.data();
    for (field, value) in data.as_object().unwrap() {
        let expected = if field == "avg_resolution_time" { Value::Null } else { json!(0) };
        assert!(*value == expected || value.as_f64() == Some(0.0), "{field}: {value}");
    }
    server.stop().await;
}

#[tokio::test]
async fn days_weeks_and_months_begin_to_the_millisecond() {
    let server = Server::start().await;
    let borders = borders(shared::time::now().date_naive());
    let mut seen = Vec::new();
    for border in borders {
        for at in [border, border - TimeDelta::milliseconds(1)] {
            Seed::error(&format!("seen at {at}, {}", seen.len()))
                .last_seen(at)
                .store(&server.db)
                .await;
            seen.push(at);
        }
    }
    let data = server.get("/api/stats").key(READER).send().await.data();
    for (field, border) in
        ["errors_today", "errors_this_week", "errors_this_month"].into_iter().zip(borders)
    {
        let expected = seen.iter().filter(|at| **at >= border).count();
        assert_eq!(data[field], expected, "{field} since {border}");
    }
    server.stop().await;
}

/// When the day, the ISO week and the month of a day began.
fn borders(day: NaiveDate) -> [DateTime<Utc>; 3] {
    let week = day.iso_week();
    let monday = NaiveDate::from_isoywd_opt(week.year(), week.week(), Weekday::Mon).unwrap();
    let first = NaiveDate::from_ymd_opt(day.year(), day.month(), 1).unwrap();
    [day, monday, first].map(|day| day.and_time(NaiveTime::MIN).and_utc())
}
