//! The clients of this process, and who of them is told what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::ids::ProjectId;
use shared::live::{Audience, Entry, Kind, StreamId, Told};
use shared::telemetry::metrics::{Counter, Gauge, count, set};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::asked::Kinds;
use super::message::{End, Message};
use super::queue::Queue;
use super::watch::Pulse;
use crate::session::Session;

/// An item that came so long before a revision was seen to move may have told of the same change: the
/// worker writes at most half a second after its commit, and revisions are read as often.
const SAME_CHANGE: Duration = Duration::from_secs(1);

/// How long a change of which only the revision tells waits for an item that tells more.
const ITEM_WAIT: Duration = Duration::from_secs(2);

/// How a client is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    ServerSentEvents,
    WebSocket,
}

impl Transport {
    fn label(self) -> &'static str {
        match self {
            Self::ServerSentEvents => "sse",
            Self::WebSocket => "websocket",
        }
    }
}

/// One client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) key_id: Uuid,
    /// By which it was let in; none: by the key itself.
    pub(super) session: Option<Session>,
    pub(super) audience: Audience,
    pub(super) kinds: Kinds,
    pub(super) transport: Transport,
    pub(super) queue: Queue,
    pub(super) pulse: Pulse,
    /// Ends the connection however it is.
    pub(super) cut: CancellationToken,
}

impl Client {
    pub(super) fn wants(&self, told: &Told) -> bool {
        self.audience.hears(told.project) && self.kinds.want(told.kind)
    }
}

/// Why a client is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// The clients.
#[derive(Debug)]
pub(super) struct Hub {
    state: Mutex<State>,
    /// Wakes the reader.
    occupied: Notify,
    max_clients: usize,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    clients: HashMap<u64, Arc<Client>>,
    place: Place,
    /// When listeners of a project were told of errors last.
    told_at: HashMap<ProjectId, Instant>,
    /// Since when a project has changed and nobody was told of it.
    moved_at: HashMap<ProjectId, Instant>,
}

/// Up to where in the stream all clients were told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// There is nobody to tell, or the first client has not said yet where it begins.
    #[default]
    Nowhere,
    At(StreamId),
    /// Redis was away: what was written meanwhile may have gone with it.
    Lost,
}

impl Place {
    fn id(self) -> Option<StreamId> {
        match self {
            Self::At(id) => Some(id),
            Self::Nowhere | Self::Lost => None,
        }
    }
}

/// The seat of a client among the others; it leaves with this.
#[derive(Debug)]
pub(super) struct Seat {
    hub: Arc<Hub>,
    number: u64,
    pub(super) client: Arc<Client>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        state.clients.remove(&self.number);
        if state.clients.is_empty() {
            *state = State { next: state.next, ..State::default() };
        }
        state.report();
        if let Some(end) = self.client.queue.ended() {
            count(Counter::LiveEndedTotal, self.client.transport.label(), end.label(), 1);
        }
    }
}

impl State {
    fn report(&self) {
        for transport in [Transport::ServerSentEvents, Transport::WebSocket] {
            let clients = self.clients.values().filter(|client| client.transport == transport);
            let clients = u64::try_from(clients.count()).unwrap_or(u64::MAX);
            set(Gauge::LiveClients, transport.label(), clients);
        }
    }

    fn has_listeners(&self, project: ProjectId) -> bool {
        self.clients.values().any(|client| client.audience.hears(project))
    }

    /// Tells those who listen to a project that something of it has changed.
    fn refresh(&mut self, project: ProjectId) {
        let message = Arc::new(Message::refresh(self.place.id(), Some(project)));
        let refresh = Told { project, kind: Kind::Refresh, json: String::new() };
        for client in self.clients.values().filter(|client| client.wants(&refresh)) {
            client.queue.push_refresh(&message);
        }
        self.note_told(project);
    }

    fn note_told(&mut self, project: ProjectId) {
        self.told_at.insert(project, Instant::now());
        self.moved_at.remove(&project);
    }
}

impl Hub {
    pub(super) fn new(max_clients: usize) -> Self {
        Self { state: Mutex::default(), occupied: Notify::new(), max_clients }
    }

