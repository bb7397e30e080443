//! Measures what live clients cost the query API in memory while events flow.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use benches::live::Listeners;
use benches::load::event::Events;
use benches::load::mix::Mix;
use benches::load::{self, Form, Plan};
use benches::program;
use benches::system::start_engines;
use benches::system::usage::{Group, Members, Sampler};
use clap::Parser;
use deploy::services::{Options, Service, Services};

/// The key that development has.
const KEY: &str = "test-api-key";

/// Measures the memory of the query API without and with live clients.
#[derive(Debug, Parser)]
struct Arguments {
    /// Clients, half of them by WebSocket and half by server-sent events
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=2_000))]
    clients: u64,
    /// Events a second
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    rate: u64,
    /// Seconds of each of the two measurements
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
}

#[tokio::main(worker_threads = 1)]
async fn main() -> anyhow::Result<ExitCode> {
    program::run(Box::pin(perform(&Arguments::parse()))).await
}

async fn perform(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let engines = start_engines(false).await?;
    let services = Services::start(Options::over(&engines)).await.context("cannot start")?;
    let mut listeners = Listeners::default();
    let (before, _) = measure(arguments, &services, &listeners).await?;
    tracing::info!("without clients: {:.1} MB at most", megabytes(before));
    let service = services.url(Service::QueryApi);
    listeners.connect(&service, KEY, arguments.clients).await?;
    let (with, messages) = measure(arguments, &services, &listeners).await?;
    tracing::info!(
        "with {} of {} clients to the end, {messages} messages: {:.1} MB at most",
        listeners.connected(),
        arguments.clients,
        megabytes(with)
    );
    drop(listeners);
    services.stop().await;
    engines.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The most memory that the query API held while events came, and the messages that were heard.
async fn measure(
    arguments: &Arguments,
    services: &Services,
    listeners: &Listeners,
) -> anyhow::Result<(u64, u64)> {
    let pid = services.pid(Service::QueryApi).context("the query API does not run")?;
    let before = listeners.messages();
    let sampler = Sampler::start(vec![Group { name: "query-api", members: Members::One(pid) }])?;
    let plan = Plan {
        url: services.url(Service::Ingest),
        key: KEY.to_owned(),
        rate: arguments.rate,
        duration: Duration::from_secs(arguments.seconds),
        connections: 8,
        form: Form::batch(1),
        events: Events { mix: Mix::uniform(2_000), seed: 1, ids: false },
        first: 0,
        timeout: Duration::from_secs(30),
    };
    let outcome = tokio::task::spawn_blocking(|| load::run(plan, |_| {})).await??;
    let tally = &outcome.tally;
    anyhow::ensure!(tally.accepted == tally.events, "events were refused");
    let samples = sampler.finish();
    let most = samples.iter().flat_map(|sample| &sample.groups).map(|usage| usage.memory).max();
    Ok((most.unwrap_or_default(), listeners.messages() - before))
}

#[expect(clippy::cast_precision_loss, reason = "megabytes with one digit are shown")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
