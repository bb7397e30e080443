//! Measures how soon alert rules tell of an event, and what thousands of them cost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use benches::alerts::api::Api;
use benches::alerts::cost::{self, Cost};
use benches::alerts::latency::{self, Doors};
use benches::alerts::page::{Report, distribution, markdown, within};
use benches::load::event::Events;
use benches::load::mix::Mix;
use benches::load::{Form, Plan};
use benches::measure::{Places, warm_up};
use benches::program;
use benches::summary::millis;
use benches::system::machine::Machine;
use benches::system::start_engines;
use benches::system::usage::{Group, Members};
use clap::Parser;
use deploy::engines::{EngineKind, Engines};
use deploy::receivers::{Behaviour, HttpReceiver};
use deploy::services::{Options, Service, Services};

/// The key that development has.
const KEY: &str = "test-api-key";

/// Errors that the load consists of.
const ERRORS: u64 = 100;

/// How long the load is sent before anything is measured.
const WARM_UP: Duration = Duration::from_secs(10);

/// Measures alert rules, and writes a report.
#[derive(Debug, Parser)]
struct Arguments {
    /// Firings whose latency is measured
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=5_000))]
    firings: u64,
    /// Rules whose cost is measured
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    rules: u64,
    /// Events a second meanwhile
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// Seconds of each run
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Pairs of runs, without rules and with them in turn
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
    /// Names the report
    #[arg(long, default_value = "alerts")]
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
    let options = Options::over(&engines)
        .set("ERROR_PAYLOADS_PER_HOUR", "1000000000")
        .set("NOTIFY_ALLOW_PRIVATE", "on");
    let services = Services::start(options).await.context("cannot start the services")?;
    let latencies = latencies(arguments, &services).await?;
    let costs = costs(arguments, &engines, &services).await?;
    services.stop().await;
    engines.stop().await;
    let command: Vec<String> = std::env::args().skip(1).collect();
    let report = Report {
        machine: &machine,
        arguments: &command.join(" "),
        latencies: &latencies,
        costs: &costs,
    };
    write(arguments, &report)?;
    Ok(ExitCode::SUCCESS)
}

async fn latencies(arguments: &Arguments, services: &Services) -> anyhow::Result<Vec<Duration>> {
    let receiver = HttpReceiver::start(Behaviour::Answer(200, String::new())).await?;
    let doors = Doors {
        ingest: Api::new(services.url(Service::Ingest), KEY),
        query: Api::new(services.url(Service::QueryApi), KEY),
    };
    tracing::info!("waiting for {} firings …", arguments.firings);
    let firings = usize::try_from(arguments.firings)?;
    let latencies = latency::measure(&doors, &receiver, firings).await?;
    tracing::info!("99 of 100 were told within {} ms", millis(within(&latencies, 99)));
    Ok(latencies)
}

async fn costs(
    arguments: &Arguments,
    engines: &Engines,
    services: &Services,
) -> anyhow::Result<Vec<Cost>> {
    let places = Places {
        ingest: services.url(Service::Ingest),
        worker: services.url(Service::Worker),
        postgres: engines.postgres_url(),
        amqp: engines.amqp_url(),
    };
    tracing::info!("warming up …");
    let (warming, mut plan) = plan(arguments, &places.ingest).after_warming(WARM_UP);
    warm_up(warming, &places).await?;
    let mut costs = Vec::new();
    for _ in 0..arguments.rounds {
        for rules in [0, arguments.rules] {
            tracing::info!("sending {} events a second, {rules} rules", arguments.rate);
            let groups = groups(engines, services);
            let (this, next) = plan.clone().after_warming(plan.duration);
            let cost = cost::take(this, &places, groups, rules).await?;
            tracing::info!("{cost:?}");
            costs.push(cost);
            plan = next;
        }
    }
    Ok(costs)
}

fn plan(arguments: &Arguments, url: &str) -> Plan {
    Plan {
        url: url.to_owned(),
        key: KEY.to_owned(),
        rate: arguments.rate,
        duration: Duration::from_secs(arguments.seconds),
        connections: 256,
        form: Form::batch(0),
        events: Events { mix: Mix::uniform(ERRORS), seed: 1, ids: false },
        first: 0,
        timeout: Duration::from_secs(30),
    }
}

/// The worker and Postgres.
fn groups(engines: &Engines, services: &Services) -> Vec<Group> {
    let worker = services.pid(Service::Worker).into_iter().collect();
    let postgres = engines.pids(EngineKind::Postgres);
    vec![
        Group { name: "worker", members: Members::Families(worker) },
        Group { name: "Postgres", members: Members::Families(postgres) },
    ]
}

fn write(arguments: &Arguments, report: &Report<'_>) -> anyhow::Result<()> {
    let stem = format!("{}-{}", report.machine.day, arguments.name);
    let chart = format!("{stem}.svg");
    fs::create_dir_all(&arguments.results).context("cannot make the folder of results")?;
    let page = arguments.results.join(format!("{stem}.md"));
    let text = markdown(report, &chart);
    let chart = arguments.results.join(chart);
    fs::write(chart, distribution(report.latencies)).context("cannot write the chart")?;
    fs::write(&page, &text).context("cannot write the report")?;
    tracing::info!("{text}\nthe report is {}", page.display());
    Ok(())
}
