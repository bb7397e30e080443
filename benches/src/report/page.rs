//! The page of Markdown.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::check::Check;
use crate::measure::Measured;
use crate::summary::{QUANTILES, millis, per_second};
use crate::system::database::{Sizes, Statement};
use crate::system::machine::Machine;
use crate::system::usage::Sample;

/// Everything that the page tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// Names the files.
    pub name: &'a str,
    /// The arguments of the benchmark.
    pub arguments: &'a str,
    /// Where it ran.
    pub machine: &'a Machine,
    /// What was observed.
    pub measured: &'a Measured,
    /// Whether everything is stored.
    pub checks: &'a [Check],
    /// The processes, in the order of the samples; the first is the load generator.
    pub groups: &'a [&'static str],
    /// What the statements cost, when they were watched.
    pub statements: &'a [Statement],
}

/// One load, and what was measured of it.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) measured: &'a Measured,
    pub(crate) checks: &'a [Check],
    pub(crate) groups: &'a [&'static str],
}

/// The page, with links to the charts.
#[must_use]
pub fn markdown(report: &Report<'_>, charts: &[(&str, String)]) -> String {
    let mut page = String::new();
    // Writing to a string can't fail.
    let _infallible = write_page(report, charts, &mut page);
    page
}

fn write_page(report: &Report<'_>, charts: &[(&str, String)], page: &mut String) -> fmt::Result {
    writeln!(page, "# {} {}\n", report.machine.day, report.name)?;
    writeln!(page, "    make bench-load ARGS=\"{}\"\n", report.arguments)?;
    write_machine(report.machine, page)?;
    write_run(
        &Run { measured: report.measured, checks: report.checks, groups: report.groups },
        page,
    )?;
    write_statements(report.statements, page)?;
    for (title, file) in charts {
        writeln!(page, "![{title}]({file})\n")?;
    }
    Ok(())
}

/// Tells what everything ran on.
pub(crate) fn write_machine(machine: &Machine, page: &mut String) -> fmt::Result {
    writeln!(
        page,
        "{} UTC, revision {}, {} cores ({}), {:.1} GiB memory, Linux {}. Everything ran on this machine, the load generator included.\n",
        machine.time,
        machine.revision,
        machine.cores,
        machine.processor,
        gibibytes(machine.memory),
        machine.kernel,
    )
}

/// Tells what was measured of one load.
pub(crate) fn write_run(run: &Run<'_>, page: &mut String) -> fmt::Result {
    write_figures(run.measured, page)?;
    write_checks(run.checks, page)?;
    write_processes(run, page)?;
    write_services(run.measured, page)
}

fn write_figures(measured: &Measured, page: &mut String) -> fmt::Result {
    let tally = &measured.outcome.tally;
    let stored = measured.stored.last().map_or(0, |last| last.1);
    writeln!(page, "| figure | value |\n|---|---|")?;
    writeln!(page, "| events sent | {} in {} requests |", tally.events, tally.requests)?;
    let accepted = per_second(tally.accepted, measured.outcome.elapsed);
    writeln!(page, "| accepted | {} ({accepted:.0}/s) |", tally.accepted)?;
    for (status, count) in tally.statuses.iter().filter(|(status, _)| **status >= 300) {
        writeln!(page, "| answers {status} | {count} |")?;
    }
    for (failure, count) in &tally.failures {
        writeln!(page, "| without an answer: {} | {count} |", failure.as_label())?;
    }
    let rate = per_second(stored, measured.until_stored);
    writeln!(page, "| **stored end to end, drain included** | **{rate:.0}/s** |")?;
    writeln!(page, "| drain after the last answer | {:.2} s |", measured.drain.as_secs_f64())?;
    for (name, share) in QUANTILES {
        let latency = millis(tally.latencies.quantile(share));
        writeln!(page, "| latency {name} | {latency} ms |")?;
    }
    writeln!(page, "| latency max | {} ms |", millis(tally.latencies.max()))?;
    let lag = &tally.lag;
    let (p99, max) = (millis(lag.quantile(0.99)), millis(lag.max()));
    writeln!(page, "| the generator's own lag, in the latencies | p99 {p99} ms, max {max} ms |")?;
    if !measured.outcome.kept_up() {
        writeln!(
            page,
            "| **the generator could not keep to its schedule** | busy {:.0} % |",
            measured.outcome.busy * 100.0
        )?;
    }
    let (before, after) = measured.sizes;
    let each = |size: fn(&Sizes) -> i64| {
        u64::try_from(size(&after) - size(&before)).unwrap_or(0) / stored.max(1)
    };
    let (whole, indexes) = (each(|sizes| sizes.events), each(|sizes| sizes.event_indexes));
    writeln!(page, "| disk for an event | {whole} bytes, of which indexes {indexes} |")?;
    writeln!(page, "| all tables for an event | {} bytes |", each(|sizes| sizes.database))?;
    writeln!(page, "| write-ahead log for an event | {} bytes |\n", each(|sizes| sizes.wal))
}