    /// Takes a client in. What is read from the stream from now on waits for it.
    pub(super) fn seat(self: &Arc<Self>, client: Client) -> Result<Seat, Full> {
        let client = Arc::new(client);
        let mut state = self.lock();
        if state.clients.len() >= self.max_clients {
            return Err(Full);
        }
        state.next += 1;
        let number = state.next;
        state.clients.insert(number, Arc::clone(&client));
        state.report();
        Ok(Seat { hub: Arc::clone(self), number, client })
    }

    /// Has the stream read from here on at the latest.
    pub(super) fn read_from(&self, id: StreamId) {
        let mut state = self.lock();
        if state.place == Place::Nowhere {
            state.place = Place::At(id);
        }
        drop(state);
        self.occupied.notify_one();
    }

    /// A client does not know where it begins, because Redis is away.
    pub(super) fn read_from_somewhere(&self) {
        let mut state = self.lock();
        if state.place == Place::Nowhere {
            state.place = Place::Lost;
        }
        drop(state);
        self.occupied.notify_one();
    }

    /// Nobody knows any more where in the stream the clients are.
    pub(super) fn lose_place(&self) {
        let mut state = self.lock();
        if !state.clients.is_empty() {
            state.place = Place::Lost;
        }
    }

    /// Waits until there are clients. Up to where they were told comes back, unless that was lost.
    pub(super) async fn occupied(&self) -> Option<StreamId> {
        loop {
            let place = self.lock().place;
            match place {
                Place::At(id) => return Some(id),
                Place::Lost => return None,
                Place::Nowhere => self.occupied.notified().await,
            }
        }
    }

    /// All clients.
    pub(super) fn clients(&self) -> Vec<Arc<Client>> {
        self.lock().clients.values().cloned().collect()
    }

    /// Tells those who want it what the stream says. How many bytes it has comes back.
    pub(super) fn deliver(&self, entry: &Entry) -> usize {
        let mut state = self.lock();
        // The last client may have left meanwhile, and the next begins where it wants.
        if let Place::At(_) = state.place {
            state.place = Place::At(entry.id);
        }
        let Some(told) = &entry.told else { return 0 };
        if matches!(told.kind, Kind::Errors | Kind::Refresh) && state.has_listeners(told.project) {
            state.note_told(told.project);
        }
        let Some(message) = Message::item(entry.id, told) else { return 0 };
        let message = Arc::new(message);
        for client in state.clients.values().filter(|client| client.wants(told)) {
            client.queue.push(&message);
        }
        message.len()
    }

    /// Tells every client that it may have missed something, and goes on at another place.
    pub(super) fn start_over(&self, at: StreamId) {
        let mut state = self.lock();
        if state.clients.is_empty() {
            return;
        }
        state.place = Place::At(at);
        let message = Arc::new(Message::refresh(Some(at), None));
        for client in state.clients.values() {
            client.queue.push_refresh(&message);
        }
    }

    /// Tells those who listen to a project that something of it has changed.
    pub(super) fn refresh(&self, project: ProjectId) {
        self.lock().refresh(project);
    }

    /// Something of the project was changed. Listeners are told, if nothing else tells them.
    pub(super) fn revision_moved(&self, project: ProjectId) {
        let mut state = self.lock();
        let now = Instant::now();
        let just_told = state.told_at.get(&project).is_some_and(|at| now - *at < SAME_CHANGE);
        if !just_told && state.has_listeners(project) {
            state.moved_at.entry(project).or_insert(now);
        }
    }

    /// Tells of changes that nothing else has told of in time.
    pub(super) fn refresh_overdue(&self) {
        let mut state = self.lock();
        let now = Instant::now();
        let overdue = state.moved_at.iter().filter(|(_, at)| now - **at >= ITEM_WAIT);
        let overdue: Vec<ProjectId> = overdue.map(|(project, _)| *project).collect();
        overdue.into_iter().for_each(|project| state.refresh(project));
    }

    /// Tells an audience that something of what it listens to may not have been told.
    pub(super) fn doubt(&self, audience: Audience) {
        let state = self.lock();
        let message = Arc::new(Message::refresh(state.place.id(), None));
        for client in state.clients.values().filter(|client| client.audience == audience) {
            client.queue.push_refresh(&message);
        }
    }

    /// Ends all clients.
    pub(super) fn say_bye(&self) {
        for client in self.lock().clients.values() {
            client.queue.end(End::Bye);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
