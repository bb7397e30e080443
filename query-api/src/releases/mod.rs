//! `GET /api/releases`: which versions of the programs report, since when, and what came with each.
//!
//! Read from the roll-ups and from the errors that arrived, never from events.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::postgres::DbError;
use tokio_postgres::Row;

use crate::analytics::{GroupBy, Period, Range};
use crate::app::App;
use crate::cache::Question;
use crate::call::{Call, Reach};
use crate::db;
use crate::fields::QueryFields;
use crate::routes::Answer;
use crate::success;

/// How far back releases may be asked for: as far as it is known which errors came when.
pub(crate) const PERIODS: [Period; 4] =
    [Period::Day, Period::Week, Period::Fortnight, Period::Month];

/// How long slots stay as short as they are written, which is well below an hour.
const SHORT_SLOTS: TimeDelta = TimeDelta::hours(2);

#[derive(Debug, Serialize)]
struct Releases {
    period: Period,
    /// The newest first.
    releases: Vec<Release>,
    /// How many had events in the period.
    total: i64,
    limit: i64,
}

#[derive(Debug, Serialize)]
struct Release {
    project_id: i32,
    release: String,
    #[serde(with = "shared::time::json_option")]
    first_seen: Option<DateTime<Utc>>,
    #[serde(with = "shared::time::json")]
    last_seen: DateTime<Utc>,
    events: i64,
    new_errors: i64,
    regressed_errors: i64,
    /// Percent. No sessions are stored, so nobody knows.
    crash_free_sessions: Option<f64>,
    /// Percent, as above.
    crash_free_users: Option<f64>,
}

/// `GET /api/releases`.
pub(crate) async fn releases(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let reach = call.reach(&mut fields);
    let limit = fields.number("limit", 50, 1..=100);
    let range = read_range(&mut fields, Utc::now());
    fields.finish()?;
    let reach = reach?;
    let asked = (reach.ids(), range, limit);
    let question = Question::new("releases", reach.scope, app.cache_ttl.trends, &asked)
        .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app, &reach, range, limit))).await
}

/// The hours of the period: the last month unless the request says otherwise.
fn read_range(fields: &mut QueryFields<'_>, now: DateTime<Utc>) -> Range {
    let period = fields.word("period", &PERIODS, Period::as_str);
    Range::up_to(now, period.unwrap_or(Period::Month), GroupBy::Hour)
}

async fn compute(app: &App, reach: &Reach, range: Range, limit: i64) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let short_from = range.end - SHORT_SLOTS;
    let values: db::Params<'_> = &[&reach.ids(), &range.first, &range.end, &limit, &short_from];
    let sql = include_str!("sql/releases.sql");
    let rows = db::query(&client, "list releases", sql, values).await?;
    Ok(success::body(Releases {
        period: range.period,
        releases: rows.iter().map(Release::from).collect(),
        total: rows.first().map_or(0, |row| row.get("total")),
        limit,
    }))
}

impl From<&Row> for Release {
    fn from(row: &Row) -> Self {
        Self {
            project_id: row.get("project_id"),
            release: row.get("release"),
            first_seen: row.get("first_seen"),
            last_seen: row.get("last_seen"),
            events: row.get("events"),
            new_errors: row.get("new_errors"),
            regressed_errors: row.get("regressed_errors"),
            crash_free_sessions: None,
            crash_free_users: None,
        }
    }
}
