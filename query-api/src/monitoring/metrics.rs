//! `GET /api/monitoring/metrics`: what hosts and requests did, from stored samples.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::Client;
use serde::Serialize;
use shared::api::ApiError;
use shared::checks::SEEN_WITHIN;
use shared::generations::Scope;
use shared::postgres::DbError;
use tokio_postgres::Row;

use super::rounded;
use crate::app::App;
use crate::cache::Question;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// How far back is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Timeframe {
    Hour,
    SixHours,
    Day,
    Week,
    Month,
}

impl FromStr for Timeframe {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "1h" => Self::Hour,
            "6h" => Self::SixHours,
            "24h" => Self::Day,
            "7d" => Self::Week,
            "30d" => Self::Month,
            _ => return Err(()),
        })
    }
}

impl Timeframe {
    fn length(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::SixHours => TimeDelta::hours(6),
            Self::Day => TimeDelta::hours(24),
            Self::Week => TimeDelta::days(7),
            Self::Month => TimeDelta::days(30),
        }
    }

    /// The time between two points of the series, of which there are at most 146. Of more than a day ago
    /// only whole hours are kept.
    fn step(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::minutes(1),
            Self::SixHours => TimeDelta::minutes(5),
            Self::Day => TimeDelta::minutes(10),
            Self::Week => TimeDelta::hours(2),
            Self::Month => TimeDelta::hours(6),
        }
    }
}

/// The answer. Null where no host was sampled.
#[derive(Debug, PartialEq, Serialize)]
struct Metrics {
    cpu_usage_percent: Option<f64>,
    memory_usage_percent: Option<f64>,
    disk_usage_percent: Option<f64>,
    network_io: NetworkIo,
    active_connections: i64,
    requests_per_minute: f64,
    series: Vec<Point>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct NetworkIo {
    bytes_in: i64,
    bytes_out: i64,
}

#[derive(Debug, PartialEq, Serialize)]
struct Point {
    #[serde(with = "shared::time::json")]
    timestamp: DateTime<Utc>,
    cpu_usage_percent: Option<f64>,
    memory_usage_percent: Option<f64>,
    disk_usage_percent: Option<f64>,
    network_io: NetworkIo,
    requests_per_minute: f64,
}

/// What was measured in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Measured {
    /// Seconds of all hosts, and what was measured times the seconds for which it stands.
    seconds: f64,
    cpu: f64,
    memory: f64,
    /// The fullest disk.
    disk: f64,
    network: NetworkIo,
    requests: i64,
}

/// The range of an answer.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// The first measurement in the range, or the start of the range where that is later.
    from: DateTime<Utc>,
    now: DateTime<Utc>,
    step: TimeDelta,
}

/// `GET /api/monitoring/metrics`.
pub(crate) async fn metrics(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let timeframe = fields.value("timeframe", "must be one of 1h, 6h, 24h, 7d, 30d");
    fields.finish()?;
    let timeframe = timeframe.unwrap_or(Timeframe::Hour);
    let question = Question::new("metrics", Scope::Monitoring, app.cache_ttl.metrics, &timeframe)
        .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app, timeframe))).await
}

async fn compute(app: &App, timeframe: Timeframe) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let active_connections = connections(&client).await?;
    let (length, step) = (timeframe.length().as_seconds_f64(), timeframe.step().as_seconds_f64());
    let sql = include_str!("sql/measured.sql");
    let rows = db::query(&client, "read the measurements", sql, &[&length, &step]).await?;
    let steps: BTreeMap<DateTime<Utc>, Measured> =
        rows.iter().map(|row| (row.get("step_at"), Measured::from(row))).collect();
    let metrics = match rows.first() {
        Some(row) => {
            let (now, first): (DateTime<Utc>, DateTime<Utc>) =
                (row.get("now"), row.get("first_at"));
            let from = first.max(now - timeframe.length());
            let frame = Frame { from, now, step: timeframe.step() };
            Metrics::new(frame, &steps, active_connections)
        }
        None => Metrics::without_samples(active_connections),
    };
    Ok(success::body(metrics))
}

async fn connections(client: &Client) -> Result<i64, DbError> {
    let sql = include_str!("sql/connections.sql");
    let values: db::Params<'_> = &[&SEEN_WITHIN.as_secs_f64()];
    let rows = db::query(client, "read the open connections", sql, values).await?;
    Ok(rows.first().map_or(0, |row| row.get("connections")))
}

impl From<&Row> for Measured {
    fn from(row: &Row) -> Self {
        Self {
            seconds: row.get("seconds"),
            cpu: row.get("cpu"),
            memory: row.get("memory"),
            disk: row.get("disk"),
            network: NetworkIo { bytes_in: row.get("bytes_in"), bytes_out: row.get("bytes_out") },
            requests: row.get("requests"),
        }
    }
}

impl Metrics {
    fn without_samples(active_connections: i64) -> Self {
        Self {
            cpu_usage_percent: None,
            memory_usage_percent: None,
            disk_usage_percent: None,
            network_io: NetworkIo::default(),
            active_connections,
            requests_per_minute: 0.0,
            series: Vec::new(),
        }
    }

