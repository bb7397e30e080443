//! `GET /api/analytics/trends`: events and resolutions over time, in buckets of UTC.

use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Datelike as _, Days, Months, TimeDelta, Timelike as _, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::event::Level;
use shared::postgres::DbError;
use tokio_postgres::Row;

use crate::app::App;
use crate::cache::Question;
use crate::call::{Call, Reach};
use crate::db;
use crate::routes::Answer;
use crate::success;

/// How far trends reach back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Period {
    Day,
    Week,
    Month,
    Year,
}

/// The width of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupBy {
    Hour,
    Day,
    Week,
    Month,
}

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

/// The buckets of a request.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    group_by: GroupBy,
    /// When the first bucket begins; it is whole.
    first: DateTime<Utc>,
    /// When the last bucket ends; it goes on as time does.
    end: DateTime<Utc>,
}

impl Period {
    pub(crate) const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    fn days(self) -> u64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Year => 365,
        }
    }
}

/// The text names none of the words.
#[derive(Debug)]
pub(crate) struct UnknownWord;

impl FromStr for Period {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownWord)
    }
}

impl FromStr for GroupBy {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownWord)
    }
}

impl GroupBy {
    pub(crate) const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The word, also the one by which `date_trunc` knows the unit; its weeks begin on Monday, too.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The begin of the bucket that holds the time.
    fn floor(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let date = time.date_naive();
        let since_monday = Days::new(date.weekday().num_days_from_monday().into());
        let date = match self {
            Self::Hour | Self::Day => Some(date),
            Self::Week => date.checked_sub_days(since_monday),
            Self::Month => date.with_day(1),
        };
        let hour = if self == Self::Hour { time.hour() } else { 0 };
        let begin = date.and_then(|date| date.and_hms_opt(hour, 0, 0));
        begin.map_or(time, |begin| begin.and_utc())
    }

    /// The begin of the bucket after the one that begins then.
    fn next(self, begin: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Hour => begin + TimeDelta::hours(1),
            Self::Day => begin + Days::new(1),
            Self::Week => begin + Days::new(7),
            Self::Month => begin + Months::new(1),
        }
    }
}

impl Range {
    fn up_to(now: DateTime<Utc>, period: Period, group_by: GroupBy) -> Self {
        let first = group_by.floor(now - Days::new(period.days()));
        Self { group_by, first, end: group_by.next(group_by.floor(now)) }
    }

    /// The begins of all buckets.
    fn buckets(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let begins =
            std::iter::successors(Some(self.first), |begin| Some(self.group_by.next(*begin)));
        begins.take_while(|begin| *begin < self.end)
    }

    /// A point for each bucket, from those that have something.
    fn fill(&self, found: Vec<DataPoint>) -> Vec<DataPoint> {
        let mut found = found.into_iter().peekable();
        let point = |begin| {
            found.next_if(|point: &DataPoint| point.timestamp == begin).unwrap_or(DataPoint {
                timestamp: begin,
                error_count: 0,
                resolved_count: 0,
                critical_count: 0,
            })
        };
        self.buckets().map(point).collect()
    }
}

/// `GET /api/analytics/trends`.
pub(crate) async fn trends(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let reach = call.reach(&mut fields);
    let period = fields.value("period", "must be one of day, week, month, year");
    let group_by = fields.value("group_by", "must be one of hour, day, week, month");
    fields.finish()?;
    let reach = reach?;
    let (period, group_by) = (period.unwrap_or(Period::Week), group_by.unwrap_or(GroupBy::Day));
    let range = Range::up_to(Utc::now(), period, group_by);
    // A question of its own for every last bucket: what is remembered never lacks the newest one.
    let asked = (reach.ids(), period, group_by, range.first, range.end);
    let question = Question::new("trends", reach.scope, app.cache_ttl.trends, &asked)
        .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app, &reach, period, range))).await
}

