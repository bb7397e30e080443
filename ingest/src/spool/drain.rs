//! Sends what was spooled once the broker takes messages again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use shared::ids::BatchId;
use shared::telemetry::ErrorChain;
use tokio_util::sync::CancellationToken;

use super::record::Record;
use super::segment::Segment;
use super::{Spool, SpoolError};
use crate::publish::{Broker, PublishError};

/// Unconfirmed messages of the drain. Small ones, spooled one by one, would else wait for each
/// other's confirms; the events of requests go ahead of them anyway.
const AT_ONCE: usize = 8;

/// Bytes read at once: what the drain holds in memory.
const PIECE_BYTES: u64 = 4 << 20;

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
    let mut progress = Progress::default();
    loop {
        tokio::select! {
            () = broker.up() => {}
            () = shutdown.cancelled() => return,
        }
        let drained = tokio::select! {
            drained = drain_oldest(&spool, &broker, &mut progress) => drained,
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

/// Which messages of the oldest segment are confirmed, so that after a refusal those alone are sent
/// again that are not. Bounded by the size of a segment.
#[derive(Debug, Default)]
struct Progress {
    segment: u64,
    confirmed: HashSet<BatchId>,
}

/// Sends the oldest segment and removes it. False when there was none.
async fn drain_oldest(
    spool: &Arc<Spool>,
    broker: &Broker,
    progress: &mut Progress,
) -> Result<bool, DrainError> {
    let taking = Arc::clone(spool);
    let oldest = blocking(move || taking.take_oldest()).await??;
    let Some(segment) = oldest else { return Ok(false) };
    if progress.segment != segment.number {
        *progress = Progress { segment: segment.number, confirmed: HashSet::new() };
    }
    let read_bytes = send(&segment, broker, &mut progress.confirmed).await?;
    let messages = progress.confirmed.len();
    tracing::info!(messages, bytes = read_bytes, "drained a segment of the spool");
    let removing = Arc::clone(spool);
    blocking(move || removing.remove(&segment, read_bytes)).await??;
    Ok(true)
}

/// Publishes all messages of a segment that are not confirmed yet, and returns how many bytes could be
/// read.
async fn send(
    segment: &Segment,
    broker: &Broker,
    confirmed: &mut HashSet<BatchId>,
) -> Result<u64, DrainError> {
    let path = segment.path.clone();
    let unreadable = move |source| SpoolError::Read { path: path.clone(), source };
    let opening = segment.clone();
    let mut reader = blocking(move || opening.reader()).await?.map_err(&unreadable)?;
    loop {
        let (piece, returned) = blocking(move || (reader.next_piece(PIECE_BYTES), reader)).await?;
        reader = returned;
        let piece = piece.map_err(&unreadable)?;
        if piece.is_empty() {
            return Ok(reader.bytes());
        }
        let unsent = piece.into_iter().filter(|record| !confirmed.contains(&record.batch_id));
        let outcomes: Vec<Result<BatchId, DrainError>> = stream::iter(unsent.collect::<Vec<_>>())
            .map(|record| publish(record, broker))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut failed = None;
        for outcome in outcomes {
            match outcome {
                Ok(batch_id) => drop(confirmed.insert(batch_id)),
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
}

/// A spooled message is part of no trace any more: a record holds the message alone, whose requests
/// were answered long ago.
async fn publish(record: Record, broker: &Broker) -> Result<BatchId, DrainError> {
    broker.publish(record.queue, record.batch_id, &record.body, None).await?;
    Ok(record.batch_id)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DrainError> {
    tokio::task::spawn_blocking(work).await.map_err(DrainError::Interrupted)
}
