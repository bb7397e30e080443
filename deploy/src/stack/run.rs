//! `stack run`: a command with throw-away engines, and services if it wants them, around it.

use std::collections::BTreeMap;
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
use crate::services::{Options, Services};
use crate::testing::{Sandbox, variable};

/// The variable in which the command finds where the edge answers.
const URL: &str = "ERRATA_URL";

/// How long an interrupted command may take to end what it started itself.
const GRACE: Duration = Duration::from_secs(20);

/// Runs a command with engines of its own, named by the variables that [`crate::testing`] reads.
/// An engine whose variable is set already is taken as it is. With `services`, the whole system runs on
/// them, and `ERRATA_URL` names its edge. When `interrupted` comes first, the command is asked to end;
/// `None` says that it never started.
///
/// # Errors
/// When an engine, a service or the command does not start.
pub async fn run(
    command: &[OsString],
    services: bool,
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
    let urls = kinds.iter().map(|kind| (variable(*kind), engines.url(*kind))).collect();
    let status = match services {
        true => run_on_services(command, urls, interrupted).await,
        false => run_with(command, urls, interrupted).await,
    };
    engines.stop().await;
    status.map(Some)
}

/// Variables that the command gets besides its own.
type Urls = BTreeMap<&'static str, String>;

async fn run_on_services(
    command: &[OsString],
    mut urls: Urls,
    interrupted: impl Future<Output = ()>,
) -> Result<ExitStatus, Error> {
    let sandbox = Sandbox::with(&urls).await?;
    let services = Services::start(Options::within(&sandbox).with_edge()).await?;
    urls.insert(URL, services.edge_url());
    let status = run_with(command, urls, interrupted).await;
    services.stop().await;
    sandbox.close().await?;
    status
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
    urls: Urls,
    interrupted: impl Future<Output = ()>,
) -> Result<ExitStatus, Error> {
    let (program, args) = command.split_first().ok_or(Error::NoCommand)?;
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
