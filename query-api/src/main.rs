//! Starts the query API.

use std::process::ExitCode;

use anyhow::Context as _;
use query_api::Config;
use shared::config::{ConfigError, EXIT_BAD_CONFIG};
use shared::telemetry::traces;
use shared::{lifecycle, telemetry};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = start().await else {
        return ExitCode::SUCCESS;
    };
    complain(&error);
    if error.is::<ConfigError>() { ExitCode::from(EXIT_BAD_CONFIG) } else { ExitCode::FAILURE }
}

async fn start() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    let metrics = telemetry::init(&config.service)?;
    let traces = traces::start(config.service.traces.as_ref(), "errata-query-api")?;
    let address = config.service.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("failed to listen on {address}"))?;
    let ended = query_api::run(config, listener, metrics, lifecycle::shutdown_signal()?).await;
    traces.flush().await;
    Ok(ended?)
}

#[expect(
    clippy::print_stderr,
    reason = "the logger may not have started; whoever started the process reads stderr"
)]
fn complain(error: &anyhow::Error) {
    eprintln!("query-api: {error:#}");
}
