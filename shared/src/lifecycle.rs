//! Start and end of a service: signals, background tasks, and the drain with a deadline.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by SIGTERM or SIGINT.
///
/// # Errors
/// When the process may not install signal handlers.
pub fn shutdown_signal() -> std::io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("shutting down");
        cancelled.cancel();
    });
    Ok(token)
}

/// Starts a task whose end nobody waits for. Everything a service depends on goes into [`Tasks`].
#[expect(clippy::disallowed_methods, reason = "this is the replacement the ban names")]
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

/// The background tasks a service can't live without.
#[derive(Debug, Default)]
pub struct Tasks {
    set: JoinSet<&'static str>,
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task under a name.
    pub fn spawn(&mut self, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        self.set.spawn(async move {
            future.await;
            name
        });
    }

    /// Waits until a task ends, which before the shutdown means that it died.
    pub async fn any_ended(&mut self) -> TaskEnded {
        match self.set.join_next().await {
            Some(Ok(name)) => TaskEnded::Returned { name },
            Some(Err(source)) => TaskEnded::Panicked { source },
            None => std::future::pending().await,
        }
    }

    /// Waits for all tasks, up to a deadline. Whether all ended in time.
    pub async fn drain(&mut self, deadline: Duration) -> bool {
        let all = async { while self.set.join_next().await.is_some() {} };
        tokio::time::timeout(deadline, all).await.is_ok()
    }
}

/// A background task ended while the service was running.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TaskEnded {
    #[error("the background task `{name}` ended")]
    Returned { name: &'static str },
    #[error("a background task panicked")]
    Panicked {
        #[source]
        source: tokio::task::JoinError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dead_task_is_noticed() {
        let mut tasks = Tasks::new();
        tasks.spawn("lives", std::future::pending());
        tasks.spawn("dies", async {});
        assert!(matches!(tasks.any_ended().await, TaskEnded::Returned { name: "dies" }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_gives_up_at_its_deadline() {
        let mut tasks = Tasks::new();
        tasks.spawn("hangs", std::future::pending());
        assert!(!tasks.drain(Duration::from_secs(5)).await);
    }
}
