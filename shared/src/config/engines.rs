//! Where the engines are. The URLs hold passwords, so they never reach a log.

use std::path::PathBuf;
use std::str::FromStr as _;

use super::{Secret, Settings};

/// How the connection to Postgres is secured, in libpq's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are libpq's")]
pub enum SslMode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// `DATABASE_URL`, several hosts allowed, with libpq's `sslmode` and `sslrootcert`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    /// The URL without `sslmode` and `sslrootcert`, which the driver does not read in full.
    pub url: Secret,
    /// From `sslmode`; `prefer` when the URL does not say.
    pub ssl_mode: SslMode,
    /// From `sslrootcert`, else `TLS_CA_FILE`.
    pub ca_file: Option<PathBuf>,
    /// `DATABASE_POOL_SIZE`: connections of this process at most.
    pub pool_size: usize,
}

impl PostgresConfig {
    /// Reads the settings.
    pub fn read(settings: &Settings<'_>, default_pool_size: u64) -> Self {
        let default = "postgres://errata:errata@localhost:5432/errata";
        let url = settings.text("DATABASE_URL").unwrap_or_else(|| default.to_owned());
        let (url, mode, root) = split_ssl(&url);
        let ssl_mode = match mode.as_deref() {
            None | Some("prefer" | "allow") => SslMode::Prefer,
            Some("disable") => SslMode::Disable,
            Some("require") => SslMode::Require,
            Some("verify-ca") => SslMode::VerifyCa,
            Some("verify-full") => SslMode::VerifyFull,
            Some(other) => {
                let allowed = "one of disable, prefer, require, verify-ca, verify-full";
                settings.problem("sslmode in DATABASE_URL", Some(other), allowed);
                SslMode::Prefer
            }
        };
        if tokio_postgres::Config::from_str(&url).is_err() {
            settings.problem(
                "DATABASE_URL",
                None,
                "a URL like postgres://user:password@host:5432/name",
            );
        }
        Self {
            url: Secret::new(url),
            ssl_mode,
            ca_file: root
                .and_then(|path| readable(settings, "sslrootcert in DATABASE_URL", path.into()))
                .or_else(|| ca_file(settings)),
            pool_size: usize::try_from(settings.number(
                "DATABASE_POOL_SIZE",
                default_pool_size,
                1..=1_000,
            ))
            .unwrap_or(1),
        }
    }
}

/// Takes `sslmode` and `sslrootcert` out of a URL's query.
fn split_ssl(url: &str) -> (String, Option<String>, Option<String>) {
    let Some((base, query)) = url.split_once('?') else {
        return (url.to_owned(), None, None);
    };
    let (mut mode, mut root) = (None, None);
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => {
                root = Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into());
            }
            _ => rest.push(pair),
        }
    }
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    (url, mode, root)
}

/// `TLS_CA_FILE`: a CA bundle for engines with certificates of a private authority.
pub(super) fn ca_file(settings: &Settings<'_>) -> Option<PathBuf> {
    readable(settings, "TLS_CA_FILE", PathBuf::from(settings.text("TLS_CA_FILE")?))
}

/// A file that must be there: a wrong path would else show only in failing connections.
fn readable(settings: &Settings<'_>, name: &str, path: PathBuf) -> Option<PathBuf> {
    if !path.is_file() {
        settings.problem(name, path.to_str(), "a readable file in PEM format");
    }
    Some(path)
}

/// `AMQP_URL`: one URL, or several between commas, tried in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerConfig {
    /// `amqp://` or `amqps://` URLs, at least one.
    pub urls: Vec<Secret>,
    /// `TLS_CA_FILE`.
    pub ca_file: Option<PathBuf>,
}

impl BrokerConfig {
    /// Reads the settings.
    pub fn read(settings: &Settings<'_>) -> Self {
        let mut urls = settings.list("AMQP_URL");
        if urls.is_empty() {
            urls.push("amqp://guest:guest@localhost:5672/%2f".to_owned());
        }
        if urls.iter().any(|url| lapin::uri::AMQPUri::from_str(url).is_err()) {
            let allowed = "URLs like amqp://user:password@host:5672/vhost, several between commas";
            settings.problem("AMQP_URL", None, allowed);
        }
        Self { urls: urls.into_iter().map(Secret::new).collect(), ca_file: ca_file(settings) }
    }
}

/// `REDIS_URL`: one server, or a `redis-cluster://` or `redis-sentinel://` URL naming several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisConfig {
    /// The URL.
    pub url: Secret,
    /// `TLS_CA_FILE`.
    pub ca_file: Option<PathBuf>,
}

impl RedisConfig {
    /// Reads the settings.
    pub fn read(settings: &Settings<'_>) -> Self {
        let url = settings.text("REDIS_URL").unwrap_or_else(|| "redis://localhost:6379".to_owned());
        let named_redis = url.starts_with("redis");
        if !named_redis || fred::types::config::Config::from_url(&url).is_err() {
            settings.problem("REDIS_URL", None, "a URL like redis://:password@host:6379/0");
        }
        Self { url: Secret::new(url), ca_file: ca_file(settings) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected_url: &str, expected_mode: SslMode) {
        let lookup = |name: &str| (name == "DATABASE_URL").then(|| url.to_owned());
        let settings = Settings::new(&lookup);
        let config = PostgresConfig::read(&settings, 4);
        let config = settings.finish(config).unwrap();
        assert_eq!(config.url.expose(), expected_url);
        assert_eq!(config.ssl_mode, expected_mode);
    }

    #[test]
    fn sslmode_is_honoured_in_libpqs_terms() {
        check("postgres://u:p@h/d", "postgres://u:p@h/d", SslMode::Prefer);
        check("postgres://u:p@h/d?sslmode=disable", "postgres://u:p@h/d", SslMode::Disable);
        check(
            "postgres://u:p@a:1,b:2/d?application_name=x&sslmode=verify-full&sslrootcert=%2Fetc%2Fhosts",
            "postgres://u:p@a:1,b:2/d?application_name=x",
            SslMode::VerifyFull,
        );
    }

    #[test]
    fn bad_urls_are_named_without_their_secrets() {
        let lookup = |name: &str| match name {
            "DATABASE_URL" => Some("postgres://u:hunter2@h:port/d".to_owned()),
            "AMQP_URL" => Some("http://u:hunter2@h".to_owned()),
            "REDIS_URL" => Some("mysql://u:hunter2@h".to_owned()),
            _ => None,
        };
        let settings = Settings::new(&lookup);
        let configs = (
            PostgresConfig::read(&settings, 4),
            BrokerConfig::read(&settings),
            RedisConfig::read(&settings),
        );
        assert!(!format!("{configs:?}").contains("hunter2"));
        let error = settings.finish(()).unwrap_err();
        assert_eq!(error.0.len(), 3);
        assert!(!error.to_string().contains("hunter2"));
    }
}
