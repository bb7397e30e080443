//! What checks found, folded into periods until they are written.

use std::collections::VecDeque;
use std::time::Duration;

use deadpool_postgres::Client;
use serde_json::Value;
use tokio::time::Instant;
use tokio_postgres::types::ToSql;

use super::{Component, MISSED_AFTER};
use crate::postgres::DbError;

/// Periods that wait for Postgres. An engine that comes and goes with every round makes twelve a
/// minute; of more the oldest are given up, and count as not checked.
const MAX_WAITING: usize = 1_000;

/// What one check found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) component: Component,
    pub(super) healthy: bool,
    /// How long the answer took.
    pub(super) took: Duration,
    /// For how long it has been so, where the component can tell by itself.
    pub(super) lasted: Duration,
    pub(super) details: Value,
}

/// Checks of a component that followed each other and found the same.
#[derive(Debug, Clone, PartialEq)]
struct Period {
    /// The last of them.
    finding: Finding,
    began: Instant,
    last: Instant,
    checks: i64,
}

/// Periods that are not written yet, in the order of their beginning.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    periods: VecDeque<Period>,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.periods.is_empty()
    }

    /// Adds a finding of now.
    pub(super) fn add(&mut self, finding: Finding, now: Instant) {
        let mut same = self.periods.iter_mut().rev();
        if let Some(last) = same.find(|period| period.finding.component == finding.component)
            && last.finding.healthy == finding.healthy
            && now - last.last <= MISSED_AFTER
        {
            last.last = now;
            last.checks += 1;
            last.finding = finding;
            return;
        }
        if self.periods.len() == MAX_WAITING {
            self.periods.pop_front();
        }
        let began = now.checked_sub(finding.lasted).unwrap_or(now);
        self.periods.push_back(Period { finding, began, last: now, checks: 1 });
    }

    /// Writes them, the oldest first. What fails waits on.
    pub(super) async fn write(&mut self, client: &Client) -> Result<(), DbError> {
        while let Some(period) = self.periods.front() {
            write(client, period).await?;
            self.periods.pop_front();
        }
        Ok(())
    }
}

async fn write(client: &Client, period: &Period) -> Result<(), DbError> {
    let finding = &period.finding;
    // Instances that are starting for the first time are not down: they are not there yet.
    let may_be_first = finding.healthy || !finding.component.is_made_of_instances();
    let values: [&(dyn ToSql + Sync); 9] = [
        &finding.component.as_str(),
        &finding.healthy,
        &period.began.elapsed().as_secs_f64(),
        &period.last.elapsed().as_secs_f64(),
        &period.checks,
        &(finding.took.as_secs_f64() * 1_000.0),
        &finding.details,
        &MISSED_AFTER.as_secs_f64(),
        &may_be_first,
    ];
    let written = async {
        let statement = client.prepare_cached(include_str!("sql/record.sql")).await?;
        client.execute(&statement, &values).await
    };
    written.await.map_err(DbError::statement("record a check")).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(component: Component, healthy: bool) -> Finding {
        let (took, lasted) = (Duration::from_millis(1), Duration::ZERO);
        Finding { component, healthy, took, lasted, details: Value::Null }
    }

    #[tokio::test(start_paused = true)]
    async fn checks_that_find_the_same_in_time_are_one_period() {
        let mut waiting = Waiting::default();
        for (after, component, healthy) in [
            (0, Component::Database, false),
            (0, Component::Cache, true),
            (5, Component::Database, false),
            (5, Component::Database, true),
            (15, Component::Database, true),
            // Too late: nobody knows what was between.
            (16, Component::Database, true),
            (5, Component::Cache, true),
        ] {
            tokio::time::advance(Duration::from_secs(after)).await;
            waiting.add(finding(component, healthy), Instant::now());
        }
        let periods: Vec<_> = waiting
            .periods
            .iter()
            .map(|period| {
                let seconds = (period.last - period.began).as_secs();
                (period.finding.component, period.finding.healthy, period.checks, seconds)
            })
            .collect();
        assert_eq!(
            periods,
            [
                (Component::Database, false, 2, 5),
                (Component::Cache, true, 1, 0),
                (Component::Database, true, 2, 15),
                (Component::Database, true, 1, 0),
                (Component::Cache, true, 1, 0),
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_component_that_flaps_for_hours_takes_bounded_memory() {
        let mut waiting = Waiting::default();
        for round in 0..5_000 {
            waiting.add(finding(Component::Queue, round % 2 == 0), Instant::now());
        }
        assert_eq!(waiting.periods.len(), MAX_WAITING);
    }
}
