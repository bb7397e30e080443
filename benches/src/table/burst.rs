//! What a burst leaves behind: nothing lost, memory bounded, and a backlog that goes at full speed.

use super::Ran;
use super::memory::{all, group, memory, row};
use super::rows::{at_most, real, stored_events};
use crate::measure::Measured;
use crate::report::bars::{Bar, Good, Row};
use crate::summary::per_second;

/// The figures of a burst; `first` is what the first row had stored in a second.
#[must_use]
pub fn rows(ran: &Ran, first: Option<f64>) -> Vec<Row> {
    let measured = &ran.measured;
    let (accepted, stored) = (measured.outcome.tally.accepted, stored_events(measured));
    let backlog = backlog(measured);
    let samples = &measured.samples;
    let most = |name: &str| {
        let at = group(&ran.groups, name)?;
        samples.iter().map(|sample| memory(sample, at)).max()
    };
    let drained = Bar { good: Good::AtLeast, bar: first.unwrap_or_default(), stretch: None };
    vec![
        count(
            "accepted in a burst, and not stored",
            "events",
            accepted.saturating_sub(stored),
            Some(0.0),
        ),
        count("backlog at the end of the burst", "events", backlog, None),
        Row {
            what: "the backlog goes at".to_owned(),
            unit: "/s",
            decimals: 0,
            figure: Some(per_second(backlog, measured.drain)),
            // Without a backlog there is nothing to drain.
            bar: first.filter(|_| backlog > 0).map(|_| drained),
        },
        row("memory of ingest in a burst, at most", most("ingest"), Some(at_most(120.0, 60.0))),
        row(
            "memory of the worker in a burst, at most",
            most("worker"),
            Some(at_most(200.0, 120.0)),
        ),
        row("memory of RabbitMQ in a burst, at most", most("RabbitMQ"), None),
        row(
            "memory of everything after a burst",
            samples.last().map(all),
            Some(at_most(900.0, 700.0)),
        ),
    ]
}

/// Events accepted and not stored when the last answer came. The database is asked again at that moment.
fn backlog(measured: &Measured) -> u64 {
    let mut later = measured.stored.iter().filter(|(at, _)| *at >= measured.outcome.elapsed);
    let stored = later.next().map_or_else(|| stored_events(measured), |point| point.1);
    measured.outcome.tally.accepted.saturating_sub(stored)
}

fn count(what: &str, unit: &'static str, figure: u64, bar: Option<f64>) -> Row {
    let bar = bar.map(|bar| Bar { good: Good::AtMost, bar, stretch: None });
    Row { what: what.to_owned(), unit, decimals: 0, figure: Some(real(figure)), bar }
}
