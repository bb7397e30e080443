//! The processor time that the same load takes without rules and with thousands.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::time::{Instant, sleep};

use super::rules;
use crate::load::Plan;
use crate::measure::{Measured, Places, measure};
use crate::system::database::Database;
use crate::system::usage::{Group, Sample};

/// Longest wait for the first evaluation, and how often it is looked for.
const LIMIT: Duration = Duration::from_secs(60);
const WATCH: Duration = Duration::from_millis(200);

/// What one run took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Rules of the project.
    pub rules: u64,
    /// Events stored.
    pub events: u64,
    /// Processor time of the worker.
    pub worker: Duration,
    /// Processor time of Postgres.
    pub postgres: Duration,
    /// Evaluations of the rules.
    pub evaluations: f64,
    /// Seconds that one took on average.
    pub evaluation: f64,
}

/// Runs the load with so many rules. The first of the groups is the worker, the second Postgres.
///
/// # Errors
/// When the system can't be asked, an event gets lost or a rule fires.
pub async fn take(
    plan: Plan,
    places: &Places,
    groups: Vec<Group>,
    number: u64,
) -> anyhow::Result<Cost> {
    let database = Database::open(&places.postgres).await.context("cannot reach Postgres")?;
    rules::remove(&database).await?;
    if number > 0 {
        rules::make(&database, number).await?;
        evaluated(&database).await?;
    }
    let measured = measure(plan, places, groups).await?;
    let firings = database.query("SELECT FROM firings LIMIT 1", &[]).await?;
    ensure!(firings.is_empty(), "a rule fired that never should");
    cost(&measured, number)
}

/// Waits until the rules have been evaluated for the first time, which reads them.
async fn evaluated(database: &Database) -> anyhow::Result<()> {
    let sql = "SELECT FROM alert_evaluations WHERE evaluated_at IS NULL";
    let deadline = Instant::now() + LIMIT;
    while !database.query(sql, &[]).await?.is_empty() {
        ensure!(Instant::now() < deadline, "the rules were never evaluated");
        sleep(WATCH).await;
    }
    Ok(())
}

fn cost(measured: &Measured, rules: u64) -> anyhow::Result<Cost> {
    let tally = &measured.outcome.tally;
    ensure!(tally.accepted == tally.events, "{} of {}", tally.accepted, tally.events);
    let (first, last) = (measured.samples.first(), measured.samples.last());
    let (first, last) = first.zip(last).context("nothing was sampled")?;
    let used = |group: usize| {
        let cpu = |sample: &Sample| sample.groups.get(group).map_or(Duration::ZERO, |one| one.cpu);
        cpu(last).saturating_sub(cpu(first))
    };
    let (before, after) = &measured.worker;
    let name = "errata_evaluations_total";
    Ok(Cost {
        rules,
        events: tally.accepted,
        worker: used(0),
        postgres: used(1),
        evaluations: after.sum(name) - before.sum(name),
        evaluation: after.mean_since(before, "errata_evaluation_duration_seconds"),
    })
}

/// How much more the worker takes with rules than without, in percent, over all runs.
#[must_use]
pub fn added_percent(costs: &[Cost], used: impl Fn(&Cost) -> Duration) -> f64 {
    let mean = |with: bool| {
        let those: Vec<f64> = costs
            .iter()
            .filter(|cost| (cost.rules > 0) == with)
            .map(|cost| used(cost).as_secs_f64())
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "a handful of runs")]
        let count = those.len().max(1) as f64;
        those.iter().sum::<f64>() / count
    };
    (mean(true) / mean(false).max(f64::EPSILON) - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_told_over_all_runs() {
        let cost = |rules, millis| Cost {
            rules,
            events: 1,
            worker: Duration::from_millis(millis),
            postgres: Duration::ZERO,
            evaluations: 0.0,
            evaluation: 0.0,
        };
        let costs = [cost(0, 900), cost(5, 1_200), cost(0, 1_100), cost(5, 1_200)];
        assert!((added_percent(&costs, |cost| cost.worker) - 20.0).abs() < 1e-9);
    }
}
