//! Measures everything that has a bar, one kind of load after the other, each on throw-away engines of its
//! own, and writes the table.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use benches::options::setting;
use benches::program;
use benches::report::bars;
use benches::system::machine::Machine;
use benches::table::kind::{Kind, Scale};
use benches::table::page::{Page, rows, write};
use benches::table::run::run;
use benches::table::{Entry, rows::rate};
use clap::{Parser, ValueEnum as _};

/// Measures everything that has a bar, and writes the table.
#[derive(Debug, Parser)]
struct Arguments {
    /// Measure only these kinds of load
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Kind>,
    /// Seconds of each load, instead of its own
    #[arg(long, value_parser = clap::value_parser!(u64).range(2..=3_600))]
    seconds: Option<u64>,
    /// Percent of each load's rate
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    percent: u64,
    /// Names the report
    #[arg(long, default_value = "table")]
    name: String,
    /// Where reports go
    #[arg(long, default_value = "benches/results")]
    results: PathBuf,
    /// A setting for the services, such as WORKER_LANES=4; may be repeated
    #[arg(long = "set", value_parser = setting, value_name = "NAME=VALUE")]
    settings: Vec<(String, String)>,
}

#[tokio::main(worker_threads = 1)]
async fn main() -> anyhow::Result<ExitCode> {
    program::run(Box::pin(perform(&Arguments::parse()))).await
}

async fn perform(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let machine = Machine::read(Path::new("."));
    let entries = entries(arguments).await;
    let command: Vec<String> = std::env::args().skip(1).collect();
    let page = Page {
        name: &arguments.name,
        arguments: &command.join(" "),
        machine: &machine,
        entries: &entries,
    };
    let path = write(&page, &arguments.results).context("cannot write the report")?;
    tracing::info!("{}\nthe report is {}", bars::markdown(&rows(&entries)), path.display());
    let wrong = entries.iter().filter(|entry| !entry.holds()).map(|entry| entry.kind.name());
    let wrong: Vec<&str> = wrong.collect();
    anyhow::ensure!(wrong.is_empty(), "failed or stored wrongly: {}", wrong.join(", "));
    Ok(ExitCode::SUCCESS)
}

/// Measures one kind after the other; what fails is told, and the others go on.
async fn entries(arguments: &Arguments) -> Vec<Entry> {
    let kinds: Vec<Kind> = Kind::value_variants()
        .iter()
        .copied()
        .filter(|kind| arguments.only.is_empty() || arguments.only.contains(kind))
        .collect();
    let scale = Scale { percent: arguments.percent, seconds: arguments.seconds };
    let mut entries = Vec::with_capacity(kinds.len());
    let mut first = None;
    for kind in kinds {
        tracing::info!("\n{}: {}", kind.name(), kind.what());
        let result = Box::pin(run(kind, scale, &arguments.settings, first)).await;
        match &result {
            Ok(ran) if kind == Kind::Single => first = Some(rate(&ran.measured)),
            Ok(_) => {}
            Err(error) => tracing::error!("{} failed: {error:#}", kind.name()),
        }
        entries.push(Entry { kind, result });
    }
    entries
}
