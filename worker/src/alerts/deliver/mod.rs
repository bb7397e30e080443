//! Sends what there is to tell: the way from the outbox to people and programs.
//!
//! Whoever writes a notification puts a row for each channel into `deliveries`, in its own transaction,
//! and wakes the [`Outbox`]. Here each channel has a lane of its own with few places, so that one that
//! hangs holds up no other. A lane claims what is due, which moves the next attempt behind a lease and
//! counts the attempt, sends it, and writes down how it went. A process that dies in between loses
//! nothing: the lease runs out, and whoever claims the row then sends it again under the same id.
//!
//! - `claim`: what is due, and what it takes to send it.
//! - `attempt`: one attempt and what it comes to. `retries`: when there is another one.
//! - `settle`: what is written down of it.
//!
//! What is sent is worded in [`super::wording`]; how it is sent is the business of [`shared::channels`].

mod attempt;
mod claim;
mod retries;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use shared::channels::{SEND_TIMEOUT, Sender};
use shared::integrations::Name;
use shared::secrets::{Secrets, SecretsError};
use shared::telemetry::ErrorChain;
use shared::tls::TlsError;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use self::retries::Retries;

use crate::config::Config;

/// Messages on their way at once for each of the four channels. Each may hold a connection for
/// [`SEND_TIMEOUT`].
const PLACES: usize = 4;

/// How long a claim keeps others away: for sending, and for writing down how it went even if Postgres
/// is away meanwhile.
const LEASE: Duration = Duration::from_secs(30);
const _: () = assert!(LEASE.as_secs() > 2 * SEND_TIMEOUT.as_secs());

/// How often a lane looks for what is due unless it is woken.
const POLL: Duration = Duration::from_millis(500);

/// The same after a failure.
const POLL_WHEN_AWAY: Duration = Duration::from_secs(2);

/// Wakes the lanes when something was put into the outbox.
#[derive(Debug, Clone)]
pub struct Outbox {
    changes: watch::Sender<u64>,
}

impl Outbox {
    /// Nobody waits yet.
    pub fn new() -> Self {
        Self { changes: watch::Sender::new(0) }
    }

    /// Has all lanes look at once. To be called after the commit.
    pub fn wake(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

/// Why nothing can be sent at all.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SetupError {
    #[error("failed to set up the encryption of secrets")]
    Secrets(#[source] SecretsError),
    #[error("failed to set up TLS towards services outside")]
    Tls(#[source] TlsError),
}

/// Sends what is in the outbox.
#[derive(Debug)]
pub struct Deliverer {
    pool: Pool,
    sender: Sender,
    secrets: Secrets,
    public_url: String,
    retries: Retries,
}

impl Deliverer {
    /// As the settings say.
    ///
    /// # Errors
    /// When the CA file can't be read, or no key be derived.
    pub fn new(pool: Pool, config: &Config) -> Result<Self, SetupError> {
        Ok(Self {
            pool,
            sender: Sender::new(&config.channels).map_err(SetupError::Tls)?,
            secrets: Secrets::new(&config.channels.secret_key).map_err(SetupError::Secrets)?,
            public_url: config.public_url.clone(),
            retries: config.retries,
        })
    }

    /// Sends until the token is cancelled, and then finishes what is on its way.
    pub async fn run(self, outbox: Outbox, shutdown: CancellationToken) {
        let deliverer = Arc::new(self);
        let lanes = Name::ALL.map(|channel| deliverer.lane(channel, &outbox, &shutdown));
        futures_util::future::join_all(lanes).await;
    }

    async fn lane(self: &Arc<Self>, channel: Name, outbox: &Outbox, shutdown: &CancellationToken) {
        let mut changed = outbox.changes.subscribe();
        let mut sending = JoinSet::new();
        let mut pause = POLL;
        while !shutdown.is_cancelled() {
            pause = self.send_due(channel, &mut sending, pause).await;
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                ended = sending.join_next(), if !sending.is_empty() => complain(ended),
                // The outbox outlives this, so that a change is all that can come.
                _ = changed.changed(), if pause == POLL => {}
            }
        }
        while let Some(ended) = sending.join_next().await {
            complain(Some(ended));
        }
    }

    /// Starts sending what is due, as far as there are places. How long to wait before the next look
    /// comes back, and is known from the last one.
    async fn send_due(
        self: &Arc<Self>,
        channel: Name,
        sending: &mut JoinSet<()>,
        last_pause: Duration,
    ) -> Duration {
        let free = PLACES.saturating_sub(sending.len());
        if free == 0 {
            return POLL;
        }
        match claim::claim(&self.pool, &self.secrets, channel, free).await {
            Ok(claimed) => {
                let route = Arc::new(claimed.route);
                for due in claimed.due {
                    let (deliverer, route) = (Arc::clone(self), Arc::clone(&route));
                    sending.spawn(async move { deliverer.deliver(&route, &due).await });
                }
                POLL
            }
            Err(error) => {
                // Said once, however long it lasts.
                if last_pause == POLL {
                    let error = ErrorChain(&error).to_string();
                    tracing::warn!(error, channel = channel.as_str(), "the outbox can't be read");
                }
                POLL_WHEN_AWAY
            }
        }
    }
}

fn complain(ended: Option<Result<(), tokio::task::JoinError>>) {
    if let Some(Err(error)) = ended {
        tracing::error!(%error, "a delivery broke off; it is sent again when its lease has run out");
    }
}
