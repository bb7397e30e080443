//! `GET /api/analytics/trends`: events and resolutions over time, in buckets of UTC.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::event::Level;
use shared::postgres::DbError;
use tokio_postgres::Row;

use super::range::{GroupBy, Period, Range};
use crate::app::App;
use crate::cache::Question;
use crate::call::{Call, Reach};
use crate::db;
use crate::routes::Answer;
use crate::success;

#[derive(Debug, Serialize)]
struct Trends {
    period: Period,
    group_by: GroupBy,
    /// Oldest first, without gaps.
    data_points: Vec<DataPoint>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct DataPoint {
    /// When the bucket begins.
    #[serde(with = "shared::time::json")]
    timestamp: DateTime<Utc>,
    error_count: i64,
    resolved_count: i64,
    critical_count: i64,
}

/// A point for each bucket, from those that have something.
fn fill(range: &Range, found: Vec<DataPoint>) -> Vec<DataPoint> {
    let mut found = found.into_iter().peekable();
    let point = |begin| {
        found.next_if(|point: &DataPoint| point.timestamp == begin).unwrap_or(DataPoint {
            timestamp: begin,
            error_count: 0,
            resolved_count: 0,
            critical_count: 0,
        })
    };
    range.buckets().map(point).collect()
}

/// `GET /api/analytics/trends`.
pub(crate) async fn trends(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let reach = call.reach(&mut fields);
    let range = Range::read(&mut fields, Utc::now());
    fields.finish()?;
    let reach = reach?;
    // A question of its own for every last bucket: what is remembered never lacks the newest one.
    let asked = (reach.ids(), range);
    let question = Question::new("trends", reach.scope, app.cache_ttl.trends, &asked)
        .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app, &reach, range))).await
}

async fn compute(app: &App, reach: &Reach, range: Range) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let critical = Level::Error.code();
    let unit = range.group_by.as_str();
    let values: db::Params<'_> = &[&reach.ids(), &range.first, &range.end, &unit, &critical];
    let sql = include_str!("sql/trends.sql");
    let rows = db::query(&client, "compute trends", sql, values).await?;
    let data_points = fill(&range, rows.iter().map(DataPoint::from).collect());
    let trends = Trends { period: range.period, group_by: range.group_by, data_points };
    Ok(success::body(trends))
}

impl From<&Row> for DataPoint {
    fn from(row: &Row) -> Self {
        Self {
            timestamp: row.get("bucket"),
            error_count: row.get("events"),
            resolved_count: row.get("resolved"),
            critical_count: row.get("critical"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::{GroupBy, Period};

    fn time(text: &str) -> DateTime<Utc> {
        shared::time::parse(text).unwrap()
    }

    #[test]
    fn buckets_without_anything_are_zero() {
        let range = Range::up_to(time("2025-08-29T12:00:00Z"), Period::Week, GroupBy::Day);
        let day = time("2025-08-24T00:00:00Z");
        let found =
            DataPoint { timestamp: day, error_count: 3, resolved_count: 1, critical_count: 2 };
        let points = fill(&range, vec![found]);
        let counts: Vec<i64> = points.iter().map(|point| point.error_count).collect();
        assert_eq!(counts, [0, 0, 3, 0, 0, 0, 0, 0]);
    }
}
