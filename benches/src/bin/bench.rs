//! Measures the whole system under one load: throw-away engines, the services, load, and the proof that
//! everything accepted is stored once.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use benches::load::Outcome;
use benches::measure::{Measured, Places, measure, warm_up};
use benches::options::{LoadOptions, setting};
use benches::program;
use benches::report;
use benches::report::check::checks;
use benches::report::page::Report;
use benches::system::database::{Database, Statement};
use benches::system::machine::Machine;
use benches::system::stand::{Setup, Stand};
use clap::Parser;

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

#[tokio::main(worker_threads = 1)]
async fn main() -> anyhow::Result<ExitCode> {
    program::run(Box::pin(perform(&Arguments::parse()))).await
}

async fn perform(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let machine = Machine::read(Path::new("."));
    let settings = arguments.settings.clone();
    let setup = Setup { settings, edge: arguments.edge, watched: arguments.statements };
    let stand = Stand::start(&setup).await?;
    let (groups, places) = (stand.groups()?, stand.places());

    let (plan, warming) = warmed(arguments, &stand.door(), &places).await?;
    let database = Database::open(&places.postgres).await.context("cannot reach Postgres")?;
    if arguments.statements {
        database.watch_statements().await.context("cannot watch the statements")?;
    }
    tracing::info!("sending {} events a second for {:?}", plan.rate, plan.duration);
    let names: Vec<&str> = groups.iter().map(|group| group.name).collect();
    let measured = measure(plan, &places, groups).await?;
    let statements = statements(arguments, &database).await?;
    stand.stop().await;
    conclude(arguments, &machine, &measured, warming.as_ref(), &names, &statements)
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
