//! Measures the whole system on this machine: throw-away engines, the services, load, and the proof
//! that everything accepted is stored once.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use benches::load::Outcome;
use benches::measure::{Measured, Places, measure, warm_up};
use benches::options::LoadOptions;
use benches::program;
use benches::report;
use benches::report::check::checks;
use benches::report::page::Report;
use benches::system::database::{Database, Statement};
use benches::system::machine::Machine;
use benches::system::start_engines;
use benches::system::usage::{Group, Members};
use clap::Parser;
use deploy::engines::{EngineKind, Engines};
use deploy::services::{Options, Service, Services};

/// Measures the whole system on this machine and writes a report.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    load: LoadOptions,
    /// Names the report
    #[arg(long, default_value = "bench")]
    name: String,
    /// Where reports go
    #[arg(long, default_value = "benches/results")]
    results: PathBuf,
    /// A setting for the services, such as WORKER_LANES=4; may be repeated
    #[arg(long = "set", value_parser = setting, value_name = "NAME=VALUE")]
    settings: Vec<(String, String)>,
    /// Send through the edge (HAProxy) instead of directly to ingest
    #[arg(long)]
    edge: bool,
    /// Watch what each SQL statement costs, which itself costs a little
    #[arg(long)]
    statements: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("not of the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main(worker_threads = 1)]
async fn main() -> anyhow::Result<ExitCode> {
    program::run(Box::pin(perform(&Arguments::parse()))).await
}

async fn perform(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let machine = Machine::read(Path::new("."));
    let engines = start_engines(arguments.statements).await?;
    let services = start_services(&engines, arguments).await?;
    let groups = groups(&engines, &services)?;
    let places = places(&engines, &services);
    let url = if arguments.edge { services.edge_url() } else { places.ingest.clone() };

    let (plan, warming) = warmed(arguments, &url, &places).await?;
    let database = Database::open(&places.postgres).await.context("cannot reach Postgres")?;
    if arguments.statements {
        database.watch_statements().await.context("cannot watch the statements")?;
    }
    tracing::info!("sending {} events a second for {:?}", plan.rate, plan.duration);
    let names: Vec<&str> = groups.iter().map(|group| group.name).collect();
    let measured = measure(plan, &places, groups).await?;
    let statements = statements(arguments, &database).await?;
    services.stop().await;
    engines.stop().await;
    conclude(arguments, &machine, &measured, warming.as_ref(), &names, &statements)
}

async fn start_services(engines: &Engines, arguments: &Arguments) -> anyhow::Result<Services> {
    tracing::info!("starting services …");
    // Every event is stored whole unless a setting says otherwise, however few errors there are.
    let mut options = Options::over(engines).set("ERROR_PAYLOADS_PER_HOUR", "1000000000");
    for (name, value) in &arguments.settings {
        options = options.set(name, value);
    }
    if arguments.edge {
        options = options.with_edge();
    }
    Services::start(options).await.context("cannot start the services")
}

/// Everything that takes processor time, the load generator first.
fn groups(engines: &Engines, services: &Services) -> anyhow::Result<Vec<Group>> {
    let me = i32::try_from(std::process::id()).context("an impossible process id")?;
    let mut groups = vec![Group { name: "load generator", members: Members::One(me) }];
    let service = |name, service| Group {
        name,
        members: Members::Families(services.pid(service).into_iter().collect()),
    };
    groups.push(service("ingest", Service::Ingest));
    groups.push(service("worker", Service::Worker));
    groups.push(service("query-api", Service::QueryApi));
    let engine = |name, kind| Group { name, members: Members::Families(engines.pids(kind)) };
    groups.push(engine("Postgres", EngineKind::Postgres));
    groups.push(engine("RabbitMQ", EngineKind::RabbitMq));
    groups.push(engine("Redis", EngineKind::Redis));
    Ok(groups)
}

fn places(engines: &Engines, services: &Services) -> Places {
    Places {
        ingest: services.url(Service::Ingest),
        worker: services.url(Service::Worker),
        postgres: engines.postgres_url(),
        amqp: engines.amqp_url(),
    }
}

/// Warms up where that was asked for; what to measure comes back with what was sent before.
async fn warmed(
    arguments: &Arguments,
    url: &str,
    places: &Places,
) -> anyhow::Result<(benches::load::Plan, Option<Outcome>)> {
    let plan = arguments.load.plan(url);
    let Some(warming) = arguments.load.warming() else { return Ok((plan, None)) };
    tracing::info!("warming up …");
    let (first, then) = plan.after_warming(warming);
    Ok((then, Some(warm_up(first, places).await?)))
}

async fn statements(arguments: &Arguments, database: &Database) -> anyhow::Result<Vec<Statement>> {
    if !arguments.statements {
        return Ok(Vec::new());
    }
    database.slowest_statements().await.context("cannot read what the statements cost")
}

fn conclude(
    arguments: &Arguments,
    machine: &Machine,
    measured: &Measured,
    warming: Option<&Outcome>,
    groups: &[&'static str],
    statements: &[Statement],
) -> anyhow::Result<ExitCode> {
    let checks = checks(measured, warming);
    let command: Vec<String> = std::env::args().skip(1).collect();
    let report = Report {
        name: &arguments.name,
        arguments: &command.join(" "),
        machine,
        measured,
        checks: &checks,
        groups,
        statements,
    };
    let path = report::write(&report, &arguments.results).context("cannot write the report")?;
    tracing::info!("{}", report::page::markdown(&report, &[]));
    tracing::info!("the report is {}", path.display());
    let wrong: Vec<&str> = checks.iter().filter(|check| !check.holds()).map(|c| c.what).collect();
    anyhow::ensure!(wrong.is_empty(), "what is stored is wrong: {}", wrong.join(", "));
    Ok(ExitCode::SUCCESS)
}
