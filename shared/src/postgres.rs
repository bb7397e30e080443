//! Access to Postgres: the pool, TLS, and what an error of it means.

use std::str::FromStr as _;
use std::time::Duration;

use deadpool_postgres::{
    Client, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use tokio::time::{Instant, timeout_at};
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode as DriverSslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::{PostgresConfig, SslMode};
use crate::tls::{self, TlsError, Verification};

/// No wait for Postgres is longer than this before the first byte of a statement is sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the pool could not be made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PoolSetupError {
    #[error("failed to read DATABASE_URL")]
    Url(#[source] tokio_postgres::Error),
    #[error("failed to set up TLS towards Postgres")]
    Tls(#[source] TlsError),
    #[error("failed to make the pool")]
    Build(#[source] deadpool_postgres::BuildError),
}

/// A failed use of Postgres.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum DbError {
    #[error("failed to get a connection to Postgres")]
    Pool(#[source] PoolError),
    #[error("Postgres did not answer in time")]
    Timeout,
    #[error("failed to {action}")]
    Statement {
        action: &'static str,
        #[source]
        source: tokio_postgres::Error,
    },
}

impl DbError {
    /// A failed statement; `action` completes the sentence "failed to …".
    pub fn statement(action: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        move |source| Self::Statement { action, source }
    }

    fn driver_error(&self) -> Option<&tokio_postgres::Error> {
        match self {
            Self::Pool(PoolError::Backend(source)) | Self::Statement { source, .. } => Some(source),
            Self::Pool(_) | Self::Timeout => None,
        }
    }

    fn sql_state(&self) -> Option<&SqlState> {
        self.driver_error().and_then(tokio_postgres::Error::code)
    }

    /// Whether the data is at fault (SQLSTATE classes 22 and 23): trying again changes nothing.
    pub fn is_data_error(&self) -> bool {
        self.sql_state().is_some_and(|state| matches!(state.code().get(..2), Some("22" | "23")))
            && !self.is_missing_partition()
    }

    /// Postgres reports a row without a partition as a violated check that has no name.
    fn is_missing_partition(&self) -> bool {
        let unnamed = |error: &tokio_postgres::Error| {
            error.as_db_error().is_some_and(|error| error.constraint().is_none())
        };
        self.sql_state() == Some(&SqlState::CHECK_VIOLATION)
            && self.driver_error().is_some_and(unnamed)
    }

    /// Whether the same statements may succeed at once: a deadlock or a serialisation failure.
    pub fn is_conflict(&self) -> bool {
        self.sql_state().is_some_and(|state| {
            *state == SqlState::T_R_DEADLOCK_DETECTED
                || *state == SqlState::T_R_SERIALIZATION_FAILURE
        })
    }
}

/// Makes the pool; connects only when a connection is first asked for.
///
/// `statement_timeout` bounds every statement on the server's side.
///
/// # Errors
/// When the URL or the CA file can't be used.
pub fn pool(
    config: &PostgresConfig,
    application: &str,
    statement_timeout: Duration,
) -> Result<Pool, PoolSetupError> {
    let manager = manager(config, application, statement_timeout)?;
    Pool::builder(manager)
        .max_size(config.pool_size)
        .timeouts(Timeouts {
            wait: Some(Duration::from_secs(2)),
            create: Some(CONNECT_TIMEOUT),
            recycle: Some(Duration::from_secs(1)),
        })
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(PoolSetupError::Build)
}

/// The pattern with which `LIKE` finds a text anywhere.
pub fn like_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Uses a connection until a deadline, the wait for it included. One that did not answer in time may
/// still be in the middle of something, so nobody gets it again.
///
/// # Errors
/// Those of the work, and when there is no connection or no answer in time.
pub async fn use_until<T>(
    pool: &Pool,
    deadline: Instant,
    work: impl AsyncFnOnce(&mut Client) -> Result<T, DbError>,
) -> Result<T, DbError> {
    let client = timeout_at(deadline, pool.get()).await;
    let mut client = client.map_err(|_| DbError::Timeout)?.map_err(DbError::Pool)?;
    match timeout_at(deadline, work(&mut client)).await {
        Ok(done) => done,
        Err(_elapsed) => {
            drop(Object::take(client));
            Err(DbError::Timeout)
        }
    }
}

fn manager(
    config: &PostgresConfig,
    application: &str,
    statement_timeout: Duration,
) -> Result<Manager, PoolSetupError> {
    let mut driver =
        tokio_postgres::Config::from_str(config.url.expose()).map_err(PoolSetupError::Url)?;
    driver.application_name(application);
    driver.connect_timeout(CONNECT_TIMEOUT);
    // A server that vanished without a word is noticed within this time, not after TCP's 15 minutes.
    driver.tcp_user_timeout(Duration::from_secs(10));
    driver.keepalives_idle(Duration::from_secs(10));
    driver.options(format!(
        "{} -c statement_timeout={} -c TimeZone=UTC",
        driver.get_options().unwrap_or_default(),
        statement_timeout.as_millis()
    ));
    driver.ssl_mode(match config.ssl_mode {
        SslMode::Disable => DriverSslMode::Disable,
        SslMode::Prefer => DriverSslMode::Prefer,
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => DriverSslMode::Require,
    });
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let verification = match config.ssl_mode {
        SslMode::Disable => return Ok(Manager::from_config(driver, NoTls, recycling)),
        SslMode::Prefer | SslMode::Require => Verification::None,
        SslMode::VerifyCa => Verification::Chain,
        SslMode::VerifyFull => Verification::Full,
    };
    let tls =
        tls::client_config(verification, config.ca_file.as_deref()).map_err(PoolSetupError::Tls)?;
    Ok(Manager::from_config(driver, MakeRustlsConnect::new(tls), recycling))
}
