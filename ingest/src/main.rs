//! The `ingest` binary.

use std::process::ExitCode;

use ingest::config::Config;
use shared::config::EXIT_BAD_CONFIG;
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
    let listener = TcpListener::bind(config.service.listen).await?;
    ingest::run(config, listener, metrics, lifecycle::shutdown_signal()?).await
}

#[expect(clippy::print_stderr, reason = "the logger may not be running")]
fn complain(text: &str) {
    eprintln!("{text}");
}
