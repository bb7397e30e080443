//! The report as a page, and the distribution of latencies as a chart.

use std::fmt::Write as _;
use std::time::Duration;

use super::cost::{Cost, added_percent};
use crate::report::plot::{Chart, Line};
use crate::summary::millis;
use crate::system::machine::Machine;

/// What a page tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// What it ran on.
    pub machine: &'a Machine,
    /// What the program was told.
    pub arguments: &'a str,
    /// From an accepted event to the webhook, in ascending order.
    pub latencies: &'a [Duration],
    /// What the runs took, in their order.
    pub costs: &'a [Cost],
}

/// The page, with the chart beside it.
#[must_use]
pub fn markdown(report: &Report<'_>, chart: &str) -> String {
    let mut page = String::new();
    // Writing to a string can't fail.
    let _infallible = write(report, chart, &mut page);
    page
}

fn write(report: &Report<'_>, chart: &str, page: &mut String) -> std::fmt::Result {
    let Report { machine, arguments, latencies, costs } = report;
    writeln!(page, "# Alert rules, {} {}\n", machine.day, machine.time)?;
    writeln!(page, "    target/release/alerts {arguments}\n")?;
    writeln!(
        page,
        "{} cores of {}, {} GiB memory, Linux {}; revision {}.\n",
        machine.cores,
        machine.processor,
        machine.memory >> 30,
        machine.kernel,
        machine.revision
    )?;
    writeln!(page, "## From an accepted event to the webhook\n")?;
    writeln!(page, "| firings | p50 ms | p90 ms | p99 ms | max ms |\n|---|---|---|---|---|")?;
    let [p50, p90, p99, max] = [50, 90, 99, 100].map(|percent| millis(within(latencies, percent)));
    writeln!(page, "| {} | {p50} | {p90} | {p99} | {max} |\n", latencies.len())?;
    writeln!(page, "![Firings told within a time]({chart})\n")?;
    writeln!(page, "## What rules cost\n")?;
    writeln!(
        page,
        "| rules | events | worker CPU s | Postgres CPU s | evaluations | each took ms |\n|---|---|---|---|---|---|"
    )?;
    for cost in *costs {
        writeln!(
            page,
            "| {} | {} | {:.2} | {:.2} | {:.0} | {:.1} |",
            cost.rules,
            cost.events,
            cost.worker.as_secs_f64(),
            cost.postgres.as_secs_f64(),
            cost.evaluations,
            cost.evaluation * 1e3
        )?;
    }
    let (worker, postgres) =
        (added_percent(costs, |cost| cost.worker), added_percent(costs, |cost| cost.postgres));
    writeln!(page, "\nWith rules the worker takes {worker:+.1} %, Postgres {postgres:+.1} %.")
}

/// The latency that so many of a hundred stay within; they are in ascending order.
#[must_use]
pub fn within(latencies: &[Duration], percent: usize) -> Duration {
    let rank = (latencies.len() * percent).div_ceil(100);
    latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// How many firings are told within which time.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a few hundred firings")]
pub fn distribution(latencies: &[Duration]) -> String {
    let share = |place: usize| (place + 1) as f64 / latencies.len() as f64 * 100.0;
    let points = latencies.iter().enumerate();
    let points = points.map(|(place, latency)| (latency.as_secs_f64(), share(place))).collect();
    let lines = vec![Line { name: "event to webhook".to_owned(), points }];
    Chart { title: "Firings told within a time", unit: "% of firings", lines }.to_svg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_latencies_that_occurred() {
        let latencies: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        let within = |percent| within(&latencies, percent).as_millis();
        assert_eq!([50, 90, 99, 100].map(within), [100, 180, 198, 200]);
        assert!(distribution(&latencies).contains("polyline"));
    }
}