fn write_checks(checks: &[Check], page: &mut String) -> fmt::Result {
    writeln!(page, "| verified | expected | found | |\n|---|---|---|---|")?;
    for check in checks {
        let Check { what, least, most, found } = check;
        let expected = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let verdict = if check.holds() { "ok" } else { "**WRONG**" };
        writeln!(page, "| {what} | {expected} | {found} | {verdict} |")?;
    }
    writeln!(page)
}

fn write_processes(run: &Run<'_>, page: &mut String) -> fmt::Result {
    let samples = &run.measured.samples;
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Ok(()) };
    let stored = real(run.measured.stored.last().map_or(1, |last| last.1.max(1)));
    let passed = last.at.as_secs_f64().max(f64::EPSILON);
    writeln!(
        page,
        "| processes | CPU s | CPU s for 1,000 stored | cores | memory at the end | at most |\n|---|---|---|---|---|---|"
    )?;
    let mut row = |name: &str, cpu: Duration, memory: &str| {
        let seconds = cpu.as_secs_f64();
        let each = seconds * 1e3 / stored;
        writeln!(page, "| {name} | {seconds:.2} | {each:.4} | {:.2} | {memory} |", seconds / passed)
    };
    let mut system = Duration::ZERO;
    let mut all = Duration::ZERO;
    for (at, name) in run.groups.iter().enumerate() {
        let cpu = used(first, last, at);
        all += cpu;
        system += if at == 0 { Duration::ZERO } else { cpu };
        let memory = |sample: &Sample| sample.groups.get(at).map_or(0, |usage| usage.memory);
        let most = samples.iter().map(memory).max().unwrap_or(0);
        let memory = format!("{} | {}", mebibytes(memory(last)), mebibytes(most));
        row(name, cpu, &memory)?;
    }
    row("**all but the load generator**", system, "| ")?;
    let others = last.machine.saturating_sub(first.machine).saturating_sub(all);
    row("anything else on the machine, and the kernel", others, "| ")?;
    writeln!(page)
}

/// Processor time of a group between two samples.
pub(crate) fn used(first: &Sample, last: &Sample, group: usize) -> Duration {
    let cpu = |sample: &Sample| sample.groups.get(group).map_or(Duration::ZERO, |usage| usage.cpu);
    cpu(last).saturating_sub(cpu(first))
}

fn write_services(measured: &Measured, page: &mut String) -> fmt::Result {
    let (before, after) = &measured.worker;
    let mean = |name: &str| after.mean_since(before, name);
    writeln!(page, "| the services say | |\n|---|---|")?;
    writeln!(page, "| events in a transaction, mean | {:.0} |", mean("errata_batch_events"))?;
    let persist = mean("errata_persist_duration_seconds") * 1e3;
    writeln!(page, "| duration of a transaction, mean | {persist:.1} ms |")?;
    let lag = mean("errata_lag_seconds") * 1e3;
    writeln!(page, "| from receipt to commit, mean over messages | {lag:.1} ms |")?;
    let (before, after) = &measured.ingest;
    let confirm = after.mean_since(before, "errata_confirm_duration_seconds") * 1e3;
    writeln!(page, "| from publishing to the confirm, mean | {confirm:.1} ms |")?;
    for (name, what) in [
        ("errata_published_messages_total", "messages published"),
        ("errata_spooled_messages_total", "messages spooled"),
    ] {
        writeln!(page, "| {what} | {:.0} |", after.sum(name) - before.sum(name))?;
    }
    writeln!(page)
}

fn write_statements(statements: &[Statement], page: &mut String) -> fmt::Result {
    if statements.is_empty() {
        return Ok(());
    }
    writeln!(page, "| statement | calls | total ms |\n|---|---|---|")?;
    for statement in statements {
        let text = statement.text.replace('|', "\\|").replace('`', "'");
        writeln!(page, "| `{text}` | {} | {:.0} |", statement.calls, statement.total_ms)?;
    }
    writeln!(page)
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

fn gibibytes(bytes: u64) -> f64 {
    real(bytes) / f64::from(1 << 30)
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes are far below 2^52")]
fn real(number: u64) -> f64 {
    number as f64
}
