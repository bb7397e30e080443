//! The page about both.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::bugsink;
use super::client::Load;
use super::figures::{FIGURES, Figure, readable};
use super::turn::Turn;
use crate::sdk::Size;
use crate::summary::per_second;
use crate::system::machine::Machine;

/// Both with the same envelopes.
#[derive(Debug)]
pub struct Pair {
    /// The other one.
    pub bugsink: Turn,
    /// Ours.
    pub errata: Turn,
}

impl Pair {
    /// Which envelopes they are.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self.bugsink.size {
            Size::Small => "Envelopes of 1.2 KB",
            Size::Large => "Envelopes of 19 KB",
        }
    }

    fn turns(&self) -> [&Turn; 2] {
        [&self.bugsink, &self.errata]
    }
}

/// Everything that the page tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// Where it ran.
    pub machine: &'a Machine,
    /// Names the files.
    pub name: &'a str,
    /// The arguments of the benchmark.
    pub arguments: &'a str,
    /// Bugsink's version and what it runs on.
    pub versions: &'a str,
    /// What was sent how.
    pub load: Load,
    /// The time before each measurement.
    pub warmup: Duration,
    /// What was seen.
    pub pairs: &'a [Pair],
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
    let Report { machine, name, arguments, pairs, .. } = report;
    writeln!(page, "# {} {name}\n", machine.day)?;
    writeln!(page, "    make bench-compare ARGS=\"{arguments}\"\n")?;
    writeln!(
        page,
        "{} UTC, revision {}, {} cores ({}), {:.1} GiB memory, Linux {}. Everything ran on this machine, the client included.\n",
        machine.time,
        machine.revision,
        machine.cores,
        machine.processor,
        readable_gibibytes(machine.memory),
        machine.kernel,
    )?;
    for pair in *pairs {
        write_pair(pair, page)?;
    }
    writeln!(page, "![The same load, the same machine]({chart})\n")?;
    write_method(report, page)
}

fn write_pair(pair: &Pair, page: &mut String) -> fmt::Result {
    writeln!(page, "## {}\n", pair.title())?;
    writeln!(page, "| | Bugsink | Errata | Errata is better by |\n|---|---|---|---|")?;
    for figure in &FIGURES {
        write_figure(figure, pair, page)?;
    }
    let mut row = |name: &str, of: fn(&Turn) -> String| {
        let [bugsink, errata] = pair.turns().map(of);
        writeln!(page, "| {name} | {bugsink} | {errata} | |")
    };
    row("accepted events", |turn| turn.sent.accepted.to_string())?;
    row("of these stored", |turn| turn.stored.to_string())?;
    row("not accepted", refusals)?;
    row("drain after the last answer", |turn| {
        format!("{:.1} s", turn.until_stored.saturating_sub(turn.answering).as_secs_f64())
    })?;
    row("CPU of the client for 1,000 events", |turn| {
        let seconds = 1e3 / per_second(turn.sent.accepted.max(1), turn.client_cpu);
        format!("{} s", readable(seconds))
    })?;
    writeln!(page)
}

fn write_figure(figure: &Figure, pair: &Pair, page: &mut String) -> fmt::Result {
    let [bugsink, errata] = pair.turns().map(|turn| readable((figure.of)(turn)));
    let times = readable(figure.times_better(&pair.bugsink, &pair.errata));
    let Figure { name, unit, .. } = figure;
    writeln!(page, "| {name} | {bugsink} {unit} | {errata} {unit} | {times} × |")
}

/// Requests that were refused, by status, and those without an answer.
fn refusals(turn: &Turn) -> String {
    if turn.sent.lost() == 0 {
        return "none".to_owned();
    }
    let mut parts: Vec<String> =
        turn.sent.refused.iter().map(|(status, count)| format!("{count} with {status}")).collect();
    if turn.sent.failed > 0 {
        parts.push(format!("{} without an answer", turn.sent.failed));
    }
    parts.join(", ")
}

/// How it was measured, so that somebody can doubt it.
fn write_method(report: &Report<'_>, page: &mut String) -> fmt::Result {
    let Report { versions, load, warmup, .. } = report;
    let Load { connections, duration } = load;
    writeln!(page, "## How this was measured\n")?;
    writeln!(
        page,
        "- One after the other, the other one stopped, each from an empty database. {} s to warm up, which is not counted, then {} s in which each of {connections} connections sends an envelope, waits for its answer and sends the next. Then the wait until everything is stored.",
        warmup.as_secs(),
        duration.as_secs(),
    )?;
    writeln!(
        page,
        "- Both got the same bytes: envelopes as Sentry's SDK for Python sends them, compressed with gzip before the measurement, to the path of a DSN with its key. Each was sent once."
    )?;
    writeln!(
        page,
        "- *Stored end to end* runs from the first request until the database has the last accepted event. *Database* is the growth of Postgres' database, or of `db.sqlite3`; queues and write-ahead logs are left out on both sides. *CPU* and *memory* (PSS) are of all processes: gunicorn and snappea here; the three services, Postgres, RabbitMQ and Redis there. \"Better by\" below 1 means worse."
    )?;
    writeln!(
        page,
        "- No proxy stood in front of either. gunicorn's workers close the connection after each answer, so connecting is part of Bugsink's latencies, as it is for an SDK without a proxy."
    )?;
    writeln!(
        page,
        "- The two promise different things with an answer: Errata's event is then confirmed by the broker, Bugsink's is in a file and in the table of tasks."
    )?;
    writeln!(
        page,
        "- {versions}. `gunicorn {}` beside `bugsink-runsnappea`; a worker for each processor, up to four, is what the configuration does that comes with Bugsink for its image.",
        bugsink::gunicorn_options().join(" "),
    )?;
    writeln!(
        page,
        "- Bugsink has the settings that `bugsink-create-conf --template=singleserver` writes, SQLite with them, and these changed so that it takes everything:\n\n```python\n{}```\n\n```python\n{}```\n",
        include_str!("bugsink/settings.py"),
        include_str!("bugsink/project.py"),
    )?;
    writeln!(
        page,
        "- Errata has its default settings but `ERROR_PAYLOADS_PER_HOUR`, so that it keeps every event whole."
    )
}

#[expect(clippy::cast_precision_loss, reason = "gibibytes with one digit are shown")]
fn readable_gibibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Product;
    use crate::compare::figures::tests::turn;

    #[test]
    fn a_table_has_both_and_what_was_refused() {
        let (mut bugsink, errata) =
            (turn(Product::Bugsink, 500, 40), turn(Product::Errata, 5_000, 10));
        bugsink.sent.refused.insert(429, 3);
        bugsink.sent.failed = 1;
        let mut page = String::new();
        write_pair(&Pair { bugsink, errata }, &mut page).unwrap();
        assert!(page.contains("| stored end to end | 50.0 events/s | 500 events/s | 10.0 × |"));
        assert!(page.contains("| not accepted | 3 with 429, 1 without an answer | none | |"));
    }
}
