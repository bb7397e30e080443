//! The command behind `make up`, `make down` and `make test`.

mod print;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use deploy::{Program, Settings, ensure_installed, stack};
use tokio::signal::unix::{SignalKind, signal};

/// Runs the whole system on this machine: engines, services and the edge.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start everything that does not run yet, and wait until all of it is healthy
    Up,
    /// End what `up` started; data is kept
    Down,
    /// End what `up` started and remove all data
    Reset {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Show what runs
    Status,
    /// Install the programs that the stack needs
    Install,
    /// Run a command with throw-away engines, named in TEST_DATABASE_URL and so on
    Run {
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    show_progress();
    let arguments = Arguments::parse();
    // Dropping what is under way puts everything back: engines end, and files that were replaced
    // for an installation return.
    let result = tokio::select! {
        result = perform(arguments.action) => result,
        signal = interrupted() => signal,
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn perform(action: Action) -> anyhow::Result<ExitCode> {
    let root = std::env::current_dir().context("cannot find the present folder")?;
    let settings = Settings::from_env(&root)?;
    match action {
        Action::Up => print::address(&stack::up(&settings).await?)?,
        Action::Down => stack::down(&settings).await?,
        Action::Reset { yes } => {
            if !yes && !print::confirmed("This removes all data of the stack. Go on? [y/N] ")? {
                return Ok(ExitCode::FAILURE);
            }
            stack::reset(&settings).await?;
        }
        Action::Status => return print::status(&stack::status(&settings).await?),
        Action::Install => ensure_installed(&Program::ALL).await?,
        Action::Run { command } => {
            let status = stack::run(&command).await?;
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Ends with the exit code that a shell would report for the signal.
async fn interrupted() -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => Ok(ExitCode::from(143)),
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
    }
}

/// Progress is for people: one plain line for each step.
fn show_progress() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false)
        .with_level(false)
        .with_ansi(false)
        .init();
}
