//! Settings from environment variables, all problems reported at once.
//!
//! A service's own `Config` reads its variables through [`Settings`]; only the parts that several
//! services share are defined here.

mod channels;
mod engines;
mod traces;

use std::cell::RefCell;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

pub use channels::ChannelsConfig;
pub use engines::{BrokerConfig, PostgresConfig, RedisConfig, SslMode};
pub use traces::{SampleRatio, TracesConfig};

/// How the process ends when a setting is bad (`EX_USAGE` of sysexits.h).
pub const EXIT_BAD_CONFIG: u8 = 64;

/// Which deployment this is. Not to be confused with an event's `environment`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Environment {
    Development,
    Staging,
    Production,
}

impl FromStr for Environment {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "development" => Ok(Self::Development),
            "staging" => Ok(Self::Staging),
            "production" => Ok(Self::Production),
            _ => Err(()),
        }
    }
}

/// A text that no log may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Everything that is wrong with the settings, one sentence a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// Reads variables through a lookup and gathers what is wrong with them.
pub struct Settings<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: RefCell<Vec<String>>,
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("problems", &self.problems).finish_non_exhaustive()
    }
}

impl<'a> Settings<'a> {
    /// Reads through the given lookup.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, problems: RefCell::new(Vec::new()) }
    }

    /// The variable's text; one that is set to nothing counts as not set.
    pub fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.is_empty())
    }

    /// Records a problem: the variable, what it holds (unless secret) and what is allowed.
    pub fn problem(&self, name: &str, holds: Option<&str>, allowed: &str) {
        let holds = holds.map_or_else(String::new, |text| format!(" holds {text:?} and"));
        self.problems.borrow_mut().push(format!("{name}{holds} must be {allowed}"));
    }

    /// The variable as any type that reads from text, or the default.
    pub fn parse<T: FromStr>(&self, name: &str, default: T, allowed: &str) -> T {
        let Some(text) = self.text(name) else {
            return default;
        };
        text.parse().unwrap_or_else(|_| {
            self.problem(name, Some(&text), allowed);
            default
        })
    }

    /// The variable as a number within bounds, or the default.
    pub fn number(&self, name: &str, default: u64, bounds: std::ops::RangeInclusive<u64>) -> u64 {
        let allowed = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        let value = self.parse(name, default, &allowed);
        if bounds.contains(&value) {
            return value;
        }
        self.problem(name, Some(&value.to_string()), &allowed);
        default
    }

    /// The variable as a number of seconds within bounds, or the default.
    pub fn seconds(
        &self,
        name: &str,
        default: u64,
        bounds: std::ops::RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_secs(self.number(name, default, bounds))
    }

    /// The variable's parts between commas, or none.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// The value, unless anything was wrong.
    ///
    /// # Errors
    /// All problems that were recorded.
    pub fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        let problems = self.problems.into_inner();
        if problems.is_empty() { Ok(value) } else { Err(ConfigError(problems)) }
    }
}

/// Reads a variable of this process.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What every service reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceConfig {
    /// `ENVIRONMENT`.
    pub environment: Environment,
    /// `BIND` and the service's own port.
    pub listen: SocketAddr,
    /// `LOG_LEVEL`: a level, or directives of tracing-subscriber.
    pub log_level: String,
    /// `NAMESPACE`: prefix of queue names and Redis keys, so that installations can share engines.
    pub namespace: String,
    /// `SHUTDOWN_TIMEOUT_SECS`: how long accepted work may take to finish after SIGTERM.
    pub shutdown_timeout: Duration,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and what belongs to it: where spans go, if anywhere.
    pub traces: Option<TracesConfig>,
}

