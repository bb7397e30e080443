//! `GET /api/stats`: numbers over all errors, from counts that are kept anyway. Never reads events.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Datelike as _, Days, DurationRound as _, TimeDelta, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::postgres::DbError;
use tokio_postgres::Row;

use crate::app::App;
use crate::cache::Question;
use crate::call::{Call, Reach};
use crate::db;
use crate::routes::Answer;
use crate::success;

/// The answer.
#[derive(Debug, Default, Serialize)]
struct Stats {
    total_errors: i64,
    resolved_errors: i64,
    errors_today: i64,
    errors_this_week: i64,
    errors_this_month: i64,
    /// Events per hour.
    error_rate_24h: f64,
    /// Percent.
    resolution_rate: f64,
    avg_resolution_time: Option<String>,
    events_total: i64,
    events_24h: i64,
    /// Users of the errors that were seen in the last 24 hours.
    users_affected_24h: i64,
    new_errors_24h: i64,
    regressed_errors_24h: i64,
}

/// `GET /api/stats`.
pub(crate) async fn stats(app: Arc<App>, call: Call) -> Answer {
    let reach = call.reach_alone()?;
    let starts = Starts::of(Utc::now());
    // A question of its own for every day: what is remembered of yesterday says nothing of today.
    let asked = (reach.ids(), starts.day);
    let question = Question::new("stats", reach.scope, app.cache_ttl.stats, &asked)
        .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app, &reach, starts))).await
}

async fn compute(app: &App, reach: &Reach, starts: Starts) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let values: db::Params<'_> = &[
        &reach.ids(),
        &starts.day,
        &starts.week,
        &starts.month,
        &starts.first_hour,
        &starts.last_24h,
    ];
    let sql = include_str!("sql/stats.sql");
    let rows = db::query(&client, "compute statistics", sql, values).await?;
    // Sums make exactly one row, whatever there is to sum.
    let stats = rows.first().map(Stats::from).unwrap_or_default();
    Ok(success::body(stats))
}

impl From<&Row> for Stats {
    fn from(row: &Row) -> Self {
        let (total, resolved): (i64, i64) = (row.get("total"), row.get("resolved"));
        let resolution_seconds: Option<f64> = row.get("resolution_seconds");
        let events_24h: i64 = row.get("events_24h");
        Self {
            total_errors: total,
            resolved_errors: resolved,
            errors_today: row.get("today"),
            errors_this_week: row.get("week"),
            errors_this_month: row.get("month"),
            error_rate_24h: per_hour(events_24h),
            resolution_rate: percent(resolved, total),
            avg_resolution_time: resolution_seconds.map(duration_text),
            events_total: row.get("events_total"),
            events_24h,
            users_affected_24h: row.get("users_24h"),
            new_errors_24h: row.get("new_24h"),
            regressed_errors_24h: row.get("regressed_24h"),
        }
    }
}

/// The moments that the numbers reach back to.
#[derive(Debug, PartialEq, Eq)]
struct Starts {
    day: DateTime<Utc>,
    week: DateTime<Utc>,
    month: DateTime<Utc>,
    /// Events are counted by slots of 10 seconds, later of a minute: exact to that.
    last_24h: DateTime<Utc>,
    /// The hour in which the last 24 hours began: users are known by the hour they were last seen in.
    first_hour: DateTime<Utc>,
}

impl Starts {
    fn of(now: DateTime<Utc>) -> Self {
        let midnight = |date: chrono::NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc();
        let today = now.date_naive();
        let since_monday = Days::new(today.weekday().num_days_from_monday().into());
        let last_24h = now - TimeDelta::hours(24);
        Self {
            day: midnight(today),
            week: midnight(today.checked_sub_days(since_monday).unwrap_or(today)),
            month: midnight(today.with_day(1).unwrap_or(today)),
            last_24h,
            first_hour: last_24h.duration_trunc(TimeDelta::hours(1)).unwrap_or(last_24h),
        }
    }
}

/// Events per hour over a day, to two decimals.
#[expect(clippy::cast_precision_loss, reason = "a rate for people; 2^53 events are out of reach")]
fn per_hour(events: i64) -> f64 {
    (events as f64 / 24.0 * 100.0).round() / 100.0
}

/// Percent to one decimal; of nothing, 0.
#[expect(clippy::cast_precision_loss, reason = "a rate for people; 2^53 errors are out of reach")]
fn percent(part: i64, whole: i64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    (part as f64 / whole as f64 * 1000.0).round() / 10.0
}

/// The two largest units: `3d 4h`, `2h 15m`, `15m`, `40s`.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn duration_text(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as i64;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (1.., _, _) => format!("{days}d {hours}h"),
        (_, 1.., _) => format!("{hours}h {minutes}m"),
        (_, _, 1..) => format!("{minutes}m"),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        shared::time::parse(text).unwrap()
    }

    #[test]
    fn weeks_start_on_monday() {
        // A Sunday, so the week began six days before.
        let starts = Starts::of(time("2025-08-31T12:34:56Z"));
        assert_eq!(starts.day, time("2025-08-31T00:00:00Z"));
        assert_eq!(starts.week, time("2025-08-25T00:00:00Z"));
        assert_eq!(starts.month, time("2025-08-01T00:00:00Z"));
        assert_eq!(starts.first_hour, time("2025-08-30T12:00:00Z"));
    }

    #[test]
    fn durations_show_two_units() {
        for (seconds, expected) in [
            (8_100.0, "2h 15m"),
            (3.0 * 86_400.0 + 4.0 * 3_600.0, "3d 4h"),
            (900.0, "15m"),
            (40.4, "40s"),
            (-5.0, "0s"),
        ] {
            assert_eq!(duration_text(seconds), expected);
        }
    }

    #[test]
    fn rates_are_rounded_for_people() {
        assert_eq!(percent(856, 1_250), 68.5);
        assert_eq!(percent(0, 0), 0.0);
        assert_eq!(per_hour(55), 2.29);
    }
}
