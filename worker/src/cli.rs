//! The commands of the `worker` binary.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use shared::config::EXIT_BAD_CONFIG;
use shared::ids::ProjectId;
use shared::{lifecycle, telemetry};
use tokio::net::TcpListener;

use crate::config::Config;
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
    /// Bring the database to this version's schema. Safe to run twice, and at once on many machines.
    Migrate,
    /// Manage keys.
    #[command(subcommand)]
    Admin(Admin),
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
    let config = match Config::from_lookup(&shared::config::process_environment) {
        Ok(config) => config,
        Err(problems) => {
            complain(&problems.to_string());
            return ExitCode::from(EXIT_BAD_CONFIG);
        }
    };
    match execute(cli.command.unwrap_or(Command::Run), config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("worker: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn execute(command: Command, config: Config) -> anyhow::Result<()> {
    match command {
        Command::Run => {
            let metrics = telemetry::init(&config.service)?;
            let listener = TcpListener::bind(config.service.listen).await?;
            crate::run(config, listener, metrics, lifecycle::shutdown_signal()?).await
        }
        Command::Migrate => {
            let applied = migrate::run(&config.postgres, config.service.environment).await?;
            say(&format!("{applied} migrations applied; the schema is up to date"));
            Ok(())
        }
        Command::Admin(Admin::CreateKey(key)) => {
            let project = key.project.map(ProjectId);
            say(&admin::create_key(&config, &key.name, &key.permissions, project).await?);
            Ok(())
        }
        Command::Admin(Admin::Dsn { project }) => {
            say(&admin::dsn(&config, ProjectId(project)).await?);
            Ok(())
        }
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
