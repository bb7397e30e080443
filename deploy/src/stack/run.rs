//! `stack run`: a command with throw-away engines around it.

use std::ffi::OsString;
use std::path::Path;
use std::pin::pin;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::engines::{EngineKind, Engines};
use crate::error::Error;
use crate::process::ProcessId;
use crate::provision::{Program, ensure_installed};
use crate::testing::variable;

/// How long an interrupted command may take to end what it started itself.
const GRACE: Duration = Duration::from_secs(20);

/// Runs a command with engines of its own, named by the variables that [`crate::testing`] reads.
/// An engine whose variable is set already is taken as it is. When `interrupted` comes first, the
/// command is asked to end; `None` says that it never started.
///
/// # Errors
/// When an engine or the command does not start.
pub async fn run(
    command: &[OsString],
    interrupted: impl Future<Output = ()>,
) -> Result<Option<ExitStatus>, Error> {
    let mut interrupted = pin!(interrupted);
    let kinds: Vec<EngineKind> = EngineKind::ALL
        .into_iter()
        .filter(|kind| std::env::var_os(variable(*kind)).is_none())
        .collect();
    let engines = tokio::select! {
        engines = start(&kinds) => engines?,
        () = &mut interrupted => return Ok(None),
    };
    let status = run_with(command, &kinds, &engines, interrupted).await;
    engines.stop().await;
    status.map(Some)
}

async fn start(kinds: &[EngineKind]) -> Result<Engines, Error> {
    let mut programs: Vec<Program> = kinds.iter().copied().map(Program::Engine).collect();
    // Tests put the edge in front of services.
    programs.push(Program::HaProxy);
    ensure_installed(&programs).await?;
    Engines::start(kinds).await
}

async fn run_with(
    command: &[OsString],
    kinds: &[EngineKind],
    engines: &Engines,
    interrupted: impl Future<Output = ()>,
) -> Result<ExitStatus, Error> {
    let (program, args) = command.split_first().ok_or(Error::NoCommand)?;
    let urls = kinds.iter().map(|kind| (variable(*kind), engines.url(*kind)));
    let mut command = Command::new(program);
    command.args(args).envs(urls).kill_on_drop(true);
    let failed = || Error::io("run", Path::new(program));
    let mut child = command.spawn().map_err(failed())?;
    tokio::select! {
        status = child.wait() => status,
        () = interrupted => end(&mut child).await,
    }
    .map_err(failed())
}

async fn end(child: &mut Child) -> std::io::Result<ExitStatus> {
    if let Some(id) = child.id().and_then(|pid| ProcessId::of(pid).ok()) {
        id.signal(Signal::TERM);
    }
    if let Ok(status) = timeout(GRACE, child.wait()).await {
        return status;
    }
    child.start_kill()?;
    child.wait().await
}