impl ServiceConfig {
    /// Reads the shared settings; the service names its port variable and the default of it.
    pub fn read(settings: &Settings<'_>, port_variable: &str, default_port: u16) -> Self {
        let environment = settings.parse(
            "ENVIRONMENT",
            Environment::Production,
            "one of development, staging, production",
        );
        // A development machine must not offer `test-api-key` to its network.
        let default_bind: IpAddr = match environment {
            Environment::Development => [127, 0, 0, 1].into(),
            Environment::Staging | Environment::Production => [0, 0, 0, 0].into(),
        };
        let bind = settings.parse("BIND", default_bind, "an IP address");
        let port = settings.parse(port_variable, default_port, "a port number");
        Self {
            environment,
            listen: SocketAddr::new(bind, port),
            log_level: log_level(settings),
            namespace: namespace(settings),
            shutdown_timeout: settings.seconds("SHUTDOWN_TIMEOUT_SECS", 25, 1..=600),
            traces: TracesConfig::read(settings),
        }
    }
}

/// A bare word that is no level would be taken for the name of a target, and nothing be logged.
fn log_level(settings: &Settings<'_>) -> String {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let text = settings.text("LOG_LEVEL").unwrap_or_else(|| "info,lapin=warn,fred=warn".to_owned());
    let known = |part: &str| {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        LEVELS.contains(&level.trim().to_ascii_lowercase().as_str())
    };
    if !text.split(',').all(known) {
        let allowed =
            "one of off, error, warn, info, debug, trace, or directives like info,ingest=debug";
        settings.problem("LOG_LEVEL", Some(&text), allowed);
    }
    text
}

fn namespace(settings: &Settings<'_>) -> String {
    let name = settings.text("NAMESPACE").unwrap_or_else(|| "errata".to_owned());
    let sane = name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !sane {
        settings.problem("NAMESPACE", Some(&name), "at most 64 of the characters a-z, 0-9 and _");
    }
    name
}

/// The origin that clients use, without a trailing slash: `PUBLIC_URL`, or the edge on this host.
pub fn public_url(settings: &Settings<'_>) -> String {
    let port: u16 = settings.parse("PORT", 8080, "a port number");
    let url = settings.text("PUBLIC_URL").unwrap_or_else(|| format!("http://localhost:{port}"));
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        settings.problem("PUBLIC_URL", Some(&url), "an http:// or https:// URL");
    }
    url.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<ServiceConfig, ConfigError> {
        let lookup = |name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::new(&lookup);
        let config = ServiceConfig::read(&settings, "INGEST_PORT", 8081);
        settings.finish(config)
    }

    #[test]
    fn defaults_work_on_localhost() {
        let config = read(&[]).unwrap();
        assert_eq!(config.environment, Environment::Production);
        assert_eq!(config.listen.to_string(), "0.0.0.0:8081");
        assert_eq!(config.namespace, "errata");
    }

    #[test]
    fn development_listens_on_loopback_unless_told_otherwise() {
        let config = read(&[("ENVIRONMENT", "development")]).unwrap();
        assert!(config.listen.ip().is_loopback());
        let config = read(&[("ENVIRONMENT", "development"), ("BIND", "0.0.0.0")]).unwrap();
        assert!(config.listen.ip().is_unspecified());
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let error = read(&[
            ("ENVIRONMENT", "prod"),
            ("INGEST_PORT", "eighty"),
            ("SHUTDOWN_TIMEOUT_SECS", "0"),
            ("NAMESPACE", "No Spaces"),
            ("LOG_LEVEL", "loud"),
        ])
        .unwrap_err();
        assert_eq!(
            error.0,
            [
                "ENVIRONMENT holds \"prod\" and must be one of development, staging, production",
                "INGEST_PORT holds \"eighty\" and must be a port number",
                "LOG_LEVEL holds \"loud\" and must be one of off, error, warn, info, debug, trace, or directives like info,ingest=debug",
                "NAMESPACE holds \"No Spaces\" and must be at most 64 of the characters a-z, 0-9 and _",
                "SHUTDOWN_TIMEOUT_SECS holds \"0\" and must be a whole number from 1 to 600",
            ]
        );
    }
}
