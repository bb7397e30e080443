//! Fills the system over its public interface and measures how long reads take.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use benches::load::event::Events;
use benches::load::mix::Mix;
use benches::load::{Form, Plan};
use benches::measure::{Places, warm_up};
use benches::program;
use benches::reads::page::{Report, markdown};
use benches::reads::{Figures, Ids, Reader, all, bars};
use benches::system::database::{Counts, Database};
use benches::system::machine::Machine;
use benches::system::start_engines;
use clap::Parser;
use deploy::services::{Options, Service, Services};

/// The key that development has.
const KEY: &str = "test-api-key";

/// What filling sends in a second, in batches: less than the system takes.
const FILL_RATE: u64 = 12_000;

/// Ids that are asked for in turn.
const IDS: i64 = 1_000;

/// Measures how long reads take, and writes a report.
#[derive(Debug, Parser)]
struct Arguments {
    /// Events to store before
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    events: u64,
    /// Distinct errors that they belong to
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    errors: u64,
    /// Requests of each kind, computed, and as many from the cache
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    requests: u64,
    /// Names the report
    #[arg(long, default_value = "reads")]
    name: String,
    /// Where reports go
    #[arg(long, default_value = "benches/results")]
    results: PathBuf,
}

#[tokio::main(worker_threads = 1)]
async fn main() -> anyhow::Result<ExitCode> {
    program::run(Box::pin(perform(&Arguments::parse()))).await
}

async fn perform(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let machine = Machine::read(Path::new("."));
    let engines = start_engines(false).await?;
    tracing::info!("starting services …");
    let options = Options::over(&engines).set("ERROR_PAYLOADS_PER_HOUR", "1000000000");
    let services = Services::start(options).await.context("cannot start the services")?;
    let places = Places {
        ingest: services.url(Service::Ingest),
        worker: services.url(Service::Worker),
        postgres: engines.postgres_url(),
        amqp: engines.amqp_url(),
    };
    tracing::info!("storing {} events …", arguments.events);
    warm_up(filling(arguments, &places.ingest), &places).await?;
    let database = Database::open(&places.postgres).await.context("cannot reach Postgres")?;
    let (errors, events) = database.ids(IDS).await?;
    let service = services.url(Service::QueryApi);
    let reader = Reader::connect(&service, &engines.redis_url(), KEY).await?;
    let figures = read(reader, &Ids { errors, events }, arguments.requests).await?;
    let counts = database.counts().await?;
    services.stop().await;
    engines.stop().await;
    write(arguments, &machine, &counts, &figures)?;
    Ok(ExitCode::SUCCESS)
}

fn filling(arguments: &Arguments, url: &str) -> Plan {
    Plan {
        url: url.to_owned(),
        key: KEY.to_owned(),
        rate: FILL_RATE,
        duration: Duration::from_millis(arguments.events * 1_000 / FILL_RATE + 1),
        connections: 32,
        form: Form::batch(100),
        events: Events { mix: Mix::uniform(arguments.errors), seed: 1, ids: false },
        first: 0,
        timeout: Duration::from_secs(30),
    }
}

async fn read(mut reader: Reader, ids: &Ids, requests: u64) -> anyhow::Result<Vec<Figures>> {
    let mut figures = Vec::new();
    for question in all(ids) {
        let measured = reader.measure(&question, requests).await?;
        let median = measured.cold.quantile(0.5);
        tracing::info!("{}: computed in {median:?} (p50)", measured.name);
        figures.push(measured);
    }
    Ok(figures)
}

fn write(
    arguments: &Arguments,
    machine: &Machine,
    counts: &Counts,
    figures: &[Figures],
) -> anyhow::Result<()> {
    let command: Vec<String> = std::env::args().skip(1).collect();
    let report = Report {
        machine,
        name: &arguments.name,
        arguments: &command.join(" "),
        counts,
        times: arguments.requests,
        figures,
    };
    let stem = format!("{}-{}", machine.day, arguments.name);
    let (page, chart) = (format!("{stem}.md"), format!("{stem}.svg"));
    fs::create_dir_all(&arguments.results).context("cannot make the folder of results")?;
    let page = arguments.results.join(page);
    let text = markdown(&report, &chart);
    fs::write(arguments.results.join(&chart), bars::svg(figures)).context("cannot write")?;
    fs::write(&page, &text).context("cannot write the report")?;
    tracing::info!("{text}\nthe report is {}", page.display());
    Ok(())
}
