//! What waits for one client, within bounds.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::live::StreamId;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::message::{End, Message};

/// Messages that wait for one client: two minutes of a project in which something happens all the time.
const MAX_MESSAGES: usize = 256;

/// Bytes that wait for one client, whatever the number of messages.
const MAX_BYTES: usize = 256 << 10;

/// What a client missed may fill half of the queue, so that there is room for what happens meanwhile.
pub(super) const MAX_MISSED: (usize, usize) = (MAX_MESSAGES / 2, MAX_BYTES / 2);

/// What a connection does next.
#[derive(Debug)]
pub(super) enum Next {
    /// Send a message.
    Message(Arc<Message>),
    /// Show that the connection lives.
    Ping,
    /// Close.
    End(End),
}

/// The queue of one client.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Arc<Message>>,
    bytes: usize,
    ping: bool,
    end: Option<End>,
    /// What stands in the stream up to here, the client has, or does not want.
    floor: Option<StreamId>,
    /// Where the client stands that has read everything that was taken.
    last_id: Option<StreamId>,
    /// Since when something waits and nothing was taken; none: nothing waits.
    stuck_since: Option<Instant>,
}

impl State {
    fn push(&mut self, message: Arc<Message>) {
        self.bytes += message.len();
        self.waiting.push_back(message);
        self.stuck_since.get_or_insert_with(Instant::now);
    }

    fn end(&mut self, end: End) {
        if self.end.is_some() {
            return;
        }
        // What waits would come first, and a client that is to go has no time for it; it can resume.
        if end != End::Bye {
            (self.waiting, self.bytes) = (VecDeque::new(), 0);
        }
        let last_id = self.waiting.back().map_or(self.last_id, |last| last.last_id);
        self.ping = false;
        self.push(Arc::new(Message::end(last_id, end)));
        self.end = Some(end);
        self.stuck_since = Some(Instant::now());
    }

    fn take(&mut self) -> Option<Next> {
        if let Some(message) = self.waiting.pop_front() {
            self.bytes -= message.len();
            self.last_id = message.last_id.or(self.last_id);
            self.note_taken();
            return Some(Next::Message(message));
        }
        if std::mem::take(&mut self.ping) {
            self.note_taken();
            return Some(Next::Ping);
        }
        self.end.map(Next::End)
    }

    fn note_taken(&mut self) {
        let empty = self.waiting.is_empty() && !self.ping;
        // After the end the connection itself is what is waited for.
        self.stuck_since = (!empty || self.end.is_some()).then(Instant::now);
    }
}

impl Queue {
    pub(super) fn new() -> Self {
        let state = State {
            waiting: VecDeque::new(),
            bytes: 0,
            ping: false,
            end: None,
            floor: None,
            last_id: None,
            stuck_since: None,
        };
        Self { state: Mutex::new(state), wake: Notify::new() }
    }

