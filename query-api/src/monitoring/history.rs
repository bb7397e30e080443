//! How long a part of the system was down: what its periods leave.
//!
//! A part is up while a check that found it healthy holds. A check holds until the next one, if that
//! came in time. It is down while a check that found it unhealthy holds, and while none holds: a
//! missed check is a failed one. Before its first check nothing is known, and nothing counts.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use deadpool_postgres::Client;
use serde::Serialize;
use shared::checks::{Component, MISSED_AFTER};
use shared::postgres::DbError;
use tokio_postgres::Row;

use super::rounded;
use crate::db;

/// Periods of one component that are looked at: as many as there are when it turns well and unwell with
/// every second check for more than two days. Of more the newest count.
const MAX_PERIODS: i64 = 20_000;

/// Checks that followed each other and found the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period {
    began: DateTime<Utc>,
    last: DateTime<Utc>,
    healthy: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Downtime {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// What is known of a part that was checked at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    /// One after the other, none touching the next.
    downtimes: Vec<Downtime>,
}

/// The uptime of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Stretch {
    /// When it begins.
    #[serde(with = "shared::time::json")]
    timestamp: DateTime<Utc>,
    /// None where nothing is known of it.
    uptime_percent: Option<f64>,
}

/// The histories of components over the last `window`; those that were never checked are missing.
pub(crate) async fn read_histories(
    client: &Client,
    components: &[Component],
    window: TimeDelta,
) -> Result<BTreeMap<&'static str, History>, DbError> {
    let names: Vec<&str> = components.iter().map(|component| component.as_str()).collect();
    let seconds = window.as_seconds_f64();
    let values: db::Params<'_> = &[&names, &seconds, &MAX_PERIODS];
    let sql = include_str!("sql/periods.sql");
    let rows = db::query(client, "read the periods of health", sql, values).await?;
    let mut histories = BTreeMap::new();
    for component in components {
        let name = component.as_str();
        let mut own = rows.iter().filter(|row| row.get::<_, &str>("component") == name).peekable();
        if let Some(first) = own.peek() {
            let now = first.get("now");
            let periods: Vec<Period> = own.map(Period::from).collect();
            histories.extend(History::of(&periods, now).map(|history| (name, history)));
        }
    }
    Ok(histories)
}

impl From<&Row> for Period {
    fn from(row: &Row) -> Self {
        Self { began: row.get("began_at"), last: row.get("last_at"), healthy: row.get("healthy") }
    }
}

impl History {
    /// The history that periods tell, in whatever order; none without any.
    fn of(periods: &[Period], now: DateTime<Utc>) -> Option<Self> {
        let mut periods = periods.to_vec();
        periods.sort_by_key(|period| (period.began, period.last));
        let since = periods.first()?.began.min(now);
        let mut history = Self { since, now, downtimes: Vec::new() };
        let (mut healthy, mut unhealthy) = (0, 0);
        let mut cursor = since;
        for edge in edges(&periods, now) {
            if healthy == 0 || unhealthy > 0 {
                history.add_downtime(cursor, edge.at);
            }
            cursor = edge.at;
            *(if edge.healthy { &mut healthy } else { &mut unhealthy }) += edge.step;
        }
        history.add_downtime(cursor, now);
        Some(history)
    }

    fn add_downtime(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) {
        if from >= to {
            return;
        }
        match self.downtimes.last_mut() {
            Some(last) if last.to == from => last.to = to,
            _ => self.downtimes.push(Downtime { from, to }),
        }
    }

    /// Percent of the last `window` in which the part was up, or of the time since its first check where
    /// that is shorter. Four decimals: a tenth of a second of a day.
    pub(crate) fn uptime_percent(&self, window: TimeDelta) -> f64 {
        let percent = self.uptime_between(self.now - window, self.now);
        percent.unwrap_or(if self.downtimes.is_empty() { 100.0 } else { 0.0 })
    }

