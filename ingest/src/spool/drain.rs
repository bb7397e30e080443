//! Sends what was spooled once the broker takes messages again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use shared::telemetry::ErrorChain;
use tokio_util::sync::CancellationToken;

use super::record::Record;
use super::segment::Segment;
use super::{Spool, SpoolError};
use crate::publish::{Broker, PublishError};

/// Unconfirmed messages of the drain. Small ones, spooled one by one, would else wait for each
/// other's confirms; the events of requests go ahead of them anyway.
const AT_ONCE: usize = 16;

/// The wait after the broker refused, so that a full queue is not knocked at all the time.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
enum DrainError {
    #[error("failed to read the spool")]
    Spool(#[from] SpoolError),
    #[error("the broker did not take a spooled message")]
    Publish(#[from] PublishError),
    #[error("reading the spool was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
}

/// Drains the spool whenever it holds something and the broker takes messages, until the token is
/// cancelled.
pub(crate) async fn drain(spool: Arc<Spool>, broker: Broker, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = broker.up() => {}
            () = shutdown.cancelled() => return,
        }
        let drained = tokio::select! {
            drained = drain_oldest(&spool, &broker) => drained,
            () = shutdown.cancelled() => return,
        };
        let wait = async {
            match drained {
                Ok(true) => {}
                Ok(false) => spool.appended.notified().await,
                Err(error) => {
                    tracing::warn!(error = %ErrorChain(&error), "draining the spool goes on later");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        tokio::select! {
            () = wait => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Sends the oldest segment and removes it. False when there was none.
async fn drain_oldest(spool: &Arc<Spool>, broker: &Broker) -> Result<bool, DrainError> {
    let taking = Arc::clone(spool);
    let oldest = blocking(move || taking.take_oldest()).await??;
    let Some(segment) = oldest else { return Ok(false) };
    let sent = send(&segment, broker).await?;
    tracing::info!(messages = sent, bytes = segment.bytes, "drained a segment of the spool");
    let removing = Arc::clone(spool);
    blocking(move || removing.remove(&segment)).await??;
    Ok(true)
}

/// Publishes all messages of a segment. After a failure all of them come again; those that were
/// confirmed are skipped by their batch ids.
async fn send(segment: &Segment, broker: &Broker) -> Result<usize, DrainError> {
    let path = segment.path.clone();
    let unreadable = move |source| SpoolError::Read { path: path.clone(), source };
    let opening = segment.clone();
    let records = blocking(move || opening.records()).await?.map_err(&unreadable)?;
    let mut publishing = stream::iter(records)
        .map(|record| async { publish(record.map_err(&unreadable)?, broker).await })
        .buffer_unordered(AT_ONCE);
    let mut sent = 0;
    while let Some(outcome) = publishing.next().await {
        outcome?;
        sent += 1;
    }
    Ok(sent)
}

async fn publish(record: Record, broker: &Broker) -> Result<(), DrainError> {
    broker.publish(record.queue, record.batch_id, &record.body).await.map_err(DrainError::Publish)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DrainError> {
    tokio::task::spawn_blocking(work).await.map_err(DrainError::Interrupted)
}