    /// Puts what a client gets at first ahead of what has come since it was registered. What stands in
    /// the stream up to `floor` is not sent again.
    pub(super) fn begin(&self, first: Vec<Arc<Message>>, floor: Option<StreamId>) {
        let mut state = self.lock();
        let early = std::mem::take(&mut state.waiting);
        let ended = state.end.is_some();
        state.bytes = 0;
        (state.floor, state.last_id) = (floor, first.first().and_then(|first| first.last_id));
        let early = early.into_iter().filter(|message| ended || message.last_id > floor);
        for message in first.into_iter().chain(early) {
            state.push(message);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Adds an item of the stream. Too many end the client.
    pub(super) fn push(&self, message: &Arc<Message>) {
        let mut state = self.lock();
        if state.end.is_some() || (state.floor.is_some() && message.last_id <= state.floor) {
            return;
        }
        let room = state.waiting.len() < MAX_MESSAGES && state.bytes + message.len() <= MAX_BYTES;
        if room {
            state.push(Arc::clone(message));
        } else {
            state.end(End::TooSlow);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Adds a message that stands nowhere in the stream, unless the same is waiting already.
    pub(super) fn push_refresh(&self, message: &Arc<Message>) {
        let mut state = self.lock();
        let repeated = state.waiting.back().is_some_and(|last| last.text() == message.text());
        if state.end.is_some() || repeated {
            return;
        }
        if state.waiting.len() < MAX_MESSAGES {
            state.push(Arc::clone(message));
        } else {
            state.end(End::TooSlow);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Has a ping sent after what waits.
    pub(super) fn ping(&self) {
        let mut state = self.lock();
        if state.end.is_none() {
            state.ping = true;
            state.stuck_since.get_or_insert_with(Instant::now);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Ends the client with a last message.
    pub(super) fn end(&self, end: End) {
        self.lock().end(end);
        self.wake.notify_one();
    }

    /// Waits for what is next. Cancelling it loses nothing.
    pub(super) async fn next(&self) -> Next {
        loop {
            let taken = self.lock().take();
            match taken {
                Some(next) => return next,
                None => self.wake.notified().await,
            }
        }
    }

    /// Why the client was ended, if it was.
    pub(super) fn ended(&self) -> Option<End> {
        self.lock().end
    }

    /// Since when something waits and nothing is taken.
    pub(super) fn stuck_since(&self) -> Option<Instant> {
        self.lock().stuck_since
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use shared::ids::ProjectId;
    use shared::live::{Kind, Told};

    use super::*;

    fn item(id: &str, bytes: usize) -> Arc<Message> {
        let json = format!(r#"{{"x":"{}"}}"#, "x".repeat(bytes));
        let told = Told { project: ProjectId(1), kind: Kind::Errors, json };
        Arc::new(Message::item(id.parse().unwrap(), &told).unwrap())
    }

    /// Ids and words of everything that can be taken now.
    fn taken(queue: &Queue) -> Vec<String> {
        let mut taken = Vec::new();
        while let Some(next) = queue.next().now_or_never() {
            match next {
                Next::Message(message) => {
                    let json: serde_json::Value = serde_json::from_str(&message.text()).unwrap();
                    let word = json["type"].as_str().unwrap();
                    taken.push(format!("{word} {}", json["last_id"].as_str().unwrap_or("-")));
                }
                Next::Ping => taken.push("ping".to_owned()),
                Next::End(end) => {
                    taken.push(end.label().to_owned());
                    break;
                }
            }
        }
        taken
    }

    #[test]
    fn what_came_early_follows_what_was_missed_and_nothing_comes_twice() {
        let queue = Queue::new();
        for id in ["1-0", "2-0", "3-0"] {
            queue.push(&item(id, 1));
        }
        queue.begin(vec![item("1-0", 1), item("2-0", 1)], "2-0".parse().ok());
        queue.push(&item("2-0", 1));
        queue.ping();
        queue.push(&item("4-0", 1));
        let expected = ["errors 1-0", "errors 2-0", "errors 3-0", "errors 4-0", "ping"];
        assert_eq!(taken(&queue), expected);
    }

    #[track_caller]
    fn check_overflow(items: usize, bytes: usize) {
        let queue = Queue::new();
        queue.begin(vec![item("1-0", 1)], "1-0".parse().ok());
        assert_eq!(taken(&queue), ["errors 1-0"]);
        for number in 2..items + 2 {
            assert_eq!(queue.ended(), None, "{number}");
            queue.push(&item(&format!("{number}-0"), bytes));
        }
        // It goes on after what it has read.
        assert_eq!(taken(&queue), ["dropped 1-0", "too_slow"]);
        queue.push(&item("9999-0", 1));
        assert_eq!(taken(&queue), ["too_slow"]);
    }

    #[test]
    fn a_full_queue_ends_the_client() {
        check_overflow(MAX_MESSAGES + 1, 1);
        check_overflow(5, 60 << 10);
    }

    #[test]
    fn a_goodbye_comes_after_what_waits() {
        let queue = Queue::new();
        queue.begin(vec![item("1-0", 1)], "1-0".parse().ok());
        queue.end(End::Bye);
        queue.end(End::KeyGone);
        assert_eq!(taken(&queue), ["errors 1-0", "bye 1-0", "shutdown"]);
    }

    #[test]
    fn a_client_is_stuck_while_it_takes_nothing() {
        let queue = Queue::new();
        assert_eq!(queue.stuck_since(), None);
        queue.push(&item("1-0", 1));
        assert!(queue.stuck_since().is_some());
        assert_eq!(taken(&queue), ["errors 1-0"]);
        assert_eq!(queue.stuck_since(), None);
        queue.end(End::Silent);
        assert_eq!(taken(&queue), ["dropped 1-0", "silent"]);
        assert!(queue.stuck_since().is_some());
    }
}
