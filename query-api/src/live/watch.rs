//! Looks after the clients: their keys and sessions, their pings, and whether they still take what is sent.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_postgres::Pool;
use shared::access::{Access, AccessTable, ApiKey, Permission};
use shared::live::Audience;
use shared::telemetry::ErrorChain;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Live;
use super::hub::{Client, Transport};
use super::message::End;
use crate::session::{self, Session};

/// Keys are loaded twice a second, and a client of one that is no more is to go within a second.
const ROUND: Duration = Duration::from_millis(400);

/// Whoever logs out, anywhere, is to hear no more within about a second.
const SESSION_ROUND: Duration = Duration::from_secs(1);

/// Half of what the edge, or a proxy, lets pass in silence.
const PING_PERIOD: Duration = Duration::from_secs(15);

/// Who has answered no ping for so long is gone.
const PONG_TIMEOUT: Duration = Duration::from_secs(30);

/// Who has taken nothing of what waits for so long is as good as gone.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The time for a last message. Shorter than the grace of a process that ends.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(8);

/// A fraction of the time for which a listener counts as one.
const ATTENDANCE_PERIOD: Duration = Duration::from_secs(10);

/// Ends a connection at once, whatever is under way on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(pub(crate) CancellationToken);

/// The pings of a client.
#[derive(Debug)]
pub(super) struct Pulse(Mutex<Beats>);

#[derive(Debug)]
struct Beats {
    pinged_at: Instant,
    /// When the first ping was sent after which nothing has come.
    unanswered_since: Option<Instant>,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Beats { pinged_at: Instant::now(), unanswered_since: None }))
    }

    /// A ping is on its way that must be answered.
    pub(super) fn note_ping(&self) {
        self.lock().unanswered_since.get_or_insert_with(Instant::now);
    }

    /// Something came from the client.
    pub(super) fn note_answer(&self) {
        self.lock().unanswered_since = None;
    }

    /// Whether it is time for a ping, which is then taken as sent.
    fn is_due(&self, now: Instant) -> bool {
        let mut beats = self.lock();
        let due = now - beats.pinged_at >= PING_PERIOD;
        if due {
            beats.pinged_at = now;
        }
        due
    }

    fn is_silent(&self, now: Instant) -> bool {
        self.lock().unanswered_since.is_some_and(|since| now - since >= PONG_TIMEOUT)
    }

    fn lock(&self) -> MutexGuard<'_, Beats> {
        // No code panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// Looks after the clients until the token is cancelled.
    pub(crate) async fn watch(&self, access: &Access, pool: &Pool, until: CancellationToken) {
        let watching = async {
            tokio::join!(
                self.look_around(access),
                self.look_at_sessions(pool),
                self.keep_attending()
            );
        };
        tokio::select! {
            () = watching => {}
            () = until.cancelled() => {}
        }
    }

    async fn look_around(&self, access: &Access) {
        let mut timer = tokio::time::interval(ROUND);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            let clients = self.hub.clients();
            if clients.is_empty() {
                continue;
            }
            if let Some(table) = access.table() {
                check_keys(&clients, &table);
            }
            self.hub.refresh_overdue();
            let now = Instant::now();
            clients.iter().for_each(|client| check_connection(client, now));
        }
    }

    /// Ends clients whose session is over. While Postgres is away the last known ones hold, as keys do.
    async fn look_at_sessions(&self, pool: &Pool) {
        let mut timer = tokio::time::interval(SESSION_ROUND);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            let clients = self.hub.clients();
            let asked: HashSet<Session> =
                clients.iter().filter_map(|client| client.session).collect();
            if asked.is_empty() {
                continue;
            }
            match session::living(pool, &asked).await {
                Ok(living) => end_others(&clients, &living),
                Err(error) => {
                    let error = ErrorChain(&error);
                    tracing::debug!(%error, "nobody knows which sessions have ended");
                }
            }
        }
    }

    /// Says again and again who is listened to.
    async fn keep_attending(&self) {
        let mut timer = tokio::time::interval(ATTENDANCE_PERIOD);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            let audiences: BTreeSet<Audience> =
                self.hub.clients().iter().map(|client| client.audience).collect();
            let audiences: Vec<Audience> = audiences.into_iter().collect();
            match self.attendance.listen(&audiences).await {
                Ok(lapsed) => lapsed.into_iter().for_each(|audience| self.hub.doubt(audience)),
                Err(error) => {
                    let error = ErrorChain(&error);
                    tracing::debug!(%error, "nobody else knows who listens here");
                }
            }
        }
    }
}

