//! `GET /api/analytics/trends`: events and resolutions over time, in buckets of UTC.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::event::Level;
use shared::postgres::DbError;

use super::levels::Levels;
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
    levels: Levels,
}

/// What is known of a bucket: how many events of a level, or how many errors were resolved.
#[derive(Debug)]
struct Found {
    bucket: DateTime<Utc>,
    /// None: of errors that were resolved.
    level: Option<Level>,
    number: i64,
}

/// A point for each bucket, from what was found, oldest first.
fn fill(range: &Range, found: impl Iterator<Item = Found>) -> Vec<DataPoint> {
    let mut found = found.peekable();
    let point = |begin| {
        let (mut levels, mut resolved) = (Levels::default(), 0);
        while let Some(Found { level, number, .. }) = found.next_if(|it| it.bucket == begin) {
            match level {
                Some(level) => levels.add(level, number),
                None => resolved += number,
            }
        }
        DataPoint {
            timestamp: begin,
            error_count: levels.all(),
            resolved_count: resolved,
            critical_count: levels.critical(),
            levels,
        }
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
    let unit = range.group_by.as_str();
    let values: db::Params<'_> = &[&reach.ids(), &range.first, &range.end, &unit];
    let sql = include_str!("sql/trends.sql");
    let rows = db::query(&client, "compute trends", sql, values).await?;
    let found = rows.iter().map(|row| Found {
        bucket: row.get("bucket"),
        level: row.get::<_, Option<i16>>("level").map(Level::from_code),
        number: row.get("number"),
    });
    let data_points = fill(&range, found);
    let trends = Trends { period: range.period, group_by: range.group_by, data_points };
    Ok(success::body(trends))
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
        let found = [(Some(Level::Fatal), 2), (Some(Level::Info), 1), (None, 4)];
        let found = found.map(|(level, number)| Found { bucket: day, level, number });
        let points = fill(&range, found.into_iter());
        let counts: Vec<i64> = points.iter().map(|point| point.error_count).collect();
        assert_eq!(counts, [0, 0, 3, 0, 0, 0, 0, 0]);
        assert_eq!((points[2].critical_count, points[2].resolved_count), (2, 4));
    }
}
