//! Rates, costs and latencies, and the bars that they are held against.

use std::time::Duration;

use super::Ran;
use super::kind::Kind;
use crate::load::tally::Latencies;
use crate::measure::Measured;
use crate::report::bars::{Bar, Good, Row};
use crate::report::page::used;
use crate::summary::per_second;

/// A rate of a second worker that is not told apart from that of one: two runs differ by as much.
const SAME: f64 = 0.95;

/// Events stored in a second, from the first request until the last accepted event was stored.
#[must_use]
pub fn rate(measured: &Measured) -> f64 {
    per_second(stored_events(measured), measured.until_stored)
}

/// Events that were stored since the measurement began.
#[must_use]
pub fn stored_events(measured: &Measured) -> u64 {
    measured.stored.last().map_or(0, |last| last.1)
}

/// The first row, and what else its load tells: what an event costs, in time and in space.
#[must_use]
pub fn first(ran: &Ran) -> Vec<Row> {
    let cost = Row {
        what: "CPU of all processes but the load generator, for 1,000 stored".to_owned(),
        unit: "s",
        decimals: 4,
        figure: Some(cost(ran)),
        bar: Some(at_most(0.1, 0.07)),
    };
    let disk = Row {
        what: "disk for a stored event, indexes included".to_owned(),
        unit: "bytes",
        decimals: 0,
        figure: Some(disk(&ran.measured)),
        bar: Some(at_most(400.0, 340.0)),
    };
    vec![stored(Kind::Single, ran, Some((20_000.0, 25_000.0))), cost, disk]
}

/// What is stored in a second, held against a bar and a stretch.
#[must_use]
pub fn stored(kind: Kind, ran: &Ran, bars: Option<(f64, f64)>) -> Row {
    let bar = bars.map(|(bar, stretch)| Bar { good: Good::AtLeast, bar, stretch: Some(stretch) });
    per_second_row(kind.what(), rate(&ran.measured), bar)
}

/// What is stored in a second, held against a bar alone.
#[must_use]
pub fn stored_above(kind: Kind, ran: &Ran, bar: Option<f64>) -> Row {
    let bar = bar.map(|bar| Bar { good: Good::AtLeast, bar, stretch: None });
    per_second_row(kind.what(), rate(&ran.measured), bar)
}

/// What two workers store, and what it costs, beside what one stores.
#[must_use]
pub fn workers(kind: Kind, ran: &Ran, first: Option<f64>) -> Vec<Row> {
    let cost = Row {
        what: "CPU for 1,000 stored with a second worker".to_owned(),
        unit: "s",
        decimals: 4,
        figure: Some(cost(ran)),
        bar: None,
    };
    vec![stored_above(kind, ran, first.map(|rate| rate * SAME)), cost]
}

/// What ingest takes in a second while nobody stores it.
#[must_use]
pub fn accepted(kind: Kind, ran: &Ran) -> Row {
    let outcome = &ran.measured.outcome;
    let bar = Bar { good: Good::AtLeast, bar: 35_000.0, stretch: Some(45_000.0) };
    per_second_row(kind.what(), per_second(outcome.tally.accepted, outcome.elapsed), Some(bar))
}

/// How soon an event is answered, and how soon it is seen.
#[must_use]
pub fn latencies(ran: &Ran, visible: Option<&Latencies>) -> Vec<Row> {
    let answers = &ran.measured.outcome.tally.latencies;
    let row = |what: &str, latencies: &Latencies, share: f64, bar: Bar| Row {
        what: what.to_owned(),
        unit: "ms",
        decimals: 2,
        figure: Some(millis(latencies.quantile(share))),
        bar: Some(bar),
    };
    let mut rows = vec![
        row("answer at 2,000/s, p50", answers, 0.5, at_most(3.0, 1.5)),
        row("answer at 2,000/s, p99", answers, 0.99, at_most(10.0, 5.0)),
    ];
    if let Some(visible) = visible {
        rows.push(row(
            "acceptance to the list at 2,000/s, p50",
            visible,
            0.5,
            at_most(300.0, 100.0),
        ));
        rows.push(row(
            "acceptance to the list at 2,000/s, p99",
            visible,
            0.99,
            at_most(1_000.0, 500.0),
        ));
    }
    rows
}

/// Less is better.
#[must_use]
pub fn at_most(bar: f64, stretch: f64) -> Bar {
    Bar { good: Good::AtMost, bar, stretch: Some(stretch) }
}

fn per_second_row(what: &str, figure: f64, bar: Option<Bar>) -> Row {
    Row { what: what.to_owned(), unit: "/s", decimals: 0, figure: Some(figure), bar }
}

/// Seconds of processor time of everything but the load generator, for 1,000 stored events.
fn cost(ran: &Ran) -> f64 {
    let samples = &ran.measured.samples;
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return f64::NAN };
    let cpu: Duration = (1..ran.groups.len()).map(|group| used(first, last, group)).sum();
    cpu.as_secs_f64() * 1e3 / real(stored_events(&ran.measured))
}

fn disk(measured: &Measured) -> f64 {
    let (before, after) = measured.sizes;
    let grown = u64::try_from(after.events - before.events).unwrap_or(0);
    real(grown) / real(stored_events(measured))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes are far below 2^52")]
pub(super) fn real(number: u64) -> f64 {
    number as f64
}
