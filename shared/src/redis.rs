//! Access to Redis, which holds nothing but caches: every use of it may fail.

use std::time::Duration;

use fred::clients::Client;
use fred::types::Builder;
use fred::types::config::{Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy};

use crate::config::RedisConfig;
use crate::tls::{self, TlsError, Verification};

/// A read that has to wait longer is faster without the cache.
const COMMAND_TIMEOUT: Duration = Duration::from_millis(250);

/// Why the client could not be made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RedisSetupError {
    #[error("failed to read REDIS_URL")]
    Url(#[source] fred::error::Error),
    #[error("failed to set up TLS towards Redis")]
    Tls(#[source] TlsError),
}

/// Makes a client that connects, and keeps connecting, in the background.
///
/// # Errors
/// When the URL or the CA file can't be used. A server that is away is no error.
pub fn client(config: &RedisConfig) -> Result<Client, RedisSetupError> {
    let mut settings = Config::from_url(config.url.expose()).map_err(RedisSetupError::Url)?;
    // Connect in the background instead of failing when Redis is away at the start.
    settings.fail_fast = false;
    if settings.tls.is_some() {
        let tls = tls::client_config(Verification::Full, config.ca_file.as_deref())
            .map_err(RedisSetupError::Tls)?;
        settings.tls = Some(fred::types::config::TlsConnector::from(tls).into());
    }
    let client = Builder::from_config(settings)
        .with_performance_config(|performance: &mut PerformanceConfig| {
            performance.default_command_timeout = COMMAND_TIMEOUT;
        })
        .with_connection_config(|connection: &mut ConnectionConfig| {
            connection.connection_timeout = Duration::from_secs(2);
            connection.internal_command_timeout = Duration::from_secs(2);
            // A command is not kept for a server that comes back: the answer is computed instead.
            connection.max_command_attempts = 1;
        })
        .set_policy(ReconnectPolicy::new_exponential(0, 100, 2_000, 2))
        .build()
        .map_err(RedisSetupError::Url)?;
    drop(fred::interfaces::ClientLike::connect(&client));
    Ok(client)
}
