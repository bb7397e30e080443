//! Follows the stream while this process has clients.

use std::time::Duration;

use shared::live::{Entry, LiveError};
use shared::telemetry::ErrorChain;
use tokio_util::sync::CancellationToken;

use super::Live;

/// The pause after a read that failed. Clients learn of changes by revisions meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

/// After so many bytes clients get a moment to send them: who comes late to a full stream reads faster
/// than anybody sends, and would find every queue full.
const BURST: usize = 32 << 10;
const BREATH: Duration = Duration::from_millis(5);

impl Live {
    /// Hands what stands in the stream to the clients, until the token is cancelled.
    pub(crate) async fn follow(&self, until: CancellationToken) {
        let following = async {
            let mut failing = false;
            loop {
                match self.read().await {
                    Ok(entries) => {
                        failing = false;
                        self.hand_out(&entries).await;
                    }
                    Err(error) => {
                        if !failing {
                            let error = ErrorChain(&error);
                            tracing::warn!(%error, "the live feed can't be read");
                        }
                        failing = true;
                        // What was written meanwhile may be lost, and the place with it.
                        self.hub.lose_place();
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        };
        tokio::select! {
            () = following => {}
            () = until.cancelled() => {}
        }
    }

    async fn read(&self) -> Result<Vec<Entry>, LiveError> {
        let Some(cursor) = self.hub.occupied().await else {
            let ends = self.stream.ends().await?;
            let newest = ends.map(|(_, newest)| newest).unwrap_or_default();
            self.hub.start_over(newest);
            return Ok(Vec::new());
        };
        self.stream.wait_after(cursor).await
    }

    async fn hand_out(&self, entries: &[Entry]) {
        let mut sent = 0;
        for entry in entries {
            sent += self.hub.deliver(entry);
            if sent >= BURST {
                sent = 0;
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}
