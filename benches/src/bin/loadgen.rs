//! Sends errors to a running installation at a fixed rate and reports how it answered.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use benches::load::tally::Second;
use benches::load::{self, Outcome, Plan};
use benches::options::LoadOptions;
use benches::summary::{Progress, Summary};
use clap::Parser;

/// Sends errors at a fixed rate, whatever the answers do, and reports latencies from the moment at
/// which each request was due.
#[derive(Debug, Parser)]
struct Arguments {
    /// Base address of the service
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    #[command(flatten)]
    load: LoadOptions,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut plan = arguments.load.plan(&arguments.url);
    if let Some(warming) = arguments.load.warming() {
        let (first, then) = plan.after_warming(warming);
        say("warming up")?;
        send(first)?;
        plan = then;
    }
    say(&format!("sending {} events a second for {:?}", plan.rate, plan.duration))?;
    let outcome = send(plan)?;
    write!(io::stdout(), "{}", Summary(&outcome)).context("cannot print the summary")?;
    let all_accepted = outcome.tally.accepted == outcome.tally.events;
    Ok(if all_accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn send(plan: Plan) -> anyhow::Result<Outcome> {
    // Progress that nobody can read is no reason to stop measuring.
    let progress = |second: &Second| drop(say(&Progress(second).to_string()));
    load::run(plan, progress).context("cannot send the load")
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{line}")
}
