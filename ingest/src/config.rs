//! Settings of ingest.

use std::path::PathBuf;

use ipnet::IpNet;
use shared::config::{
    BrokerConfig, ConfigError, PostgresConfig, RedisConfig, ServiceConfig, Settings,
};
use shared::cors::CorsOrigins;
use shared::rate_limit::RateLimits;

/// Everything ingest reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What every service reads; the port is `INGEST_PORT`.
    pub service: ServiceConfig,
    /// `DATABASE_URL`: asked for keys, never on the way of a request.
    pub postgres: PostgresConfig,
    /// `AMQP_URL`.
    pub broker: BrokerConfig,
    /// `REDIS_URL`: where instances tell each other what keys used, never on the way of a request.
    pub redis: RedisConfig,
    /// `TRUSTED_PROXIES`: whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `CORS_ORIGINS`: whose pages may read answers.
    pub cors_origins: CorsOrigins,
    /// `RATE_LIMITS`: whether keys without limits of their own have the usual ones.
    pub rate_limits: RateLimits,
    /// `SPOOL_DIR`: a durable folder for what the broker does not take; without one there is no
    /// spool.
    pub spool_dir: Option<PathBuf>,
    /// `SPOOL_MAX_BYTES`.
    pub spool_max_bytes: u64,
    /// `INGEST_MEMORY_BYTES`: request bodies and waiting events held at once.
    pub memory_bytes: usize,
    /// `INGEST_MAX_CONNECTIONS`.
    pub max_connections: usize,
    /// `PROJECT_EVENTS_PER_SECOND`: what a project submits above it goes through the bulk queue.
    pub project_events_per_second: u32,
}

impl Config {
    /// Reads the settings through a lookup.
    ///
    /// # Errors
    /// All bad settings at once.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let settings = Settings::new(lookup);
        let number = |name: &str, default: u64, bounds: std::ops::RangeInclusive<u64>| {
            settings.number(name, default, bounds)
        };
        let config = Self {
            service: ServiceConfig::read(&settings, "INGEST_PORT", 8081),
            postgres: PostgresConfig::read(&settings, 3),
            broker: BrokerConfig::read(&settings),
            redis: RedisConfig::read(&settings),
            trusted_proxies: trusted_proxies(&settings),
            cors_origins: CorsOrigins::read(&settings),
            rate_limits: RateLimits::read(&settings),
            spool_dir: settings.text("SPOOL_DIR").map(PathBuf::from),
            spool_max_bytes: number("SPOOL_MAX_BYTES", 2 << 30, (16 << 20)..=(1 << 40)),
            // The largest batch that is allowed inflates to 100 MiB and has to fit.
            memory_bytes: to_usize(number(
                "INGEST_MEMORY_BYTES",
                256 << 20,
                (160 << 20)..=(1 << 36),
            )),
            max_connections: to_usize(number("INGEST_MAX_CONNECTIONS", 10_000, 1..=1_000_000)),
            project_events_per_second: u32::try_from(number(
                "PROJECT_EVENTS_PER_SECOND",
                2_000,
                1..=10_000_000,
            ))
            .unwrap_or(u32::MAX),
        };
        settings.finish(config)
    }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn trusted_proxies(settings: &Settings<'_>) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for text in settings.list("TRUSTED_PROXIES") {
        match text.parse::<IpNet>().or_else(|_| text.parse().map(|ip: std::net::IpAddr| ip.into()))
        {
            Ok(network) => networks.push(network),
            Err(_) => settings.problem(
                "TRUSTED_PROXIES",
                Some(&text),
                "addresses or networks like 10.0.0.0/8 between commas",
            ),
        }
    }
    networks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_or_networks() {
        let lookup = |name: &str| {
            (name == "TRUSTED_PROXIES").then(|| "127.0.0.1, 10.0.0.0/8,nonsense".to_owned())
        };
        let error = Config::from_lookup(&lookup).unwrap_err();
        assert_eq!(error.0.len(), 1, "{error}");
        assert!(error.to_string().contains("\"nonsense\""));
    }

    #[test]
    fn rate_limits_are_on_or_off() {
        let read = |text: &str| {
            let lookup = |name: &str| (name == "RATE_LIMITS").then(|| text.to_owned());
            Config::from_lookup(&lookup).map(|config| config.rate_limits)
        };
        assert_eq!(read("").unwrap(), RateLimits::Off);
        assert_eq!(read("on").unwrap(), RateLimits::On);
        let problem = read("yes").unwrap_err().to_string();
        assert_eq!(problem, "RATE_LIMITS holds \"yes\" and must be on or off");
    }

    #[test]
    fn every_setting_stands_in_the_example() {
        let names = std::cell::RefCell::new(Vec::new());
        let lookup = |name: &str| {
            names.borrow_mut().push(name.to_owned());
            None
        };
        Config::from_lookup(&lookup).unwrap();
        let example = include_str!("../../.env.example");
        for name in names.into_inner() {
            assert!(example.contains(&format!("\n#{name}=")), "{name} is missing");
        }
    }
}