/// Ends clients that were let in by a session that is none of these.
fn end_others(clients: &[Arc<Client>], living: &HashSet<Session>) {
    for client in clients {
        if client.session.is_some_and(|session| !living.contains(&session)) {
            client.queue.end(End::SessionOver);
        }
    }
}

/// Ends clients that may listen no more.
fn check_keys(clients: &[Arc<Client>], table: &AccessTable) {
    let keys: HashMap<Uuid, &ApiKey> =
        table.valid_keys(shared::time::now()).map(|key| (key.id, key)).collect();
    for client in clients {
        if let Audience::Project(project) = client.audience
            && table.project(project).is_none()
        {
            client.queue.end(End::ProjectGone);
            continue;
        }
        let may_read = keys.get(&client.key_id).is_some_and(|key| {
            let own = key.project_id.is_none_or(|own| client.audience == Audience::Project(own));
            own && key.permissions.allow(Permission::Read)
        });
        if !may_read {
            client.queue.end(End::KeyGone);
        }
    }
}

/// Pings a client, or gives it up.
fn check_connection(client: &Client, now: Instant) {
    let stuck = client.queue.stuck_since().map(|since| now.saturating_duration_since(since));
    if client.queue.ended().is_some() {
        if stuck.is_some_and(|stuck| stuck >= CLOSING_TIMEOUT) {
            client.cut.cancel();
        }
    } else if stuck.is_some_and(|stuck| stuck >= STALL_TIMEOUT) {
        client.queue.end(End::Stalled);
    } else if client.transport == Transport::WebSocket && client.pulse.is_silent(now) {
        client.queue.end(End::Silent);
    } else if client.pulse.is_due(now) {
        client.queue.ping();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use shared::live::Kind;

    use super::*;
    use crate::live::asked::Kinds;
    use crate::live::queue::{Next, Queue};

    fn client(transport: Transport) -> Client {
        Client {
            key_id: Uuid::nil(),
            session: None,
            audience: Audience::All,
            kinds: Kinds::from(Kind::ALL),
            transport,
            queue: Queue::new(),
            pulse: Pulse::new(),
            cut: CancellationToken::new(),
        }
    }

    /// Lets time pass for a client that takes what there is, and answers pings or does not.
    async fn pass(client: &Client, seconds: u64, answers: bool) -> Vec<String> {
        let mut seen = Vec::new();
        for _ in 0..seconds {
            tokio::time::advance(Duration::from_secs(1)).await;
            check_connection(client, Instant::now());
            while let Some(next) = client.queue.next().now_or_never() {
                match next {
                    Next::Ping => {
                        client.pulse.note_ping();
                        if answers {
                            client.pulse.note_answer();
                        }
                        seen.push("ping".to_owned());
                    }
                    Next::Message(message) => seen.push(message.text().to_string()),
                    Next::End(_) => break,
                }
            }
        }
        seen
    }

    #[tokio::test(start_paused = true)]
    async fn who_answers_pings_stays_and_who_does_not_goes() {
        for transport in [Transport::WebSocket, Transport::ServerSentEvents] {
            let client = client(transport);
            assert_eq!(pass(&client, 151, true).await, ["ping"; 10]);
            assert_eq!(client.queue.ended(), None);
        }
        let silent = client(Transport::WebSocket);
        let seen = pass(&silent, 60, false).await;
        assert_eq!(silent.queue.ended(), Some(End::Silent));
        let last = r#"{"last_id":null,"reason":"no answer to a ping","type":"dropped"}"#;
        assert_eq!(seen.last().map(String::as_str), Some(last));
        assert!(silent.cut.is_cancelled());
        // Nobody can answer a comment.
        let quiet = client(Transport::ServerSentEvents);
        assert_eq!(pass(&quiet, 151, false).await, ["ping"; 10]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_told_and_then_cut_off() {
        for transport in [Transport::WebSocket, Transport::ServerSentEvents] {
            let client = client(transport);
            for _ in 0..45 {
                assert_eq!(client.queue.ended(), None);
                tokio::time::advance(Duration::from_secs(1)).await;
                check_connection(&client, Instant::now());
            }
            assert_eq!(client.queue.ended(), Some(End::Stalled));
            assert!(!client.cut.is_cancelled());
            tokio::time::advance(CLOSING_TIMEOUT).await;
            check_connection(&client, Instant::now());
            assert!(client.cut.is_cancelled());
        }
    }
}
