//! `GET /api/analytics/minutes`: what came in the last hour, minute by minute, by receipt.
//!
//! The counterpart of `trends`, which goes by when events happened and knows nothing below an hour.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::event::Level;
use shared::postgres::DbError;
use tokio_postgres::Row;

use super::levels::Levels;
use crate::app::App;
use crate::cache::Question;
use crate::call::{Call, Reach};
use crate::db;
use crate::routes::Answer;
use crate::success;

/// Whole minutes before the one that runs: slots are that short for two hours.
const MINUTES: i32 = 60;

const MINUTE: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Serialize)]
struct Minutes {
    /// Oldest first, without gaps; the last one goes on.
    data_points: Vec<Point>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Point {
    #[serde(with = "shared::time::json")]
    timestamp: DateTime<Utc>,
    levels: Levels,
    new_errors: i64,
    regressed_errors: i64,
}

/// What happened in a minute.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Events(Level),
    New,
    Regressed,
}

/// `GET /api/analytics/minutes`.
pub(crate) async fn minutes(app: Arc<App>, call: Call) -> Answer {
    let reach = call.reach_alone()?;
    let first = first_of(Utc::now());
    // A question of its own for every last minute: what is remembered never lacks the newest one.
    let asked = (reach.ids(), first);
    let question = Question::new("minutes", reach.scope, app.cache_ttl.trends, &asked)
        .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app, &reach, first))).await
}

/// When the first minute begins.
fn first_of(now: DateTime<Utc>) -> DateTime<Utc> {
    now.duration_trunc(MINUTE).unwrap_or(now) - MINUTE * MINUTES
}

async fn compute(app: &App, reach: &Reach, first: DateTime<Utc>) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let sql = include_str!("sql/minutes.sql");
    let rows = db::query(&client, "count by minute", sql, &[&reach.ids(), &first]).await?;
    let found = rows.iter().map(|row| (row.get("minute"), kind(row), row.get("number")));
    Ok(success::body(Minutes { data_points: fill(first, found) }))
}

fn kind(row: &Row) -> Kind {
    match (row.get::<_, Option<i16>>("level"), row.get::<_, Option<bool>>("regressed")) {
        (Some(level), _) => Kind::Events(Level::from_code(level)),
        (None, Some(true)) => Kind::Regressed,
        (None, _) => Kind::New,
    }
}

/// A point for each minute, from what was found.
fn fill(
    first: DateTime<Utc>,
    found: impl Iterator<Item = (DateTime<Utc>, Kind, i64)>,
) -> Vec<Point> {
    let mut points: Vec<Point> = (0..=MINUTES)
        .map(|index| Point {
            timestamp: first + MINUTE * index,
            levels: Levels::default(),
            new_errors: 0,
            regressed_errors: 0,
        })
        .collect();
    for (minute, kind, number) in found {
        let index = usize::try_from((minute - first).num_minutes());
        // A minute may have begun since the first one was reckoned.
        let Some(point) = index.ok().and_then(|index| points.get_mut(index)) else { continue };
        match kind {
            Kind::Events(level) => point.levels.add(level, number),
            Kind::New => point.new_errors += number,
            Kind::Regressed => point.regressed_errors += number,
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_minute_of_the_hour_has_its_point() {
        let first = first_of(shared::time::parse("2025-08-29T12:34:56.789Z").unwrap());
        assert_eq!(first, shared::time::parse("2025-08-29T11:34:00Z").unwrap());
        let found = [
            (first, Kind::Events(Level::Error), 3),
            (first, Kind::New, 1),
            (first + MINUTE * MINUTES, Kind::Regressed, 2),
            (first + MINUTE * (MINUTES + 1), Kind::New, 9),
        ];
        let points = fill(first, found.into_iter());
        assert_eq!(points.len(), 61);
        assert_eq!((points[0].levels.all(), points[0].new_errors), (3, 1));
        let last = points.last().unwrap();
        assert_eq!((last.regressed_errors, last.new_errors), (2, 0));
    }
}
