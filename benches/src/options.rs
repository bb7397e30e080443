//! The options that say what load is sent and what the services are told, for all programs.

use std::time::Duration;

use clap::Args;

use crate::load::event::Events;
use crate::load::mix::{MAX_ZIPF_ERRORS, Mix};
use crate::load::{Form, Plan};

/// The load.
#[derive(Debug, Clone, Args)]
pub struct LoadOptions {
    /// Events sent in each second
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub rate: u64,
    /// Seconds to send for
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub duration: u64,
    /// Seconds to send the same load before, without measuring
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    pub warmup: u64,
    /// Connections; each carries one request at a time
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=20_000))]
    pub connections: u16,
    /// Distinct errors that the events belong to
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=MAX_ZIPF_ERRORS))]
    pub errors: u64,
    /// Make few errors frequent and most rare, with this exponent, instead of all equally frequent
    #[arg(long, num_args = 0..=1, default_missing_value = "1.0", value_parser = exponent)]
    pub zipf: Option<f64>,
    /// Send this many events in each request; 0 sends every event by itself
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1_000))]
    pub batch: u64,
    /// Give every event an id of its own
    #[arg(long)]
    pub ids: bool,
    /// Runs with different seeds send different events
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Seconds to wait for an answer
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub timeout: u64,
    /// The API key
    #[arg(long, default_value = "test-api-key")]
    pub key: String,
}

impl LoadOptions {
    /// The run that sends this load to a service.
    #[must_use]
    pub fn plan(&self, url: &str) -> Plan {
        let mix = match self.zipf {
            None => Mix::uniform(self.errors),
            Some(exponent) => Mix::zipf(self.errors, exponent),
        };
        Plan {
            url: url.to_owned(),
            key: self.key.clone(),
            rate: self.rate,
            duration: Duration::from_secs(self.duration),
            connections: self.connections.into(),
            form: Form::batch(self.batch),
            events: Events { mix, seed: self.seed, ids: self.ids },
            first: 0,
            timeout: Duration::from_secs(self.timeout),
        }
    }

    /// How long to warm up, if at all.
    #[must_use]
    pub fn warming(&self) -> Option<Duration> {
        (self.warmup > 0).then(|| Duration::from_secs(self.warmup))
    }
}

/// A setting for the services, of the form `NAME=VALUE`.
///
/// # Errors
/// When it is of another form.
pub fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("not of the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn exponent(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.1..=5.0).contains(&number) { Ok(number) } else { Err("not from 0.1 to 5".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        load: LoadOptions,
    }

    fn read(args: &[&str]) -> Result<LoadOptions, clap::Error> {
        Program::try_parse_from([&["program"], args].concat()).map(|program| program.load)
    }

    #[test]
    fn options_become_a_plan() {
        let options = read(&["--rate", "5000", "--zipf", "--errors", "10", "--ids"]).unwrap();
        let plan = options.plan("http://h");
        assert_eq!((plan.rate, plan.events.ids), (5_000, true));
        assert!(matches!(plan.events.mix, Mix::Zipf { .. }));
        assert_eq!(options.warming(), None);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        assert!(read(&["--rate", "0"]).is_err());
        assert!(read(&["--connections", "70000"]).is_err());
        assert!(read(&["--batch", "1001"]).is_err());
        assert!(read(&["--zipf", "NaN"]).is_err());
    }
}
