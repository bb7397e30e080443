//! What the programs have in common: they show their progress, and end in order when they are interrupted.

use std::process::ExitCode;

/// What a shell reports for a command that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Runs the work of a program until it ends or Ctrl-C is pressed. Dropping what is under way ends everything
/// that was started.
///
/// # Errors
/// Those of the work.
pub async fn run(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    show_progress();
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(INTERRUPTED)),
    }
}

/// Progress is for people: one plain line for each step, beside what is printed for programs.
fn show_progress() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false)
        .with_level(false)
        .init();
}
