//! Logs, metrics and spans. Metric names live in [`metrics`], what spans say in [`traces`], and nowhere else.

pub mod metrics;
pub mod traces;

use std::error::Error;
use std::fmt;
use std::io::IsTerminal as _;

pub use metrics_exporter_prometheus::PrometheusHandle;
use tokio_postgres::error::DbError as PostgresError;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Environment, ServiceConfig};

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TelemetryError {
    #[error("failed to install the logger")]
    Logs(#[source] tracing_subscriber::util::TryInitError),
    #[error("failed to install the metrics recorder")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
}

/// The broker's client logs messages that no queue took, byte by byte.
const NEVER_LOGGED: &str = "lapin::returned_messages=off";

/// Starts logging (JSON lines outside development, readable lines in it) and the metrics recorder,
/// whose handle renders `/metrics`.
///
/// # Errors
/// When either was started in this process before.
pub fn init(config: &ServiceConfig) -> Result<PrometheusHandle, TelemetryError> {
    let filter = EnvFilter::new(format!("{},{NEVER_LOGGED}", config.log_level));
    let registry = tracing_subscriber::registry().with(filter);
    match config.environment {
        Environment::Development => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        Environment::Staging | Environment::Production => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
    }
    .map_err(TelemetryError::Logs)?;
    metrics::install().map_err(TelemetryError::Metrics)
}

/// Shows an error with all its causes: `outermost: … : innermost`.
#[derive(Debug)]
pub struct ErrorChain<'a>(pub &'a (dyn Error + 'static));

impl<'a> ErrorChain<'a> {
    /// Each error's own text, outermost first, at most 16. None quotes a row of the database.
    pub fn lines(&self) -> impl Iterator<Item = String> + use<'a> {
        let mut next: Option<&(dyn Error + 'static)> = Some(self.0);
        std::iter::from_fn(move || {
            let error = next?;
            next = error.source();
            Some(text(error))
        })
        .take(16)
    }
}

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, line) in self.lines().enumerate() {
            if depth > 0 {
                f.write_str(": ")?;
            }
            f.write_str(&line)?;
        }
        Ok(())
    }
}

/// An error's own text. Of what Postgres says, only what names the fault: the rest of it (detail,
/// hint, where) quotes the refused row, which is people's data.
fn text(error: &(dyn Error + 'static)) -> String {
    let Some(error) = error.downcast_ref::<PostgresError>() else { return error.to_string() };
    let (severity, code) = (error.severity(), error.code().code());
    let mut text = format!("{severity}: {} (SQLSTATE {code}", error.message());
    let places =
        [("constraint", error.constraint()), ("table", error.table()), ("column", error.column())];
    for (kind, name) in places {
        if let Some(name) = name {
            text.extend([", ", kind, " ", name]);
        }
    }
    text.push(')');
    text
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio_postgres::NoTls;

    use super::*;

    /// The error that a client has from a server that says this; each field begins with its letter.
    async fn said_by_postgres(fields: &[&str]) -> tokio_postgres::Error {
        let body: String = fields.iter().flat_map(|field| [field, "\0"]).collect::<String>() + "\0";
        let (client, mut server) = tokio::io::duplex(4096);
        let length = u32::try_from(body.len() + 4).unwrap();
        server
            .write_all(&[b"E", &length.to_be_bytes()[..], body.as_bytes()].concat())
            .await
            .unwrap();
        let connecting =
            tokio_postgres::Config::new().user("test").connect_raw(client, NoTls).await;
        connecting.err().unwrap()
    }

    async fn check(fields: &[&str], expected: &str) {
        let error = said_by_postgres(fields).await;
        assert_eq!(ErrorChain(&error).to_string(), expected);
    }

    #[tokio::test]
    async fn what_postgres_says_of_a_row_is_left_out() {
        let refused = [
            "SERROR",
            "C23514",
            "Mnew row violates check constraint \"fault\"",
            "DFailing row contains (the message).",
            "HTry another message.",
            "WCOPY events, line 1: the message",
        ];
        let expected =
            "db error: ERROR: new row violates check constraint \"fault\" (SQLSTATE 23514";
        check(&refused, &format!("{expected})")).await;
        let placed = [&refused[..], &["nfault", "terrors", "cmessage"]].concat();
        let places = ", constraint fault, table errors, column message)";
        check(&placed, &format!("{expected}{places}")).await;
    }

    #[test]
    fn other_errors_are_shown_as_they_are() {
        let cause =
            TelemetryError::Metrics(metrics_exporter_prometheus::BuildError::ZeroBucketDuration);
        let text = ErrorChain(&cause).to_string();
        assert!(text.starts_with("failed to install the metrics recorder: "), "{text}");
    }
}
