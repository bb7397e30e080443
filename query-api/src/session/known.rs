//! Sessions that this process has met: whoever comes with one waits behind nobody who has proved
//! nothing, and a page that asks ten things at once has its session looked up once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::Session;

/// So long what a look-up said is taken as true: whoever logs out elsewhere is out within a second.
const FRESH: Duration = Duration::from_secs(1);

/// Whoever has asked nothing for so long comes as a stranger again.
const KEPT: Duration = Duration::from_mins(10);

/// No more are remembered; others come as strangers.
const MOST: usize = 10_000;

/// What is remembered of a session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// It was looked up a moment ago, and was this key's.
    Fresh(Uuid),
    /// It was good once; whether it still is must be asked.
    Old,
    /// Nothing.
    Nothing,
}

/// The sessions that are remembered.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<Session, Entry>>);

#[derive(Debug)]
struct Entry {
    key: Uuid,
    met_at: Instant,
    is_fresh: bool,
}

impl Known {
    /// What is known of a session.
    pub(super) fn recall(&self, session: Session) -> Memory {
        match self.lock().get(&session) {
            Some(entry) if entry.is_fresh && entry.met_at.elapsed() < FRESH => {
                Memory::Fresh(entry.key)
            }
            Some(entry) if entry.met_at.elapsed() < KEPT => Memory::Old,
            _ => Memory::Nothing,
        }
    }

    /// A look-up that was begun then has found a session.
    pub(super) fn found(&self, session: Session, key: Uuid, begun_at: Instant) {
        self.remember(session, Entry { key, met_at: begun_at, is_fresh: true });
    }

    /// A session has begun. Its first request still asks, as a known one.
    pub(super) fn began(&self, session: Session, key: Uuid) {
        self.remember(session, Entry { key, met_at: Instant::now(), is_fresh: false });
    }

    /// A session is over. One that is being looked up meanwhile may hold for as long as it would
    /// anywhere else.
    pub(super) fn ended(&self, session: Session) {
        self.lock().remove(&session);
    }

    fn remember(&self, session: Session, entry: Entry) {
        let mut known = self.lock();
        if known.len() >= MOST && !known.contains_key(&session) {
            known.retain(|_, old| old.met_at.elapsed() < KEPT);
        }
        if known.len() < MOST || known.contains_key(&session) {
            known.insert(session, entry);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Session, Entry>> {
        // No code panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use shared::access::KeyHash;

    use super::*;

    const KEY: Uuid = Uuid::from_u128(7);

    fn session(number: usize) -> Session {
        Session(KeyHash::of(&number.to_string()))
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_looked_up_holds_for_a_second() {
        let known = Known::default();
        assert_eq!(known.recall(session(1)), Memory::Nothing);
        known.found(session(1), KEY, Instant::now());
        assert_eq!(known.recall(session(1)), Memory::Fresh(KEY));
        assert_eq!(known.recall(session(2)), Memory::Nothing);
        tokio::time::advance(FRESH).await;
        assert_eq!(known.recall(session(1)), Memory::Old);
        tokio::time::advance(KEPT).await;
        assert_eq!(known.recall(session(1)), Memory::Nothing);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_is_as_old_as_its_question() {
        let known = Known::default();
        let begun_at = Instant::now();
        tokio::time::advance(FRESH).await;
        known.found(session(1), KEY, begun_at);
        assert_eq!(known.recall(session(1)), Memory::Old);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_has_begun_is_known_and_one_that_is_over_is_not() {
        let known = Known::default();
        known.began(session(1), KEY);
        assert_eq!(known.recall(session(1)), Memory::Old);
        known.ended(session(1));
        assert_eq!(known.recall(session(1)), Memory::Nothing);
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_remembered_and_no_more() {
        let known = Known::default();
        for number in 0..MOST {
            known.began(session(number), KEY);
        }
        known.began(session(MOST), KEY);
        assert_eq!(known.recall(session(MOST)), Memory::Nothing);
        known.found(session(0), KEY, Instant::now());
        assert_eq!(known.recall(session(0)), Memory::Fresh(KEY));
        tokio::time::advance(KEPT).await;
        known.began(session(MOST), KEY);
        assert_eq!(known.recall(session(MOST)), Memory::Old);
        assert_eq!(known.lock().len(), 1);
    }
}
