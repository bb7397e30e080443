//! What the processes hold in memory: PSS, in which what is shared between processes counts once.

use super::Ran;
use super::rows::{at_most, real};
use crate::report::bars::{Bar, Row};
use crate::system::usage::Sample;

const MEGABYTE: f64 = 1_000_000.0;

/// What the services hold before a load and at most under it.
#[must_use]
pub fn rows(ran: &Ran, idle: &Sample) -> Vec<Row> {
    let most = |name: &str| {
        let samples = ran.measured.samples.iter();
        group(&ran.groups, name).and_then(|at| samples.map(|sample| memory(sample, at)).max())
    };
    let before = group(&ran.groups, "ingest").map(|at| memory(idle, at));
    vec![
        row("memory of ingest, idle", before, Some(at_most(25.0, 15.0))),
        row(
            "memory of ingest under full load, at most",
            most("ingest"),
            Some(at_most(120.0, 60.0)),
        ),
        row("memory of the worker, at most", most("worker"), Some(at_most(200.0, 120.0))),
        row("memory of the query API, at most", most("query-api"), Some(at_most(120.0, 60.0))),
    ]
}

/// What everything but the load generator holds, engines included.
#[must_use]
pub fn all(sample: &Sample) -> u64 {
    sample.groups.iter().skip(1).map(|usage| usage.memory).sum()
}

/// What one group holds.
#[must_use]
pub fn memory(sample: &Sample, at: usize) -> u64 {
    sample.groups.get(at).map_or(0, |usage| usage.memory)
}

/// The place of a group among the others.
#[must_use]
pub fn group(groups: &[&str], name: &str) -> Option<usize> {
    groups.iter().position(|group| *group == name)
}

/// A line about so many bytes.
#[must_use]
pub fn row(what: &str, bytes: Option<u64>, bar: Option<Bar>) -> Row {
    let figure = bytes.map(|bytes| real(bytes) / MEGABYTE);
    Row { what: what.to_owned(), unit: "MB", decimals: 0, figure, bar }
}
