//! `stack run`: a command with throw-away engines around it.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitStatus;

use crate::engines::{EngineKind, Engines};
use crate::error::Error;
use crate::provision::{Program, ensure_installed};
use crate::testing::variable;

/// Runs a command with engines of its own, named by the variables that [`crate::testing`] reads.
/// An engine whose variable is set already is taken as it is.
///
/// # Errors
/// When an engine or the command does not start.
pub async fn run(command: &[OsString]) -> Result<ExitStatus, Error> {
    let wanted: Vec<EngineKind> = EngineKind::ALL
        .into_iter()
        .filter(|kind| std::env::var_os(variable(*kind)).is_none())
        .collect();
    let mut programs: Vec<Program> = wanted.iter().copied().map(Program::Engine).collect();
    // Tests put the edge in front of services.
    programs.push(Program::HaProxy);
    ensure_installed(&programs).await?;
    let engines = Engines::start(&wanted).await?;
    let status = run_with(command, &wanted, &engines).await;
    engines.stop().await;
    status
}

async fn run_with(
    command: &[OsString],
    kinds: &[EngineKind],
    engines: &Engines,
) -> Result<ExitStatus, Error> {
    let (program, args) = command.split_first().ok_or(Error::NoCommand)?;
    let urls = kinds.iter().map(|kind| (variable(*kind), engines.url(*kind)));
    let mut child = tokio::process::Command::new(program);
    child.args(args).envs(urls).kill_on_drop(true);
    child.status().await.map_err(Error::io("run", Path::new(program)))
}
