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
    #[command(flatten)]
    Here(Here),
    /// Run a command with throw-away engines, named in TEST_DATABASE_URL and so on
    Run {
        /// Run the whole system on them, too, and name its edge in ERRATA_URL
        #[arg(long)]
        services: bool,
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

/// What is done to the stack of the present folder.
#[derive(Debug, Subcommand)]
enum Here {
    /// Start everything that does not run yet, and wait until all of it is healthy
    Up {
        /// Report the errors of a shop besides, so that there is something to look at
        #[arg(long)]
        demo: bool,
    },
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
}

/// What a shell reports for a command that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    show_progress();
    match perform(Arguments::parse().action).await {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn perform(action: Action) -> anyhow::Result<ExitCode> {
    let interrupted = interrupted()?;
    match action {
        Action::Run { services, command } => run(&command, services, interrupted).await,
        // Dropping what is under way puts back the files that were replaced for an installation.
        Action::Here(action) => tokio::select! {
            result = perform_here(action) => result,
            () = interrupted => Ok(ExitCode::from(INTERRUPTED)),
        },
    }
}

async fn run(
    command: &[OsString],
    services: bool,
    interrupted: impl Future<Output = ()>,
) -> anyhow::Result<ExitCode> {
    let Some(status) = stack::run(command, services, interrupted).await? else {
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn perform_here(action: Here) -> anyhow::Result<ExitCode> {
    let root = std::env::current_dir().context("cannot find the present folder")?;
    let settings = Settings::from_env(&root)?;
    match action {
        Here::Up { demo } => {
            print::address(&stack::up(&settings).await?)?;
            if demo {
                stack::demo(&settings).await?;
            }
        }
        Here::Down => stack::down(&settings).await?,
        Here::Reset { yes } => {
            if !yes && !print::confirmed("This removes all data of the stack. Go on? [y/N] ")? {
                return Ok(ExitCode::FAILURE);
            }
            stack::reset(&settings).await?;
        }
        Here::Status => return print::status(&stack::status(&settings).await?),
        Here::Install => ensure_installed(&Program::ALL).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Ends with the first SIGTERM or SIGINT from now on.
fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
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
