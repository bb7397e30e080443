//! The settings of the query API.

use std::time::Duration;

use shared::config::{
    BrokerConfig, ChannelsConfig, ConfigError, PostgresConfig, RedisConfig, ServiceConfig,
    Settings, process_environment, public_url,
};
use shared::cors::CorsOrigins;
use shared::rate_limit::RateLimits;

/// Everything the query API can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What every service reads; the port is `QUERY_API_PORT`.
    pub service: ServiceConfig,
    /// Where the data is.
    pub postgres: PostgresConfig,
    /// Where answers are cached.
    pub redis: RedisConfig,
    /// `AMQP_URL`: looked at to tell whether the queue fares well, and used for nothing else.
    pub broker: BrokerConfig,
    /// `PUBLIC_URL`: the origin that stands in DSNs, without a trailing slash.
    pub public_url: String,
    /// `CORS_ORIGINS`: whose pages may read answers.
    pub cors_origins: CorsOrigins,
    /// `RATE_LIMITS`: whether keys without limits of their own have the usual ones.
    pub rate_limits: RateLimits,
    /// How long answers are cached.
    pub cache_ttl: CacheTtl,
    /// `LIVE_CLIENTS`: how many may listen to the live feed at once, in this process.
    pub live_clients: usize,
    /// How messages go out, and what their settings are encrypted with.
    pub channels: ChannelsConfig,
}

/// Lifetimes of cached answers, an upper bound: a change makes them unreachable at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheTtl {
    /// `CACHE_TTL_ERRORS_SECS`: lists of errors.
    pub errors: Duration,
    /// `CACHE_TTL_STATS_SECS`: statistics.
    pub stats: Duration,
    /// `CACHE_TTL_TRENDS_SECS`: trends.
    pub trends: Duration,
    /// `CACHE_TTL_SERVICES_SECS`: the health of services.
    pub services: Duration,
    /// `CACHE_TTL_METRICS_SECS`: system metrics.
    pub metrics: Duration,
    /// `CACHE_TTL_PERFORMANCE_SECS`: performance.
    pub performance: Duration,
    /// `CACHE_TTL_UPTIME_SECS`: uptime.
    pub uptime: Duration,
}

/// Connections to Postgres; each runs one statement at a time, and two cores run few at once.
const DEFAULT_POOL_SIZE: u64 = 10;

impl Config {
    /// Reads this process's environment.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(&process_environment)
    }

    /// Reads variables through a lookup.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let settings = Settings::new(lookup);
        let service = ServiceConfig::read(&settings, "QUERY_API_PORT", 8082);
        let config = Self {
            channels: ChannelsConfig::read(&settings, service.environment),
            service,
            postgres: PostgresConfig::read(&settings, DEFAULT_POOL_SIZE),
            redis: RedisConfig::read(&settings),
            broker: BrokerConfig::read(&settings),
            public_url: public_url(&settings),
            cors_origins: CorsOrigins::read(&settings),
            rate_limits: RateLimits::read(&settings),
            cache_ttl: CacheTtl::read(&settings),
            live_clients: live_clients(&settings),
        };
        settings.finish(config)
    }
}

/// Clients of the live feed. Connections are bounded by 4,096, and others need some, too.
fn live_clients(settings: &Settings<'_>) -> usize {
    let clients = settings.number("LIVE_CLIENTS", 2_000, 1..=4_000);
    usize::try_from(clients).unwrap_or(usize::MAX)
}

impl CacheTtl {
    fn read(settings: &Settings<'_>) -> Self {
        let seconds = |name, default| settings.seconds(name, default, 1..=86_400);
        Self {
            errors: seconds("CACHE_TTL_ERRORS_SECS", 120),
            stats: seconds("CACHE_TTL_STATS_SECS", 300),
            trends: seconds("CACHE_TTL_TRENDS_SECS", 300),
            services: seconds("CACHE_TTL_SERVICES_SECS", 30),
            metrics: seconds("CACHE_TTL_METRICS_SECS", 30),
            performance: seconds("CACHE_TTL_PERFORMANCE_SECS", 60),
            uptime: seconds("CACHE_TTL_UPTIME_SECS", 300),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(&|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_variables_it_works_on_localhost() {
        let config = read(&[("ENVIRONMENT", "development")]).unwrap();
        assert_eq!(config.service.listen.port(), 8082);
        assert_eq!(config.public_url, "http://localhost:8080");
        assert_eq!(config.cors_origins, CorsOrigins::Any);
        assert_eq!(config.rate_limits, RateLimits::Off);
        let ttl = config.cache_ttl;
        let seconds = [
            ttl.errors,
            ttl.stats,
            ttl.trends,
            ttl.services,
            ttl.metrics,
            ttl.performance,
            ttl.uptime,
        ]
        .map(|ttl| ttl.as_secs());
        assert_eq!(seconds, [120, 300, 300, 30, 30, 60, 300]);
    }

    #[test]
    fn all_problems_come_at_once() {
        let problems = read(&[
            ("QUERY_API_PORT", "no"),
            ("CORS_ORIGINS", "https://a.example/path"),
            ("CACHE_TTL_STATS_SECS", "0"),
            ("SECRET_KEY", "short"),
            ("RATE_LIMITS", "1000"),
        ])
        .unwrap_err()
        .0;
        assert_eq!(problems.len(), 5, "{problems:?}");
    }

    #[test]
    fn origins_are_listed_by_comma() {
        let origins = ("CORS_ORIGINS", "https://a.example, http://localhost:3000");
        let config = read(&[("ENVIRONMENT", "development"), origins]).unwrap();
        let expected = ["https://a.example", "http://localhost:3000"].map(str::to_owned);
        assert_eq!(config.cors_origins, CorsOrigins::Listed(expected.to_vec()));
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
