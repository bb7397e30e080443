//! Fills an installation with the errors of a shop, past and present, to be looked at.

use std::process::ExitCode;

use benches::{demo, program};
use clap::Parser;

/// Reports the errors of a shop until it is ended.
#[derive(Debug, Parser)]
struct Arguments {
    /// Base address of the installation
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A key of the installation with every permission
    #[arg(long, default_value = "test-api-key")]
    key: String,
    /// Days that the shop has been open for
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=29))]
    days: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let Arguments { url, key, days } = Arguments::parse();
    program::run(async {
        demo::run(&url, &key, days).await?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}
