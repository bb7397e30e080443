//! Settings of the worker.

use shared::config::{
    BrokerConfig, ChannelsConfig, ConfigError, PostgresConfig, RedisConfig, ServiceConfig,
    Settings, public_url,
};

use crate::alerts::deliver::Retries;
use crate::persist::Budgets;

/// Everything the worker reads.
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
    /// `PUBLIC_URL`, for links.
    pub public_url: String,
    /// `WORKER_LANES`: transactions at once for each queue. Two keep Postgres busy while the other one
    /// commits.
    pub lanes: u32,
    /// `RETENTION_DAYS`: how many days of events are kept; counts and an example stay.
    pub retention_days: u32,
    /// `ERROR_PAYLOADS_PER_HOUR` and `RETENTION_BYTES`: what is kept of events besides counts.
    pub budgets: Budgets,
    /// How notifications go out, and what the settings of channels are encrypted with.
    pub channels: ChannelsConfig,
    /// `NOTIFY_ATTEMPTS` and `NOTIFY_RETRY_SECONDS`: how often and how soon they are tried again.
    pub retries: Retries,
}

/// What the commands of an operator read; they send nothing to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandConfig {
    /// What every service reads, of which commands use `ENVIRONMENT` and `NAMESPACE`.
    pub service: ServiceConfig,
    /// `DATABASE_URL` and what belongs to it.
    pub postgres: PostgresConfig,
    /// `AMQP_URL`.
    pub broker: BrokerConfig,
    /// `PUBLIC_URL`, for DSNs.
    pub public_url: String,
}

/// A command uses one connection, but for what it may want at once.
const COMMAND_POOL_SIZE: u64 = 4;

impl CommandConfig {
    /// Reads the settings through a lookup.
    ///
    /// # Errors
    /// All bad settings at once.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let settings = Settings::new(lookup);
        let config = Self {
            service: ServiceConfig::read(&settings, "WORKER_PORT", 8083),
            postgres: PostgresConfig::read(&settings, COMMAND_POOL_SIZE),
            broker: BrokerConfig::read(&settings),
            public_url: public_url(&settings),
        };
        settings.finish(config)
    }
}

impl Config {
    /// Reads the settings through a lookup.
    ///
    /// # Errors
    /// All bad settings at once.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let settings = Settings::new(lookup);
        let lanes = settings.number("WORKER_LANES", 2, 1..=64);
        let service = ServiceConfig::read(&settings, "WORKER_PORT", 8083);
        let config = Self {
            channels: ChannelsConfig::read(&settings, service.environment),
            service,
            // Each lane holds one connection; the rest is for upkeep, announcements and deliveries.
            postgres: PostgresConfig::read(&settings, 2 * lanes + 6),
            broker: BrokerConfig::read(&settings),
            redis: RedisConfig::read(&settings),
            public_url: public_url(&settings),
            lanes: u32::try_from(lanes).unwrap_or(1),
            retention_days: u32::try_from(settings.number("RETENTION_DAYS", 90, 1..=3_650))
                .unwrap_or(90),
            budgets: budgets(&settings),
            retries: retries(&settings),
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

fn retries(settings: &Settings<'_>) -> Retries {
    // With the waits between them they last somewhat less than an hour on average.
    let attempts = settings.number("NOTIFY_ATTEMPTS", 12, 1..=50);
    Retries {
        attempts: u32::try_from(attempts).unwrap_or(1),
        first: settings.seconds("NOTIFY_RETRY_SECONDS", 5, 1..=3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_need_no_key_of_stored_secrets() {
        let production = |name: &str| (name == "ENVIRONMENT").then(|| "production".to_owned());
        assert!(CommandConfig::from_lookup(&production).is_ok());
        let problems = Config::from_lookup(&production).unwrap_err().0;
        assert!(problems.iter().all(|problem| problem.starts_with("SECRET_KEY")), "{problems:?}");
    }

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
