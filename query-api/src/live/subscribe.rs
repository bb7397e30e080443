//! Takes a client in, with what it missed.

use std::sync::Arc;

use shared::api::ApiError;
use shared::live::{LiveError, StreamId};
use shared::telemetry::ErrorChain;

use super::Live;
use super::asked::{Asked, Resume};
use super::hub::{Client, Full, Seat};
use super::message::{End, Message};
use super::queue::{MAX_MISSED, Next, Queue};
use super::watch::{Cut, Pulse};

/// A client that was taken in. It is forgotten with this.
#[derive(Debug)]
pub(super) struct Subscription(Seat);

impl Subscription {
    pub(super) fn client(&self) -> &Client {
        &self.0.client
    }

    /// Waits for what is next. Cancelling it loses nothing.
    pub(super) async fn next(&self) -> Next {
        self.0.client.queue.next().await
    }
}

/// Where a client begins.
#[derive(Debug)]
struct Start {
    /// Where it stands before it gets anything.
    at: Option<StreamId>,
    /// What it missed; none: it may have missed something, and must reload.
    missed: Option<Vec<Arc<Message>>>,
    /// What stands in the stream up to here was missed, or is not wanted.
    floor: Option<StreamId>,
}

impl Live {
    /// Takes a client in.
    pub(super) async fn subscribe(
        &self,
        asked: Asked,
        Cut(cut): Cut,
    ) -> Result<Subscription, ApiError> {
        let Asked { key_id, session, audience, projects, kinds, resume, transport } = asked;
        let (queue, pulse) = (Queue::new(), Pulse::new());
        let client = Client { key_id, session, audience, kinds, transport, queue, pulse, cut };
        // From here on nothing passes it by, so that what it missed before can be looked up in peace.
        let seat = self.hub.seat(client).map_err(|Full| {
            ApiError::unavailable("Too many clients listen here; try again in a few seconds", 5)
        })?;
        let start = self.start(&seat.client, resume).await.unwrap_or_else(|error| {
            tracing::debug!(error = %ErrorChain(&error), "a client begins without the stream");
            let missed = (resume == Resume::Fresh).then(Vec::new);
            Start { at: None, missed, floor: None }
        });
        match start.floor {
            Some(floor) => self.hub.read_from(floor),
            None => self.hub.read_from_somewhere(),
        }
        let mut first = vec![Arc::new(Message::hello(start.at, &projects))];
        match start.missed {
            Some(missed) => first.extend(missed),
            None => first.push(Arc::new(Message::refresh(start.at, None))),
        }
        seat.client.queue.begin(first, start.floor);
        if self.closing.is_cancelled() {
            seat.client.queue.end(End::Bye);
        }
        Ok(Subscription(seat))
    }

    async fn start(&self, client: &Client, resume: Resume) -> Result<Start, LiveError> {
        // Asked before this client counts as a listener itself.
        let since = self.attendance.since(client.audience).await?;
        self.attendance.listen(&[client.audience]).await?;
        let (oldest, newest) = self.history.ends().await?.unwrap_or_default();
        let floor = Some(newest);
        let Resume::After(last_id) = resume else {
            let missed = (resume == Resume::Fresh).then(Vec::new);
            return Ok(Start { at: floor, missed, floor });
        };
        // What nobody listened to was not written, and what is too old is there no more.
        let reaches_back =
            since.is_some_and(|since| since <= last_id) && (oldest..=newest).contains(&last_id);
        let missed = if reaches_back { self.missed(client, last_id, newest).await? } else { None };
        let at = if missed.is_some() { Some(last_id) } else { floor };
        Ok(Start { at, missed, floor })
    }

    /// What came after one id and not after another; none: more than a queue takes.
    async fn missed(
        &self,
        client: &Client,
        mut after: StreamId,
        newest: StreamId,
    ) -> Result<Option<Vec<Arc<Message>>>, LiveError> {
        // Closed never, and the request has its timeout.
        let _turn = self.catching_up.acquire().await.ok();
        let (mut missed, mut bytes) = (Vec::new(), 0);
        while after < newest {
            let entries = self.history.after(after).await?;
            let Some(last) = entries.last() else { break };
            after = last.id;
            for entry in entries.iter().filter(|entry| entry.id <= newest) {
                let told = entry.told.as_ref().filter(|told| client.wants(told));
                let Some(message) = told.and_then(|told| Message::item(entry.id, told)) else {
                    continue;
                };
                bytes += message.len();
                missed.push(Arc::new(message));
                if missed.len() > MAX_MISSED.0 || bytes > MAX_MISSED.1 {
                    return Ok(None);
                }
            }
        }
        Ok(Some(missed))
    }
}
