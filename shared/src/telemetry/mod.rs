//! Logs and metrics. Metric names live in [`metrics`] and nowhere else.

pub mod metrics;

use std::error::Error;
use std::fmt;
use std::io::IsTerminal as _;

pub use metrics_exporter_prometheus::PrometheusHandle;
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
    /// Each error's own text, outermost first, at most 16.
    pub fn lines(&self) -> impl Iterator<Item = String> + use<'a> {
        let mut next: Option<&(dyn Error + 'static)> = Some(self.0);
        std::iter::from_fn(move || {
            let error = next?;
            next = error.source();
            Some(error.to_string())
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
