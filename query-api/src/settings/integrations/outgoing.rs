//! What it takes to send: the key of stored secrets, the sender, and a bound on how much at once.

use std::time::Duration;

use shared::channels::Sender;
use shared::config::ChannelsConfig;
use shared::secrets::{Secrets, SecretsError};
use shared::tls::TlsError;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Messages of this process that are on their way at once. Each may hold a connection for seconds.
const MAX_SENDING: usize = 4;

/// Why messages can't be sent at all.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum OutgoingError {
    #[error("failed to set up the encryption of secrets")]
    Secrets(#[source] SecretsError),
    #[error("failed to set up TLS towards services outside")]
    Tls(#[source] TlsError),
}

/// The parts that sending shares.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) secrets: Secrets,
    pub(crate) sender: Sender,
    sending: Semaphore,
}

impl Outgoing {
    pub(crate) fn new(config: &ChannelsConfig) -> Result<Self, OutgoingError> {
        Ok(Self {
            secrets: Secrets::new(&config.secret_key).map_err(OutgoingError::Secrets)?,
            sender: Sender::new(config).map_err(OutgoingError::Tls)?,
            sending: Semaphore::new(MAX_SENDING),
        })
    }

    /// Leave to send now, if others leave room.
    pub(super) fn try_begin(&self) -> Option<SemaphorePermit<'_>> {
        self.sending.try_acquire().ok()
    }

    /// Leave to send as soon as others leave room, within a time.
    pub(super) async fn begin(&self, limit: Duration) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(limit, self.sending.acquire()).await.ok()?.ok()
    }
}
