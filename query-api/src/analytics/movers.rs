//! `GET /api/analytics/movers`: the errors that grew most in the last day against the day before.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::event::{Level, title};
use shared::ids::ErrorId;
use shared::postgres::DbError;
use tokio_postgres::Row;

use crate::app::App;
use crate::cache::Question;
use crate::call::{Call, Reach};
use crate::db;
use crate::monitoring::rounded;
use crate::routes::Answer;
use crate::success;

/// The window, in hours: the one that runs is among them.
const HOURS: i32 = 24;

/// Errors of each project that are looked at, those that were seen last: more take longer than anybody
/// waits.
const MAX_SEEN: i64 = 10_000;

/// The two windows. Events are counted by the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Windows {
    /// When the one before begins.
    #[serde(with = "shared::time::json")]
    before: DateTime<Utc>,
    /// When it ends, and the last one begins.
    #[serde(with = "shared::time::json")]
    since: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
struct Movers {
    #[serde(flatten)]
    windows: Windows,
    /// What grew most first.
    errors: Vec<Mover>,
}

#[derive(Debug, Serialize)]
struct Mover {
    id: ErrorId,
    project_id: i32,
    title: String,
    level: Level,
    events: i64,
    events_before: i64,
    /// None where there was nothing to grow from.
    change_percent: Option<f64>,
}

impl Windows {
    fn up_to(now: DateTime<Utc>) -> Self {
        let hour = TimeDelta::hours(1);
        let since = now.duration_trunc(hour).unwrap_or(now) - hour * (HOURS - 1);
        Self { before: since - hour * HOURS, since }
    }
}

/// `GET /api/analytics/movers`.
pub(crate) async fn movers(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let reach = call.reach(&mut fields);
    let limit = fields.number("limit", 10, 1..=50);
    fields.finish()?;
    let (reach, windows) = (reach?, Windows::up_to(Utc::now()));
    let asked = (reach.ids(), windows, limit);
    let question = Question::new("movers", reach.scope, app.cache_ttl.trends, &asked)
        .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app, &reach, windows, limit))).await
}

async fn compute(app: &App, reach: &Reach, windows: Windows, limit: i64) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let Windows { before, since } = windows;
    let values: db::Params<'_> = &[&reach.ids(), &before, &since, &MAX_SEEN, &limit];
    let sql = include_str!("sql/movers.sql");
    let rows = db::query(&client, "find errors that grew", sql, values).await?;
    Ok(success::body(Movers { windows, errors: rows.iter().map(Mover::from).collect() }))
}

impl From<&Row> for Mover {
    fn from(row: &Row) -> Self {
        let (events, events_before) = (row.get("events"), row.get("events_before"));
        Self {
            id: ErrorId(row.get("public_id")),
            project_id: row.get("project_id"),
            title: title(row.get("exception_type"), row.get("message")),
            level: Level::from_code(row.get("level")),
            events,
            events_before,
            change_percent: change_percent(events_before, events),
        }
    }
}

/// By how much a number grew, in percent to one decimal.
#[expect(clippy::cast_precision_loss, reason = "a share for people; 2^53 events are out of reach")]
fn change_percent(before: i64, after: i64) -> Option<f64> {
    (before > 0).then(|| rounded((after - before) as f64 / before as f64 * 100.0, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_that_runs_is_the_last_of_the_window() {
        let time = |text| shared::time::parse(text).unwrap();
        let windows = Windows::up_to(time("2025-08-29T12:34:56Z"));
        assert_eq!(windows.since, time("2025-08-28T13:00:00Z"));
        assert_eq!(windows.before, time("2025-08-27T13:00:00Z"));
    }

    #[test]
    fn what_came_from_nothing_has_no_share() {
        assert_eq!(change_percent(0, 5), None);
        assert_eq!(change_percent(3, 7), Some(133.3));
    }
}