async fn compute(app: &App, reach: &Reach, period: Period, range: Range) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let critical = Level::Error.code();
    let unit = range.group_by.as_str();
    let values: db::Params<'_> = &[&reach.ids(), &range.first, &range.end, &unit, &critical];
    let sql = include_str!("sql/trends.sql");
    let rows = db::query(&client, "compute trends", sql, values).await?;
    let data_points = range.fill(rows.iter().map(DataPoint::from).collect());
    let trends = Trends { period, group_by: range.group_by, data_points };
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
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        shared::time::parse(text).unwrap()
    }

    /// The number of buckets, the first one and the last one.
    fn check(now: &str, period: Period, group_by: GroupBy, expected: (usize, &str, &str)) {
        let range = Range::up_to(time(now), period, group_by);
        let buckets: Vec<_> = range.buckets().collect();
        let (count, first, last) = expected;
        assert_eq!((buckets[0], *buckets.last().unwrap()), (time(first), time(last)));
        assert_eq!(buckets.len(), count);
    }

    #[test]
    fn buckets_begin_with_a_whole_one_and_end_with_now() {
        let now = "2026-01-01T00:00:00.500Z";
        let (newyear, eve) = ("2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z");
        check(now, Period::Day, GroupBy::Hour, (25, eve, newyear));
        check(now, Period::Day, GroupBy::Day, (2, eve, newyear));
        check(now, Period::Week, GroupBy::Day, (8, "2025-12-25T00:00:00Z", newyear));
        // The 1st of January 2026 is a Thursday.
        let monday = "2025-12-29T00:00:00Z";
        check(now, Period::Week, GroupBy::Week, (2, "2025-12-22T00:00:00Z", monday));
        check(now, Period::Month, GroupBy::Month, (2, "2025-12-01T00:00:00Z", newyear));
        check(now, Period::Year, GroupBy::Month, (13, "2025-01-01T00:00:00Z", newyear));
        let last = "2025-12-31T23:00:00Z";
        check(
            "2025-12-31T23:59:59.999Z",
            Period::Day,
            GroupBy::Hour,
            (25, "2025-12-30T23:00:00Z", last),
        );
    }

    #[test]
    fn a_leap_day_has_its_bucket() {
        let now = "2028-03-01T12:00:00Z";
        check(now, Period::Day, GroupBy::Day, (2, "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"));
        check(
            now,
            Period::Month,
            GroupBy::Month,
            (3, "2028-01-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        );
    }

    proptest! {
        #[test]
        fn buckets_have_no_gaps_and_hold_the_whole_period(
            second in 946_684_800_i64..4_102_444_800,
            period in prop::sample::select(&Period::ALL[..]),
            group_by in prop::sample::select(&GroupBy::ALL[..]),
        ) {
            let now = DateTime::from_timestamp(second, 0).unwrap();
            let range = Range::up_to(now, period, group_by);
            let buckets: Vec<_> = range.buckets().collect();
            prop_assert!(buckets[0] <= now - Days::new(period.days()));
            prop_assert!(group_by.next(buckets[0]) > now - Days::new(period.days()));
            prop_assert!(*buckets.last().unwrap() <= now && now < range.end);
            for begin in &buckets {
                prop_assert_eq!(group_by.floor(*begin), *begin);
                prop_assert_eq!(group_by.floor(group_by.next(*begin) - TimeDelta::seconds(1)), *begin);
            }
        }
    }

    #[test]
    fn buckets_without_anything_are_zero() {
        let range = Range::up_to(time("2025-08-29T12:00:00Z"), Period::Week, GroupBy::Day);
        let day = time("2025-08-24T00:00:00Z");
        let found =
            DataPoint { timestamp: day, error_count: 3, resolved_count: 1, critical_count: 2 };
        let points = range.fill(vec![found]);
        let counts: Vec<i64> = points.iter().map(|point| point.error_count).collect();
        assert_eq!(counts, [0, 0, 3, 0, 0, 0, 0, 0]);
    }
}
