//! Measures Errata and Bugsink with the same envelopes, one after the other.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use benches::compare::bodies::Bodies;
use benches::compare::client::Load;
use benches::compare::page::{Pair, Report, markdown};
use benches::compare::turn::{Plan, Turn, take};
use benches::compare::{Product, bugsink, chart};
use benches::program;
use benches::sdk::{Envelopes, Size};
use benches::system::machine::Machine;
use clap::Parser;

/// Envelopes made for each second that Errata is sent them: more than two cores take. When they run out, the
/// measurement ends early, and the rate is still one.
const SMALL_A_SECOND: u64 = 12_000;
const LARGE_A_SECOND: u64 = 4_000;

/// Measures Errata and Bugsink with the same envelopes, and writes a report.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder of Bugsink's programs
    #[arg(long)]
    tools: PathBuf,
    /// Seconds in which each of the two is sent each kind of envelope
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Seconds to warm up before
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    warmup: u64,
    /// Connections, each with one request at a time
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    connections: u16,
    /// Distinct errors that the events belong to
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    errors: u64,
    /// Names the report
    #[arg(long, default_value = "compare")]
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
    let tools = fs::canonicalize(&arguments.tools).context("cannot find Bugsink's programs")?;
    // Programs of a virtual environment find each other beside themselves.
    let tools = tools.join("bin");
    let versions = bugsink::versions(&tools).await.context("Bugsink is not installed")?;
    let load = Load {
        connections: arguments.connections.into(),
        duration: Duration::from_secs(arguments.seconds),
    };
    let plan = Plan { tools: &tools, load, warmup: Duration::from_secs(arguments.warmup) };
    // Each of the two is once the first, so that none has the machine always cold or always warm.
    let small = pair(arguments, plan, Size::Small, [Product::Bugsink, Product::Errata]).await?;
    let large = pair(arguments, plan, Size::Large, [Product::Errata, Product::Bugsink]).await?;
    write(arguments, plan, (&machine, &versions), &[small, large])?;
    Ok(ExitCode::SUCCESS)
}

/// Both with the envelopes of one size, in this order.
async fn pair(
    arguments: &Arguments,
    plan: Plan<'_>,
    size: Size,
    order: [Product; 2],
) -> anyhow::Result<Pair> {
    tracing::info!("making envelopes …");
    let a_second = match size {
        Size::Small => SMALL_A_SECOND,
        Size::Large => LARGE_A_SECOND,
    };
    let count = a_second * (arguments.seconds + arguments.warmup);
    let at = shared::time::format(shared::time::now());
    let envelopes = Envelopes { size, errors: arguments.errors, at };
    let making = tokio::task::spawn_blocking(move || Bodies::make(&envelopes, count));
    let bodies = making.await.context("making envelopes failed")??;
    tracing::info!("{count} envelopes of {} bytes on the wire", bodies.mean_bytes());
    let [first, second] = order;
    let first = told(take(first, size, &bodies.again(), plan).await?);
    let second = told(take(second, size, &bodies.again(), plan).await?);
    Ok(match first.product {
        Product::Bugsink => Pair { bugsink: first, errata: second },
        Product::Errata => Pair { bugsink: second, errata: first },
    })
}

/// A line about a turn.
fn told(turn: Turn) -> Turn {
    tracing::info!(
        "{} stored {} of {} events, {:.0} a second, with {:.3} CPU s for 1,000",
        turn.product.name(),
        turn.stored,
        turn.sent.accepted,
        turn.rate(),
        turn.cpu_for_thousand(),
    );
    turn
}

fn write(
    arguments: &Arguments,
    plan: Plan<'_>,
    (machine, versions): (&Machine, &str),
    pairs: &[Pair],
) -> anyhow::Result<()> {
    let command = format!(
        "--seconds {} --warmup {} --connections {} --errors {}",
        arguments.seconds, arguments.warmup, arguments.connections, arguments.errors
    );
    let report = Report {
        machine,
        name: &arguments.name,
        arguments: &command,
        versions,
        load: plan.load,
        warmup: plan.warmup,
        pairs,
    };
    let stem = format!("{}-{}", machine.day, arguments.name);
    let (page, drawing) = (format!("{stem}.md"), format!("{stem}.svg"));
    let text = markdown(&report, &drawing);
    fs::create_dir_all(&arguments.results).context("cannot make the folder of results")?;
    fs::write(arguments.results.join(&drawing), chart::svg(pairs)).context("cannot write")?;
    let page = arguments.results.join(page);
    fs::write(&page, &text).context("cannot write the report")?;
    tracing::info!("{text}\nthe report is {}", page.display());
    Ok(())
}
