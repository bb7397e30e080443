//! What a measurement leaves behind: a page of Markdown and charts beside it.

pub mod bars;
pub mod check;
pub mod page;
pub mod plot;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::measure::Measured;
use page::Report;
use plot::{Chart, Line};

/// Writes the report and its charts; tells where the report is.
///
/// # Errors
/// When a file can't be written.
pub fn write(report: &Report<'_>, folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let stem = format!("{}-{}", report.machine.day, report.name);
    let mut names = Vec::new();
    for (suffix, chart) in charts(report.measured, report.groups) {
        let name = format!("{stem}-{suffix}.svg");
        fs::write(folder.join(&name), chart.to_svg())?;
        names.push((chart.title, name));
    }
    let path = folder.join(format!("{stem}.md"));
    fs::write(&path, page::markdown(report, &names))?;
    Ok(path)
}

/// The charts of a measurement, with the ends of their files' names.
#[must_use]
pub fn charts(measured: &Measured, groups: &[&'static str]) -> [(&'static str, Chart); 4] {
    [
        ("stored", stored(measured)),
        ("latency", latency(measured)),
        ("queue", queue(measured)),
        ("cpu", cpu(measured, groups)),
    ]
}

fn stored(measured: &Measured) -> Chart {
    let rates = measured.stored.windows(2).filter_map(|pair| {
        let [(from, before), (to, after)] = pair else { return None };
        let seconds = (*to - *from).as_secs_f64();
        // While draining the database is asked often, and short steps make a ragged line.
        (seconds > 0.2).then(|| (to.as_secs_f64(), count(after - before) / seconds))
    });
    let seconds = &measured.outcome.tally.seconds;
    let accepted = seconds.iter().map(|second| (count(second.at + 1), count(second.accepted)));
    Chart {
        title: "Events a second",
        unit: "events/s",
        lines: vec![
            Line { name: "accepted".to_owned(), points: accepted.collect() },
            Line { name: "stored".to_owned(), points: rates.collect() },
        ],
    }
}

fn latency(measured: &Measured) -> Chart {
    let seconds = &measured.outcome.tally.seconds;
    let line = |name: &str, value: fn(&crate::load::tally::Second) -> std::time::Duration| Line {
        name: name.to_owned(),
        points: seconds
            .iter()
            .filter(|second| second.answered > 0)
            .map(|second| (count(second.at + 1), value(second).as_secs_f64() * 1e3))
            .collect(),
    };
    Chart {
        title: "Latency from the moment each request was due",
        unit: "ms",
        lines: vec![line("p50", |second| second.p50), line("p99", |second| second.p99)],
    }
}

/// What the broker says, which does not count what it has sent ahead to the worker.
fn queue(measured: &Measured) -> Chart {
    let points = measured.queue.iter().map(|(at, messages)| (at.as_secs_f64(), count(*messages)));
    let lines = vec![Line { name: "ready".to_owned(), points: points.collect() }];
    Chart { title: "Messages in the queues", unit: "messages", lines }
}

fn cpu(measured: &Measured, groups: &[&'static str]) -> Chart {
    let samples = &measured.samples;
    let line = |(at, name): (usize, &&'static str)| {
        let points = samples.windows(2).filter_map(|pair| {
            let [before, after] = pair else { return None };
            let used = after.groups.get(at)?.cpu.saturating_sub(before.groups.get(at)?.cpu);
            let passed = after.at.saturating_sub(before.at).as_secs_f64();
            // The last sample may come right after the one before it.
            (passed > 0.5).then(|| (after.at.as_secs_f64(), used.as_secs_f64() / passed))
        });
        Line { name: (*name).to_owned(), points: points.collect() }
    };
    let lines = groups.iter().enumerate().map(line).collect();
    Chart { title: "Processor use", unit: "cores", lines }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
fn count(number: u64) -> f64 {
    number as f64
}