    fn new(
        frame: Frame,
        steps: &BTreeMap<DateTime<Utc>, Measured>,
        active_connections: i64,
    ) -> Self {
        let mut all = Measured::default();
        steps.values().for_each(|measured| all.add(measured));
        Self {
            cpu_usage_percent: all.mean(all.cpu),
            memory_usage_percent: all.mean(all.memory),
            disk_usage_percent: all.mean(all.disk * all.seconds),
            network_io: all.network,
            active_connections,
            requests_per_minute: per_minute(all.requests, frame.now - frame.from),
            series: series(frame, steps),
        }
    }
}

/// A point for each step since the first measurement; where nothing was measured, it says so.
fn series(frame: Frame, steps: &BTreeMap<DateTime<Utc>, Measured>) -> Vec<Point> {
    let Some(first) = steps.keys().next() else { return Vec::new() };
    let starts = std::iter::successors(Some(*first), |start| Some(*start + frame.step));
    let point = |start: DateTime<Utc>| {
        let measured = steps.get(&start).copied().unwrap_or_default();
        let covered = frame.now.min(start + frame.step) - frame.from.max(start);
        Point {
            timestamp: start,
            cpu_usage_percent: measured.mean(measured.cpu),
            memory_usage_percent: measured.mean(measured.memory),
            disk_usage_percent: measured.mean(measured.disk * measured.seconds),
            network_io: measured.network,
            requests_per_minute: per_minute(measured.requests, covered),
        }
    };
    starts.take_while(|start| *start <= frame.now).map(point).collect()
}

impl Measured {
    fn add(&mut self, other: &Self) {
        self.seconds += other.seconds;
        self.cpu += other.cpu;
        self.memory += other.memory;
        self.disk = self.disk.max(other.disk);
        self.network.bytes_in = self.network.bytes_in.saturating_add(other.network.bytes_in);
        self.network.bytes_out = self.network.bytes_out.saturating_add(other.network.bytes_out);
        self.requests = self.requests.saturating_add(other.requests);
    }

    /// The mean of a sum over seconds; none where no host was sampled.
    fn mean(&self, sum: f64) -> Option<f64> {
        (self.seconds > 0.0).then(|| rounded(sum / self.seconds, 1))
    }
}

/// Requests a minute; a time shorter than a minute counts as one, so that a start shows no peak.
#[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 52 bits")]
pub(crate) fn per_minute(requests: i64, time: TimeDelta) -> f64 {
    let minutes = (time.as_seconds_f64() / 60.0).max(1.0);
    rounded(requests as f64 / minutes, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(60 * minute, 0).unwrap()
    }

    fn measured(hosts: f64, percent: f64, requests: i64) -> Measured {
        let seconds = 60.0 * hosts;
        Measured {
            seconds,
            cpu: percent * seconds,
            memory: 2.0 * percent * seconds,
            disk: percent,
            network: NetworkIo { bytes_in: 10, bytes_out: 20 },
            requests,
        }
    }

    #[test]
    fn means_are_over_hosts_and_time_and_the_disk_is_the_fullest() {
        let steps = [(at(1), measured(1.0, 40.0, 60)), (at(3), measured(3.0, 20.0, 30))].into();
        let frame = Frame { from: at(1), now: at(4), step: TimeDelta::minutes(1) };
        let metrics = Metrics::new(frame, &steps, 7);
        assert_eq!(metrics.cpu_usage_percent, Some(25.0));
        assert_eq!(metrics.memory_usage_percent, Some(50.0));
        assert_eq!(metrics.disk_usage_percent, Some(40.0));
        assert_eq!(metrics.network_io, NetworkIo { bytes_in: 20, bytes_out: 40 });
        assert_eq!((metrics.requests_per_minute, metrics.active_connections), (30.0, 7));
        let points: Vec<_> = metrics
            .series
            .iter()
            .map(|point| (point.timestamp, point.cpu_usage_percent, point.requests_per_minute))
            .collect();
        assert_eq!(
            points,
            [
                (at(1), Some(40.0), 60.0),
                (at(2), None, 0.0),
                (at(3), Some(20.0), 30.0),
                (at(4), None, 0.0),
            ]
        );
    }

    #[test]
    fn a_step_that_lies_partly_outside_counts_only_what_it_covers() {
        let steps = [(at(0), measured(1.0, 1.0, 100)), (at(10), measured(1.0, 1.0, 100))].into();
        let frame = Frame { from: at(5), now: at(12), step: TimeDelta::minutes(10) };
        let rates: Vec<f64> =
            series(frame, &steps).iter().map(|point| point.requests_per_minute).collect();
        assert_eq!(rates, [20.0, 50.0]);
    }

    #[test]
    fn a_series_stays_short_enough_to_plot() {
        for timeframe in ["1h", "6h", "24h", "7d", "30d"].map(|text| text.parse::<Timeframe>()) {
            let timeframe = timeframe.unwrap();
            let points = timeframe.length().num_seconds() / timeframe.step().num_seconds() + 1;
            assert!((61..=150).contains(&points), "{timeframe:?} {points}");
        }
        assert_eq!("2h".parse::<Timeframe>(), Err(()));
    }
}
