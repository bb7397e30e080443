//! The `ingest` binary.

use std::process::ExitCode;

use ingest::config::Config;
use shared::config::EXIT_BAD_CONFIG;
use shared::telemetry::traces;
use shared::{lifecycle, telemetry};
use tokio::net::TcpListener;

fn main() -> ExitCode {
    let config = match Config::from_lookup(&shared::config::process_environment) {
        Ok(config) => config,
        Err(problems) => {
            complain(&problems.to_string());
            return ExitCode::from(EXIT_BAD_CONFIG);
        }
    };
    match serve(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("ingest: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(config: Config) -> anyhow::Result<()> {
    let metrics = telemetry::init(&config.service)?;
    let traces = traces::start(config.service.traces.as_ref(), "errata-ingest")?;
    let listener = TcpListener::bind(config.service.listen).await?;
    let ended = ingest::run(config, listener, metrics, lifecycle::shutdown_signal()?).await;
    traces.flush().await;
    ended
}

#[expect(clippy::print_stderr, reason = "the logger may not be running")]
fn complain(text: &str) {
    eprintln!("{text}");
}
