//! Settings of the worker.

use crate::persist::Budgets;
use shared::config::{
    BrokerConfig, ConfigError, PostgresConfig, RedisConfig, ServiceConfig, Settings, public_url,
};

/// Everything the worker and its commands read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What every service reads; the port is `WORKER_PORT`.
    pub service: ServiceConfig,
    /// `DATABASE_URL` and what belongs to it.
    pub postgres: PostgresConfig,
    /// `AMQP_URL`.
    pub broker: BrokerConfig,
    /// `REDIS_URL`.
    pub redis: RedisConfig,
    /// `PUBLIC_URL`, for DSNs.
    pub public_url: String,
    /// `WORKER_LANES`: transactions at once for each queue. Two keep Postgres busy while the other one
    /// commits.
    pub lanes: u32,
    /// `RETENTION_DAYS`: how many days of events are kept; counts and an example stay.
    pub retention_days: u32,
    /// `ERROR_PAYLOADS_PER_HOUR` and `RETENTION_BYTES`: what is kept of events besides counts.
    pub budgets: Budgets,
}

impl Config {
    /// Reads the settings through a lookup.
    ///
    /// # Errors
    /// All bad settings at once.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let settings = Settings::new(lookup);
        let lanes = settings.number("WORKER_LANES", 2, 1..=64);
        let config = Self {
            service: ServiceConfig::read(&settings, "WORKER_PORT", 8083),
            // Each lane holds one connection; the rest is for upkeep and announcements.
            postgres: PostgresConfig::read(&settings, 2 * lanes + 4),
            broker: BrokerConfig::read(&settings),
            redis: RedisConfig::read(&settings),
            public_url: public_url(&settings),
            lanes: u32::try_from(lanes).unwrap_or(1),
            retention_days: u32::try_from(settings.number("RETENTION_DAYS", 90, 1..=3_650))
                .unwrap_or(90),
            budgets: budgets(&settings),
        };
        settings.finish(config)
    }
}

fn budgets(settings: &Settings<'_>) -> Budgets {
    // Enough to see every variant of an error; at 1 KB an event about 10 MB an hour.
    let payloads = settings.number("ERROR_PAYLOADS_PER_HOUR", 10_000, 1..=1_000_000_000);
    Budgets {
        error_payloads_per_hour: u32::try_from(payloads).unwrap_or(u32::MAX),
        project_bytes: settings.number("RETENTION_BYTES", 50 << 30, 0..=u64::MAX >> 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_stands_in_the_example() {
        let names = std::cell::RefCell::new(Vec::new());
        let lookup = |name: &str| {
            names.borrow_mut().push(name.to_owned());
            (name == "ENVIRONMENT").then(|| "development".to_owned())
        };
        Config::from_lookup(&lookup).unwrap();
        let example = include_str!("../../.env.example");
        for name in names.into_inner() {
            assert!(example.contains(&format!("\n#{name}=")), "{name} is missing");
        }
    }
}