    /// As [`History::uptime_percent`], between two moments; none where nothing is known of that time.
    pub(crate) fn uptime_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<f64> {
        let (from, to) = (from.max(self.since), to.min(self.now));
        let total = (to - from).as_seconds_f64();
        let down = self.downtimes.iter().map(|downtime| {
            let inside = downtime.to.min(to) - downtime.from.max(from);
            inside.as_seconds_f64().max(0.0)
        });
        let down: f64 = down.sum();
        (total > 0.0).then(|| rounded(100.0 * (1.0 - down / total).clamp(0.0, 1.0), 4))
    }

    /// The uptime of so many stretches of one length, oldest first; the last one holds the present.
    /// Stretches begin where those of UTC do.
    pub(crate) fn strip(&self, length: TimeDelta, stretches: i32) -> Vec<Stretch> {
        let last = self.now.duration_trunc(length).unwrap_or(self.now);
        let begins = (0..stretches).rev().map(|back| last - length * back);
        let stretch = |begin| Stretch {
            timestamp: begin,
            uptime_percent: self.uptime_between(begin, begin + length),
        };
        begins.map(stretch).collect()
    }

    /// When the downtimes began that lie in the last `window`, or reach into it.
    pub(crate) fn downtimes(&self, window: TimeDelta) -> impl Iterator<Item = DateTime<Utc>> {
        let from = self.now - window;
        self.downtimes.iter().filter(move |down| down.to > from).map(|down| down.from)
    }

    /// How long the part is up since its last downtime, or since its first check: nothing while it is
    /// down.
    pub(crate) fn up_for(&self) -> TimeDelta {
        let up_since = self.downtimes.last().map_or(self.since, |last| last.to);
        self.now - up_since
    }
}

/// A moment at which checks of one kind begin (`step` 1) or cease (-1) to hold.
#[derive(Debug, Clone, Copy)]
struct Edge {
    at: DateTime<Utc>,
    healthy: bool,
    step: i32,
}

