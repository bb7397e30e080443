//! The kinds of load, and what each sends.

use std::time::Duration;

use clap::ValueEnum;

use crate::load::event::Events;
use crate::load::mix::Mix;
use crate::load::{Form, Plan};

/// A kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Single posts of 100 errors
    Single,
    /// The same through HAProxy
    Edge,
    /// Single posts of one error
    One,
    /// Single posts of 100,000 errors, equally frequent
    Uniform,
    /// Single posts of 100,000 errors, few frequent and most rare
    Zipf,
    /// Batches of 100
    Batch,
    /// Packed envelopes of an SDK
    Envelope,
    /// Single posts while no worker runs
    Ingest,
    /// 2,000 a second, with a probe that looks for its own events
    Latency,
    /// Ten times as much for half a minute, more than can be stored meanwhile
    Burst,
    /// Single posts of 100 errors, with two workers
    Workers,
}

/// Changes of what is sent by default.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Percent of the usual rate.
    pub percent: u64,
    /// Seconds of every load, instead of the usual ones.
    pub seconds: Option<u64>,
}

/// The usual length of a load; the first row and the burst have their own.
const SECONDS: u64 = 20;
const FIRST_SECONDS: u64 = 60;
const BURST_SECONDS: u64 = 30;

/// How long the same load is sent before, without being measured.
const WARMING: Duration = Duration::from_secs(5);

/// How much more a burst is than what came before.
pub const BURST: u64 = 10;

/// Errors of most kinds, and of those with many.
const ERRORS: u64 = 100;
const MANY_ERRORS: u64 = 100_000;

impl Kind {
    /// What it measures.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Single => "single posts of 1.1 KB, 100 errors, stored",
            Self::Edge => "the same through HAProxy",
            Self::One => "with 1 error",
            Self::Uniform => "with 100,000 errors, uniform",
            Self::Zipf => "with 100,000 errors by Zipf",
            Self::Batch => "batches of 100, stored",
            Self::Envelope => "envelopes of 19 KB, packed 4.6 KB, stored whole",
            Self::Ingest => "ingest alone, confirmed by the broker",
            Self::Latency => "2,000/s",
            Self::Burst => "a burst",
            Self::Workers => "with a second worker",
        }
    }

    /// The name of its option.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Edge => "edge",
            Self::One => "one",
            Self::Uniform => "uniform",
            Self::Zipf => "zipf",
            Self::Batch => "batch",
            Self::Envelope => "envelope",
            Self::Ingest => "ingest",
            Self::Latency => "latency",
            Self::Burst => "burst",
            Self::Workers => "workers",
        }
    }

    /// What is sent to warm up, and what is measured then. Rates lie a little above the bars: far above
    /// them a figure tells how the system sheds load rather than what it can do.
    #[must_use]
    pub fn plans(self, (url, key): (&str, &str), scale: Scale) -> (Plan, Plan) {
        let scaled = |rate: u64| (rate * scale.percent / 100).max(1);
        let plan = Plan {
            url: url.to_owned(),
            key: key.to_owned(),
            rate: scaled(self.rate()),
            duration: Duration::from_secs(scale.seconds.unwrap_or(self.seconds())),
            connections: self.connections(),
            form: self.form(),
            events: Events { mix: self.mix(), seed: 1, ids: false },
            first: 0,
            timeout: Duration::from_secs(30),
        };
        let warming = WARMING.min(plan.duration);
        let (mut first, then) = plan.after_warming(warming);
        if self == Self::Burst {
            first.rate = (first.rate / BURST).max(1);
        }
        (first, then)
    }

    fn rate(self) -> u64 {
        match self {
            Self::Single | Self::One | Self::Uniform | Self::Zipf | Self::Workers => 22_000,
            Self::Edge => 20_000,
            Self::Batch => 34_000,
            Self::Envelope => 3_300,
            Self::Ingest => 38_000,
            Self::Latency => 2_000,
            Self::Burst => 40_000,
        }
    }

    fn seconds(self) -> u64 {
        match self {
            Self::Single => FIRST_SECONDS,
            Self::Burst => BURST_SECONDS,
            _ => SECONDS,
        }
    }

    fn connections(self) -> usize {
        match self {
            Self::Batch | Self::Burst => 32,
            Self::Envelope | Self::Latency => 64,
            _ => 256,
        }
    }

    fn form(self) -> Form {
        match self {
            Self::Batch | Self::Burst => Form::batch(100),
            Self::Envelope => Form::Envelope,
            _ => Form::Single,
        }
    }

    fn mix(self) -> Mix {
        match self {
            Self::One => Mix::uniform(1),
            Self::Uniform => Mix::uniform(MANY_ERRORS),
            Self::Zipf => Mix::zipf(MANY_ERRORS, 1.0),
            _ => Mix::uniform(ERRORS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_options() {
        for kind in Kind::value_variants() {
            let option = kind.to_possible_value().unwrap();
            assert_eq!(option.get_name(), kind.name());
        }
    }

    #[test]
    fn a_burst_is_ten_times_what_came_before() {
        let scale = Scale { percent: 50, seconds: Some(2) };
        let (before, burst) = Kind::Burst.plans(("http://h", "key"), scale);
        assert_eq!((before.rate, burst.rate), (2_000, 20_000));
        assert_eq!(burst.duration, Duration::from_secs(2));
    }

    #[test]
    fn what_is_measured_follows_what_was_sent_before() {
        for kind in Kind::value_variants() {
            let scale = Scale { percent: 100, seconds: None };
            let (before, then) = kind.plans(("http://h", "key"), scale);
            assert!(before.first == 0 && then.first > 0, "{kind:?}");
        }
    }
}
