//! Plays a rule over what was measured.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::alerts::condition::{Comparison, ResolvedCondition};
use shared::alerts::measure::Moments;
use shared::alerts::standing::{Standing, Turn};

/// Points of a series: as many as a chart can show.
const MAX_POINTS: usize = 300;

/// Crossings that are listed; of more the first.
const MAX_CROSSINGS: usize = 1_000;

/// What was measured at a time; null where there was no value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Point {
    #[serde(with = "shared::time::json")]
    timestamp: DateTime<Utc>,
    value: Option<f64>,
}

/// A time in which the rule would have fired.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Crossing {
    #[serde(with = "shared::time::json")]
    pub(super) started_at: DateTime<Utc>,
    #[serde(with = "shared::time::json_option")]
    pub(super) ended_at: Option<DateTime<Utc>>,
    /// What was measured when it began.
    pub(super) value: f64,
}

/// What the rule would have done.
#[derive(Debug, PartialEq)]
pub(super) struct Played {
    pub(super) series: Vec<Point>,
    pub(super) crossings: Vec<Crossing>,
}

impl Played {
    /// Whether it would be firing in the end.
    pub(super) fn is_firing(&self) -> bool {
        self.crossings.last().is_some_and(|crossing| crossing.ended_at.is_none())
    }
}

/// Plays a rule over its values, one for each moment.
pub(super) fn play(
    moments: &Moments,
    values: &[Option<f64>],
    condition: &ResolvedCondition,
    cooldown: TimeDelta,
) -> Played {
    let at = |end: &DateTime<Utc>| (*end).min(moments.now);
    let points: Vec<Point> = moments
        .ends
        .iter()
        .zip(values)
        .map(|(end, value)| Point { timestamp: at(end), value: *value })
        .collect();
    let crossings = crossings(&points, condition, cooldown);
    Played { series: thinned(&points, condition.comparison), crossings }
}

fn crossings(
    points: &[Point],
    condition: &ResolvedCondition,
    cooldown: TimeDelta,
) -> Vec<Crossing> {
    let mut crossings: Vec<Crossing> = Vec::new();
    let mut standing = Standing::Ready;
    for Point { timestamp, value } in points {
        let holds =
            value.is_some_and(|value| condition.comparison.holds(value, condition.threshold));
        match standing.turn(holds, *timestamp) {
            None => {}
            Some(Turn::Fires) => {
                if crossings.len() == MAX_CROSSINGS {
                    break;
                }
                standing = Standing::Firing { since: *timestamp };
                let value = value.unwrap_or_default();
                crossings.push(Crossing { started_at: *timestamp, ended_at: None, value });
            }
            Some(Turn::Recovers) => {
                let Some(last) = crossings.last_mut() else { continue };
                last.ended_at = Some(*timestamp);
                standing = Standing::Quiet { until: (last.started_at + cooldown).max(*timestamp) };
            }
        }
    }
    crossings
}

/// At most [`MAX_POINTS`] points: of neighbours the one that is nearest to firing, so that no crossing is
/// lost to the eye.
fn thinned(points: &[Point], comparison: Comparison) -> Vec<Point> {
    let neighbours = points.len().div_ceil(MAX_POINTS).max(1);
    let nearness = |point: &Point| match (comparison, point.value) {
        (_, None) => f64::NEG_INFINITY,
        (Comparison::Below | Comparison::AtMost, Some(value)) => -value,
        (_, Some(value)) => value,
    };
    let nearest = |some: &[Point]| {
        some.iter().copied().max_by(|one, other| nearness(one).total_cmp(&nearness(other)))
    };
    points.chunks(neighbours).filter_map(nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> ResolvedCondition {
        let condition: shared::alerts::condition::Condition = text.parse().unwrap();
        condition.resolve(None, None).unwrap()
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn played(text: &str, values: &[Option<f64>], cooldown: i64) -> Played {
        let ends = (1..=values.len()).map(|place| at(i64::try_from(place).unwrap() * 10));
        let moments = Moments { now: at(1_000_000), ends: ends.collect() };
        play(&moments, values, &condition(text), TimeDelta::seconds(cooldown))
    }

    #[track_caller]
    fn check(text: &str, values: &[f64], cooldown: i64, expected: &[(i64, Option<i64>)]) {
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let played = played(text, &values, cooldown);
        let second = |time: DateTime<Utc>| time.timestamp();
        let found: Vec<(i64, Option<i64>)> = played
            .crossings
            .iter()
            .map(|one| (second(one.started_at), one.ended_at.map(second)))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_rule_crosses_where_its_condition_becomes_true() {
        let above = "error_count > 2 in 1m";
        check(above, &[0.0, 2.0, 3.0, 4.0, 1.0, 5.0], 0, &[(30, Some(50)), (60, None)]);
        check(above, &[3.0, 0.0, 3.0, 3.0, 3.0], 40, &[(10, Some(20)), (50, None)]);
        check("error_count < 2 in 1m", &[1.0, 2.0], 0, &[(10, Some(20))]);
        assert!(played(above, &[None, None], 0).crossings.is_empty());
    }

    #[test]
    fn a_long_series_is_thinned_and_keeps_its_peaks() {
        let mut values = vec![Some(1.0); 3_000];
        values[1_234] = Some(9.0);
        values[2_000] = None;
        let above = played("error_count > 5 in 1m", &values, 0);
        assert_eq!(above.series.len(), MAX_POINTS);
        let peak = above.series.iter().find(|point| point.value == Some(9.0)).unwrap();
        assert_eq!(peak.timestamp, at(12_350));
        let below = played("error_count < 5 in 1m", &values, 0);
        assert!(below.series.iter().all(|point| point.value == Some(1.0)));
    }
}
