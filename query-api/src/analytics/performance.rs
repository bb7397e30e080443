//! `GET /api/analytics/performance`: how well this system answered in the last hour, over all its
//! instances.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::api::ApiError;
use shared::checks::Component;
use shared::generations::Scope;
use shared::postgres::DbError;
use shared::vitals::Buckets;
use tokio_postgres::Row;

use crate::app::App;
use crate::cache::Question;
use crate::call::Call;
use crate::db;
use crate::monitoring::{History, per_minute, read_histories, rounded};
use crate::routes::Answer;
use crate::success;

/// The time that is told of. `sql/performance.sql` has it, too.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// Who waits for less is content, who waits for up to four times as long puts up with it.
const CONTENT: Duration = Duration::from_millis(100);
const PATIENT: Duration = Duration::from_millis(400);

/// The answer. Null where nothing was measured, but for the rates and the mean, which are 0 then.
#[derive(Debug, PartialEq, Serialize)]
struct Performance {
    avg_response_time: f64,
    error_rate_percent: f64,
    throughput_rpm: f64,
    availability_percent: Option<f64>,
    performance_score: Option<f64>,
    p50_response_time: Option<f64>,
    p95_response_time: Option<f64>,
    p99_response_time: Option<f64>,
}

/// Requests of the last hour.
#[derive(Debug, Clone, Copy, Default)]
struct Traffic {
    requests: i64,
    failed: i64,
    duration_ms: f64,
    buckets: Buckets,
    /// For how long requests are counted.
    counted: TimeDelta,
}

/// `GET /api/analytics/performance`. Instances belong to no project: every key is told the same.
pub(crate) async fn performance(app: Arc<App>, _call: Call) -> Answer {
    let ttl = app.cache_ttl.performance;
    let question =
        Question::new("performance", Scope::Monitoring, ttl, &()).map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app))).await
}

async fn compute(app: &App) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let sql = include_str!("sql/performance.sql");
    let rows = db::query(&client, "read the requests of the last hour", sql, &[]).await?;
    // Sums make exactly one row, whatever there is to sum.
    let traffic = rows.first().map(Traffic::from).unwrap_or_default();
    let histories = read_histories(&client, &[Component::Ingest], WINDOW).await?;
    let availability = histories.get(Component::Ingest.as_str());
    let availability = availability.map(|history: &History| history.uptime_percent(WINDOW));
    let performance = Performance::of(&traffic, availability);
    Ok(success::body(performance))
}

impl From<&Row> for Traffic {
    fn from(row: &Row) -> Self {
        let now: DateTime<Utc> = row.get("now");
        let first: Option<DateTime<Utc>> = row.get("first_at");
        let buckets: Vec<i64> = row.get("buckets");
        Self {
            requests: row.get("requests"),
            failed: row.get("failed"),
            duration_ms: row.get("duration_ms"),
            buckets: Buckets::from_stored(&buckets),
            counted: first.map_or(TimeDelta::zero(), |first| now - first.max(now - WINDOW)),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "means and shares need no more than 52 bits")]
impl Performance {
    fn of(traffic: &Traffic, availability_percent: Option<f64>) -> Self {
        let requests = traffic.requests.max(1) as f64;
        let error_rate = (traffic.failed as f64 / requests).clamp(0.0, 1.0);
        let quantile = |share| traffic.buckets.quantile_ms(share).map(|millis| rounded(millis, 2));
        Self {
            avg_response_time: rounded(traffic.duration_ms / requests, 2),
            error_rate_percent: rounded(100.0 * error_rate, 2),
            throughput_rpm: per_minute(traffic.requests, traffic.counted),
            availability_percent,
            performance_score: availability_percent
                .map(|availability| score(availability / 100.0, error_rate, &traffic.buckets)),
            p50_response_time: quantile(0.5),
            p95_response_time: quantile(0.95),
            p99_response_time: quantile(0.99),
        }
    }
}

/// From 0 to 10: availability × share of requests that did not fail × Apdex, times ten. Apdex is the
/// share of requests that were answered within 100 ms, and half of those that were within 400 ms. Without
/// requests only the availability tells.
#[expect(clippy::cast_precision_loss, reason = "shares need no more than 52 bits")]
fn score(availability: f64, error_rate: f64, durations: &Buckets) -> f64 {
    let total = durations.total();
    let (content, patient) = (durations.within(CONTENT), durations.within(PATIENT));
    let apdex = if total == 0 { 1.0 } else { (content + patient) as f64 / (2 * total) as f64 };
    rounded(10.0 * availability * (1.0 - error_rate) * apdex, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts of requests that took 60 to 100 ms, 250 to 400 ms, and longer than a second.
    fn durations(content: i64, patient: i64, annoyed: i64) -> Buckets {
        let mut counts = [0; 29];
        (counts[12], counts[15], counts[18]) = (content, patient, annoyed);
        Buckets::from_stored(&counts)
    }

    fn check(availability: f64, error_rate: f64, durations: Buckets, expected: f64) {
        let score = score(availability, error_rate, &durations);
        assert!((score - expected).abs() < 1e-9, "{score} is not {expected}");
    }

    #[test]
    fn the_score_falls_with_what_annoys() {
        check(1.0, 0.0, durations(10, 0, 0), 10.0);
        check(1.0, 0.0, durations(0, 0, 0), 10.0);
        check(0.0, 0.0, durations(10, 0, 0), 0.0);
        check(1.0, 0.2, durations(10, 0, 0), 8.0);
        check(1.0, 0.0, durations(5, 5, 0), 7.5);
        check(1.0, 0.0, durations(5, 0, 5), 5.0);
        check(0.9, 0.1, durations(5, 5, 0), 6.1);
    }

    #[test]
    fn without_traffic_rates_and_means_are_none() {
        let quiet = Performance::of(&Traffic::default(), Some(99.5));
        assert_eq!(
            quiet,
            Performance {
                avg_response_time: 0.0,
                error_rate_percent: 0.0,
                throughput_rpm: 0.0,
                availability_percent: Some(99.5),
                performance_score: Some(10.0),
                p50_response_time: None,
                p95_response_time: None,
                p99_response_time: None,
            }
        );
        assert_eq!(Performance::of(&Traffic::default(), None).performance_score, None);
    }
}
