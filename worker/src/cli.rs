//! The commands of the `worker` binary.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use shared::config::EXIT_BAD_CONFIG;
use shared::ids::ProjectId;
use shared::telemetry::traces;
use shared::{lifecycle, telemetry};
use tokio::net::TcpListener;

use crate::config::{CommandConfig, Config};
use crate::dead_letters::commands::{self, Form, Which};
use crate::dead_letters::desk::{Desk, DeskError};
use crate::dead_letters::found::LetterId;
use crate::{admin, migrate};

/// Stores queued events; also migrates the database and manages keys.
#[derive(Debug, Parser)]
#[command(name = "worker", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (the default).
    Run,
    #[command(flatten)]
    Operate(Operation),
}

/// What an operator does beside the running service.
#[derive(Debug, Subcommand)]
enum Operation {
    /// Bring the database to this version's schema. Safe to run twice, and at once on many machines.
    Migrate,
    /// Manage keys.
    #[command(subcommand)]
    Admin(Admin),
    /// Look at events that could not be stored, try them again, or drop them. One command at a time:
    /// a second one fails while the first has letters in hand.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
}

#[derive(Debug, Subcommand)]
enum DeadLetters {
    /// Show a line about each letter; nothing is removed.
    List {
        /// Letters at most; which ones of more is up to the broker.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Write JSON: how many there are, and the letters.
        #[arg(long)]
        json: bool,
    },
    /// Show everything about one letter; it is not removed.
    Show {
        /// The letter's id, as `list` shows it.
        id: String,
        /// Write JSON.
        #[arg(long)]
        json: bool,
    },
    /// Have the worker store letters again, once their cause is mended. An event that was stored
    /// meanwhile counts once; one that still can't be stored becomes a letter again.
    Replay(Chosen),
    /// Remove letters for good, with the events in them.
    Drop {
        #[command(flatten)]
        chosen: Chosen,
        /// With `--all`: yes, every one of them.
        #[arg(long, required_if_eq("all", "true"))]
        yes: bool,
    },
}

#[derive(Debug, Args)]
struct Chosen {
    /// Ids of letters, as `list` shows them; if one is unknown, the others are still handled.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<String>,
    /// All letters that are there now.
    #[arg(long)]
    all: bool,
}

impl Chosen {
    fn which(&self) -> Which {
        if self.all { Which::All } else { Which::named(&self.ids) }
    }
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Make an API key and show it this once.
    CreateKey(CreateKey),
    /// Show a project's DSN.
    Dsn {
        /// The project's number.
        #[arg(long, default_value_t = 1)]
        project: i32,
    },
}

#[derive(Debug, Args)]
struct CreateKey {
    /// What the key is for.
    #[arg(long)]
    name: String,
    /// Any of ingest, read, write, admin, between commas.
    #[arg(long, value_delimiter = ',', required = true)]
    permissions: Vec<shared::access::Permission>,
    /// The one project the key belongs to; without it the key is for the whole installation.
    #[arg(long)]
    project: Option<i32>,
}

/// Reads the command line, runs the command, and turns its failure into an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let lookup = &shared::config::process_environment;
    let begun = match cli.command.unwrap_or(Command::Run) {
        Command::Run => Config::from_lookup(lookup).map(run),
        Command::Operate(operation) => {
            CommandConfig::from_lookup(lookup).map(|config| operate(operation, config))
        }
    };
    match begun {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            complain(&format!("worker: {error:#}"));
            ExitCode::FAILURE
        }
        Err(problems) => {
            complain(&problems.to_string());
            ExitCode::from(EXIT_BAD_CONFIG)
        }
    }
}

#[tokio::main]
async fn run(config: Config) -> anyhow::Result<()> {
    let metrics = telemetry::init(&config.service)?;
    let traces = traces::start(config.service.traces.as_ref(), "errata-worker")?;
    let listener = TcpListener::bind(config.service.listen).await?;
    let ended = crate::run(config, listener, metrics, lifecycle::shutdown_signal()?).await;
    traces.flush().await;
    ended
}

#[tokio::main]
async fn operate(operation: Operation, config: CommandConfig) -> anyhow::Result<()> {
    match operation {
        Operation::Migrate => {
            let applied = migrate::run(&config.postgres, config.service.environment).await?;
            say(&format!("{applied} migrations applied; the schema is up to date"));
            Ok(())
        }
        Operation::Admin(Admin::CreateKey(key)) => {
            let project = key.project.map(ProjectId);
            say(&admin::create_key(&config, &key.name, &key.permissions, project).await?);
            Ok(())
        }
        Operation::Admin(Admin::Dsn { project }) => {
            say(&admin::dsn(&config, ProjectId(project)).await?);
            Ok(())
        }
        Operation::DeadLetters(command) => {
            let desk = Desk::open(&config.broker, &config.service.namespace).await?;
            let done = handle_letters(&desk, command).await;
            // Whatever came of it, the broker is to hear of what was done.
            let closed = desk.close().await;
            Ok(done.and(closed)?)
        }
    }
}

async fn handle_letters(desk: &Desk, command: DeadLetters) -> Result<(), DeskError> {
    let form = |json: bool| if json { Form::Json } else { Form::People };
    let out = &mut std::io::stdout();
    match command {
        DeadLetters::List { limit, json } => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            commands::list(desk, limit, form(json), out).await
        }
        DeadLetters::Show { id, json } => {
            commands::show(desk, &LetterId::new(&id), form(json), out).await
        }
        DeadLetters::Replay(chosen) => commands::replay(desk, &chosen.which(), out).await,
        DeadLetters::Drop { chosen, .. } => commands::discard(desk, &chosen.which(), out).await,
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the logger is not running yet")]
fn complain(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_commands_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[track_caller]
    fn check(args: &str, accepted: bool) {
        let args = ["worker", "dead-letters"].into_iter().chain(args.split(' '));
        assert_eq!(Cli::try_parse_from(args).is_ok(), accepted);
    }

    #[test]
    fn letters_are_replayed_and_dropped_by_name_or_all_of_them() {
        check("replay a b", true);
        check("replay --all", true);
        check("replay", false);
        check("replay a --all", false);
        check("drop a b", true);
        check("drop --all --yes", true);
        check("drop --all", false);
        check("drop --yes", false);
        check("drop", false);
    }

    #[test]
    fn a_list_has_a_bound() {
        check("list", true);
        check("list --limit 10000 --json", true);
        check("list --limit 10001", false);
        check("list --limit 0", false);
    }
}