/// All moments at which something begins or ceases to hold, in order.
fn edges(periods: &[Period], now: DateTime<Utc>) -> Vec<Edge> {
    let missed_after = TimeDelta::from_std(MISSED_AFTER).unwrap_or_default();
    let nexts = periods.iter().skip(1).map(|period| period.began).chain([now]);
    let mut edges = Vec::with_capacity(2 * periods.len());
    for (period, next) in periods.iter().zip(nexts) {
        let in_time = next > period.last && next - period.last <= missed_after;
        let until = if in_time { next } else { period.last };
        let edge =
            |at: DateTime<Utc>, step| Edge { at: at.min(now), healthy: period.healthy, step };
        edges.extend([edge(period.began, 1), edge(until, -1)]);
    }
    // What ceases at the moment at which something else begins leaves no gap: no time lies between.
    edges.sort_by_key(|edge| edge.at);
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds since some day.
    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn history(periods: &[(i64, i64, bool)], now: i64) -> History {
        let period = |&(began, last, healthy)| Period { began: at(began), last: at(last), healthy };
        let periods: Vec<Period> = periods.iter().map(period).collect();
        History::of(&periods, at(now)).unwrap()
    }

    fn check(periods: &[(i64, i64, bool)], now: i64, expected: &[(i64, i64)]) {
        let downtime = |&(from, to)| Downtime { from: at(from), to: at(to) };
        let expected: Vec<Downtime> = expected.iter().map(downtime).collect();
        assert_eq!(history(periods, now).downtimes, expected, "{periods:?}");
    }

    #[test]
    fn downtime_is_what_was_unhealthy_and_what_was_not_checked() {
        check(&[(0, 100, true)], 105, &[]);
        // From the check that failed to the one that did not.
        check(&[(0, 100, true), (105, 120, false), (125, 200, true)], 200, &[(105, 125)]);
        // Never healthy so far.
        check(&[(0, 30, false)], 33, &[(0, 33)]);
        // Nobody checked for a while: down from the last check on.
        check(&[(0, 100, true), (160, 200, true)], 200, &[(100, 160)]);
        // Nobody checks any more.
        check(&[(0, 100, true)], 300, &[(100, 300)]);
        // As far apart as checks may be, and a second more.
        check(&[(0, 100, true), (115, 200, true)], 215, &[]);
        check(&[(0, 100, true), (116, 200, true)], 216, &[(100, 116), (200, 216)]);
        // A failure and missed checks that touch are one downtime.
        check(&[(0, 100, true), (105, 110, false), (150, 200, true)], 200, &[(105, 150)]);
    }

    #[test]
    fn periods_that_overlap_or_come_in_any_order_make_sense() {
        // Two checkers for a moment, of whom one could not reach it: who failed is believed.
        check(&[(0, 100, true), (40, 60, false)], 100, &[(40, 60)]);
        check(&[(40, 60, false), (0, 100, true)], 100, &[(40, 60)]);
        check(&[(0, 50, true), (30, 100, true)], 100, &[]);
        // A clock that was set back wrote a period that ends in the future.
        check(&[(0, 500, true)], 100, &[]);
        check(&[(200, 500, false)], 100, &[]);
    }

    fn check_percent(window: i64, expected: f64) {
        let periods = [(0, 800, true), (800, 900, false), (900, 1_000, true)];
        let percent = history(&periods, 1_000).uptime_percent(TimeDelta::seconds(window));
        assert!((percent - expected).abs() < 1e-9, "{window}: {percent}");
    }

    #[test]
    fn uptime_is_of_the_window_or_since_the_first_check() {
        check_percent(10_000, 90.0);
        check_percent(1_000, 90.0);
        check_percent(500, 80.0);
        check_percent(150, 66.6667);
        check_percent(100, 100.0);
        check_percent(0, 0.0);
    }

    #[test]
    fn a_strip_tells_of_each_stretch() {
        // At a full hour; nothing is known of the first stretch, and half of the second.
        let hour = at(0).duration_trunc(TimeDelta::hours(1)).unwrap().timestamp() - 1_700_000_000;
        let periods = [
            (hour + 5_400, hour + 9_000, true),
            (hour + 9_000, hour + 9_900, false),
            (hour + 9_900, hour + 12_600, true),
        ];
        let strip = history(&periods, hour + 12_600).strip(TimeDelta::hours(1), 4);
        let percents: Vec<_> = strip.iter().map(|stretch| stretch.uptime_percent).collect();
        assert_eq!(percents, [None, Some(100.0), Some(75.0), Some(100.0)]);
        assert_eq!(strip[3].timestamp, at(hour + 3 * 3_600));
    }

    #[test]
    fn twenty_seconds_show_in_a_day() {
        let periods = [(0, 40_000, true), (40_000, 40_020, false), (40_020, 86_400, true)];
        let percent = history(&periods, 86_400).uptime_percent(TimeDelta::hours(24));
        assert!((percent - 99.9769).abs() < 1e-9, "{percent}");
    }

    #[test]
    fn downtimes_count_where_they_reach_into_the_window() {
        let periods = [(0, 100, true), (100, 200, false), (200, 400, true), (450, 500, true)];
        let history = history(&periods, 500);
        let began = |window| -> Vec<_> { history.downtimes(TimeDelta::seconds(window)).collect() };
        assert_eq!(began(500), [at(100), at(400)]);
        assert_eq!(began(301), [at(100), at(400)]);
        assert_eq!(began(300), [at(400)]);
        assert_eq!(began(10), [] as [DateTime<Utc>; 0]);
        assert_eq!(history.up_for(), TimeDelta::seconds(50));
    }

    #[test]
    fn what_is_down_is_up_for_no_time() {
        assert_eq!(history(&[(0, 100, false)], 105).up_for(), TimeDelta::zero());
        assert_eq!(history(&[(0, 100, true)], 105).up_for(), TimeDelta::seconds(105));
        assert_eq!(history(&[(0, 0, true)], 0).uptime_percent(TimeDelta::hours(1)), 100.0);
        assert_eq!(History::of(&[], at(0)), None);
    }
}
