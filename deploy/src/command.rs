//! Running a helper program to its end, with a limit on its time.

use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::timeout;

use crate::error::Error;
use crate::part::tail;

/// Runs a command, which must succeed; what it printed to standard output comes back.
pub(crate) async fn run(command: Command, limit: Duration) -> Result<String, Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let shown = shown(&command);
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let failed = |status: String, output: &str| Error::Command {
        command: shown.clone(),
        status,
        output: tail(output),
    };
    match timeout(limit, command.output()).await {
        Err(_elapsed) => Err(failed(format!("no end after {} s", limit.as_secs()), "")),
        Ok(Err(error)) => Err(Error::io("start", name.as_ref())(error)),
        Ok(Ok(output)) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(Ok(output)) => {
            let both = [output.stdout, output.stderr].concat();
            Err(failed(output.status.to_string(), &String::from_utf8_lossy(&both)))
        }
    }
}

/// The program's name and its first argument, which is enough to know what was tried.
fn shown(command: &Command) -> String {
    let path = command.get_program().to_string_lossy().into_owned();
    let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
    match command.get_args().next() {
        Some(first) => format!("`{name} {}`", first.to_string_lossy()),
        None => format!("`{name}`"),
    }
}
