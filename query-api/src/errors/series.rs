//! `GET /api/errors/series` and `GET /api/errors/{id}/series`: how often errors happened, over time.
//!
//! Read from the roll-up by hour, never from events, so that a year costs as little as a day.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::ids::ErrorId;
use shared::postgres::DbError;
use uuid::Uuid;

use super::lookup::{self, Found};
use crate::analytics::{GroupBy, Period, Range};
use crate::app::App;
use crate::cache::Question;
use crate::call::{Call, Reach};
use crate::db;
use crate::fields::QueryFields;
use crate::routes::Answer;
use crate::success;

/// Values that are told apart in the series of one error; the others are one.
const MAX_PARTS: i64 = 6;

/// Releases that are marked, the newest of the period: more would hide what they mark.
const MAX_RELEASES: i64 = 50;

/// By which value of its events the series of an error is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    Environment,
    Release,
}

impl By {
    pub(crate) const ALL: [Self; 2] = [Self::Environment, Self::Release];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Release => "release",
        }
    }
}

/// The begins of buckets, and where in a list of counts each stands.
#[derive(Debug)]
struct Buckets {
    timestamps: Vec<String>,
    places: HashMap<DateTime<Utc>, usize>,
}

impl Buckets {
    fn of(range: &Range) -> Self {
        let begins: Vec<DateTime<Utc>> = range.buckets().collect();
        let places = begins.iter().enumerate().map(|(place, begin)| (*begin, place)).collect();
        let timestamps = begins.into_iter().map(shared::time::format).collect();
        Self { timestamps, places }
    }

    fn none(&self) -> Vec<i64> {
        vec![0; self.timestamps.len()]
    }

    fn add(&self, counts: &mut [i64], bucket: DateTime<Utc>, events: i64) {
        if let Some(count) = self.places.get(&bucket).and_then(|place| counts.get_mut(*place)) {
            *count += events;
        }
    }
}

/// The series of several errors.
#[derive(Debug, Serialize)]
struct Several {
    period: Period,
    group_by: GroupBy,
    timestamps: Vec<String>,
    errors: Vec<Counted>,
}

#[derive(Debug, Serialize)]
struct Counted {
    id: ErrorId,
    counts: Vec<i64>,
}

/// `GET /api/errors/series`.
pub(crate) async fn series_of_many(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    // Nothing between `=` and `&` is none of them.
    let given = fields.raw("ids").is_some_and(|text| !text.is_empty());
    let ids = given.then(|| fields.values::<ErrorId>("ids", "must be ids of errors, by comma"));
    let period = fields.word("period", &Period::ALL, Period::as_str).unwrap_or(Period::Fortnight);
    let reach = call.reach(&mut fields);
    fields.finish()?;
    let (reach, mut ids) = (reach?, ids.flatten().unwrap_or_default());
    ids.sort_unstable();
    ids.dedup();
    // A picture of a few pixels for each: what many errors are asked for has few buckets.
    let group_by = if period == Period::Day { GroupBy::Hour } else { GroupBy::Day };
    let range = Range::up_to(Utc::now(), period, group_by);
    let asked = (reach.ids(), &ids, range);
    let question = Question::new("series", reach.scope, app.cache_ttl.trends, &asked)
        .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute_many(&app, &reach, &ids, range))).await
}

async fn compute_many(
    app: &App,
    reach: &Reach,
    ids: &[ErrorId],
    range: Range,
) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let names: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let unit = range.group_by.as_str();
    let values: db::Params<'_> = &[&reach.ids(), &names, &range.first, &range.end, &unit];
    let sql = include_str!("sql/series_of_many.sql");
    let rows = db::query(&client, "count events of errors over time", sql, values).await?;
    let buckets = Buckets::of(&range);
    let mut errors: Vec<Counted> = Vec::new();
    for row in &rows {
        let id = ErrorId(row.get("name"));
        if errors.last().is_none_or(|last| last.id != id) {
            errors.push(Counted { id, counts: buckets.none() });
        }
        // Of an error without events in the period there is a row all the same.
        if let (Some(counted), Some(bucket)) = (errors.last_mut(), row.get("bucket")) {
            buckets.add(&mut counted.counts, bucket, row.get("events"));
        }
    }
    let Range { period, group_by, .. } = range;
    let timestamps = buckets.timestamps;
    Ok(success::body(Several { period, group_by, timestamps, errors }))
}

/// The series of one error.
#[derive(Debug, Serialize)]
struct One {
    id: ErrorId,
    period: Period,
    group_by: GroupBy,
    by: By,
    timestamps: Vec<String>,
    /// The most frequent first.
    parts: Vec<Part>,
    /// Events with other values.
    others: Vec<i64>,
    releases: Vec<Release>,
}

#[derive(Debug, Serialize)]
struct Part {
    /// Null: the events named none.
    name: Option<String>,
    counts: Vec<i64>,
}

/// A release that came in the period.
#[derive(Debug, Serialize)]
struct Release {
    release: String,
    #[serde(with = "shared::time::json")]
    first_seen: DateTime<Utc>,
}

/// `GET /api/errors/{id}/series`.
pub(crate) async fn series(app: Arc<App>, call: Call) -> Answer {
    let name = call.error_id()?;
    let mut fields = call.fields();
    let by = read_by(&mut fields);
    let range = Range::read(&mut fields, Utc::now());
    let reach = call.reach(&mut fields);
    fields.finish()?;
    let found = lookup::find_one(&app, &reach?, name).await?;
    Ok(success::ok(one(&app, found, range, by).await.map_err(db::failure)?))
}

fn read_by(fields: &mut QueryFields<'_>) -> By {
    fields.word("by", &By::ALL, By::as_str).unwrap_or(By::Environment)
}

async fn one(app: &App, found: Found, range: Range, by: By) -> Result<One, DbError> {
    let client = db::client(&app.pool).await?;
    let (unit, column) = (range.group_by.as_str(), by.as_str());
    let Found { project, error_id, name } = found;
    let values: db::Params<'_> =
        &[&project.0, &error_id, &range.first, &range.end, &unit, &column, &MAX_PARTS];
    let sql = include_str!("sql/series.sql");
    let rows = db::query(&client, "count events of an error over time", sql, values).await?;
    let buckets = Buckets::of(&range);
    let (mut parts, mut others) = (Vec::<Part>::new(), buckets.none());
    for row in &rows {
        let (bucket, events) = (row.get("bucket"), row.get("events"));
        let Some(value) = row.get::<_, Option<&str>>("part") else {
            buckets.add(&mut others, bucket, events);
            continue;
        };
        let value = Some(value).filter(|value| !value.is_empty());
        if parts.last().is_none_or(|last| last.name.as_deref() != value) {
            parts.push(Part { name: value.map(str::to_owned), counts: buckets.none() });
        }
        if let Some(part) = parts.last_mut() {
            buckets.add(&mut part.counts, bucket, events);
        }
    }
    let values: db::Params<'_> = &[&project.0, &range.first, &range.end, &MAX_RELEASES];
    let sql = include_str!("sql/releases.sql");
    let releases = db::query(&client, "find new releases", sql, values).await?;
    let releases = releases
        .iter()
        .map(|row| Release { release: row.get("release"), first_seen: row.get("first_seen") });
    Ok(One {
        id: name,
        period: range.period,
        group_by: range.group_by,
        by,
        timestamps: buckets.timestamps,
        parts,
        others,
        releases: releases.collect(),
    })
}
