//! The page about reads.

use std::fmt::{self, Write as _};

use super::Figures;
use crate::load::tally::Latencies;
use crate::summary::millis;
use crate::system::database::Counts;
use crate::system::machine::Machine;

/// Everything that the page tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// Where it ran.
    pub machine: &'a Machine,
    /// Names the files.
    pub name: &'a str,
    /// The arguments of the benchmark.
    pub arguments: &'a str,
    /// What was stored.
    pub counts: &'a Counts,
    /// Requests of each kind, each way.
    pub times: u64,
    /// What was measured.
    pub figures: &'a [Figures],
}

/// The page, with a link to the chart.
#[must_use]
pub fn markdown(report: &Report<'_>, chart: &str) -> String {
    let mut page = String::new();
    // Writing to a string can't fail.
    let _infallible = write(report, chart, &mut page);
    page
}

fn write(report: &Report<'_>, chart: &str, page: &mut String) -> fmt::Result {
    let Report { machine, name, arguments, counts, times, figures } = report;
    writeln!(page, "# {} {name}\n", machine.day)?;
    writeln!(page, "    make bench-reads ARGS=\"{arguments}\"\n")?;
    writeln!(
        page,
        "{} UTC, revision {}, {} cores ({}). {} events in {} errors. One client, {times} requests of each kind, straight to the query API.\n",
        machine.time,
        machine.revision,
        machine.cores,
        machine.processor,
        counts.events,
        counts.errors,
    )?;
    writeln!(
        page,
        "| read | computed p50 | p99 | from the cache p50 | p99 |\n|---|---|---|---|---|"
    )?;
    for figure in *figures {
        let cell = |latencies: Option<&Latencies>, share| {
            latencies.map_or_else(
                || "–".to_owned(),
                |known| format!("{} ms", millis(known.quantile(share))),
            )
        };
        let (cold, cached) = (Some(&figure.cold), figure.cached.as_ref());
        writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            figure.name,
            cell(cold, 0.5),
            cell(cold, 0.99),
            cell(cached, 0.5),
            cell(cached, 0.99),
        )?;
    }
    writeln!(page, "\n![Time to the whole answer]({chart})")
}
