//! What an operator does with dead letters: looks at them, has them tried again, drops them.

mod crashes;

use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicAckOptions, BasicGetOptions};
use serde_json::Value;
use shared::batch::{Batch, Entry, MESSAGE_TYPE};
use shared::broker::topology::{self, Queue};
use shared::ids::EventId;
use shared::payload;
use tokio_util::sync::CancellationToken;
use worker::announce::Announcer;
use worker::consume::Consumer;
use worker::dead_letters::commands::{self, Form, Which};
use worker::dead_letters::desk::{Desk, DeskError};
use worker::dead_letters::found::LetterId;
use worker::dead_letters::{Letter, Refused};
use worker::ops::Readiness;
use worker::persist::{Delivered, Message};

use crate::place::{Place, batch, broker_config, entry, given};

/// Nothing that is waited for takes longer.
const LIMIT: Duration = Duration::from_secs(20);

/// The desk of a place, and what its commands answer.
impl Place {
    async fn desk(&self) -> Desk {
        Desk::open(&broker_config(&self.sandbox), self.sandbox.namespace()).await.unwrap()
    }

    /// The list, as programs read it.
    async fn list(&self, limit: usize) -> Value {
        let desk = self.desk().await;
        let mut out = Vec::new();
        commands::list(&desk, limit, Form::Json, &mut out).await.unwrap();
        desk.close().await.unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    /// The ids of all letters. The tests' ids are made in the order of burial.
    async fn letters(&self) -> Vec<String> {
        let list = self.list(10_000).await;
        let id = |letter: &Value| letter["id"].as_str().unwrap().to_owned();
        let mut ids: Vec<String> = list["letters"].as_array().unwrap().iter().map(id).collect();
        ids.sort();
        ids
    }

    async fn replay(&self, which: &Which) -> String {
        let desk = self.desk().await;
        let mut out = Vec::new();
        commands::replay(&desk, which, &mut out).await.unwrap();
        desk.close().await.unwrap();
        String::from_utf8(out).unwrap()
    }

    async fn discard(&self, which: &Which) -> (String, Result<(), DeskError>) {
        let desk = self.desk().await;
        let mut out = Vec::new();
        let outcome = commands::discard(&desk, which, &mut out).await;
        desk.close().await.unwrap();
        (String::from_utf8(out).unwrap(), outcome)
    }

    async fn show(&self, id: &str, form: Form) -> Result<String, DeskError> {
        let desk = self.desk().await;
        let mut out = Vec::new();
        let outcome = commands::show(&desk, &LetterId::new(id), form, &mut out).await;
        desk.close().await.unwrap();
        outcome.map(|()| String::from_utf8(out).unwrap())
    }

    /// Stores what was replayed, as a lane does; how many messages and new events that were.
    async fn deliver_replayed(&self) -> (usize, u64) {
        let (mut replayed, mut stored) = (0, 0);
        let queue = Queue::Events.name(self.sandbox.namespace());
        while let Some(message) =
            self.channel.basic_get(queue.clone(), BasicGetOptions::default()).await.unwrap()
        {
            assert!(topology::is_replayed(&message.delivery.properties));
            let batch = Batch::decode(message.delivery.data.into()).unwrap();
            replayed += 1;
            let messages = vec![Message { batch, replayed: true }];
            stored += self.deliver(Delivered { messages, ..Delivered::default() }).await.stored;
            let tag = message.delivery.delivery_tag;
            self.channel.basic_ack(tag, BasicAckOptions::default()).await.unwrap();
        }
        (replayed, stored)
    }

    /// Waits until a queue holds as many messages as expected. What a lost connection held returns some
    /// time after.
    async fn until(&self, queue: Queue, expected: impl Fn(u32) -> bool) {
        let namespace = self.sandbox.namespace();
        let waiting = async {
            while !expected(topology::depth(&self.channel, queue, namespace).await.unwrap().0) {}
        };
        tokio::time::timeout(LIMIT, waiting).await.unwrap();
    }

    /// Buries so many events, one after the other.
    async fn bury_many(&self, events: usize) {
        for number in 0..events {
            let batch = batch(vec![entry(&format!("letter {number}"))]);
            let (entry, reason) = (&batch.entries[0], "for a test".to_owned());
            self.dead().bury_events(&[Refused { entry, batch: &batch, reason }]).await.unwrap();
        }
    }

    /// Has Postgres refuse an event, until [`Self::mend`].
    async fn refuse(&self, event: EventId) {
        let sql =
            format!("ALTER TABLE events ADD CONSTRAINT refused CHECK (event_id <> '{event}')");
        self.execute(&sql).await;
    }

    async fn mend(&self) {
        self.execute("ALTER TABLE events DROP CONSTRAINT refused").await;
    }
}

/// An event with a payload that can be shown.
fn readable(message: &str) -> Entry {
    let mut entry = entry(message);
    let event = serde_json::from_value(serde_json::json!({
        "event_id": entry.event_id, "project_id": entry.project_id, "level": "error",
        "timestamp": entry.occurred_at, "received_at": entry.received_at,
        "message": message, "source": "test", "environment": "production",
        "context": {"order": 66},
    }))
    .unwrap();
    entry.payload = Some(payload::encode(&event).unwrap());
    entry
}

#[tokio::test]
async fn a_list_tells_what_lies_there_and_leaves_it() {
    let place = Place::new().await;
    let refused = readable("too odd for\nthe database");
    place.refuse(refused.event_id).await;
    let stored = place.store(&[batch(vec![entry("good"), refused.clone()])]).await;
    assert_eq!((stored.stored, stored.dead), (1, 1));

    for _ in 0..2 {
        let list = place.list(50).await;
        assert_eq!(list["total"], 1);
        let letter = &list["letters"][0];
        assert!(letter["reason"].as_str().unwrap().contains("violates check constraint"));
        assert_eq!(letter["event_ids"], serde_json::json!([refused.event_id]));
        assert_eq!(letter["events"], 1);
        assert_eq!(letter["projects"], serde_json::json!([refused.project_id]));
        assert_eq!(letter["title"], "too odd for");
        let buried_at = shared::time::parse(letter["buried_at"].as_str().unwrap()).unwrap();
        // The broker keeps whole seconds.
        assert!(buried_at.timestamp() >= refused.received_at.timestamp());
    }
    place.close().await;
}

#[tokio::test]
async fn a_letter_is_shown_with_its_event() {
    let place = Place::new().await;
    let refused = readable("look at \u{1b}[2J me");
    place.refuse(refused.event_id).await;
    place.store(&[batch(vec![refused.clone()])]).await;
    let id = place.letters().await.remove(0);

    let shown: Value = serde_json::from_str(&place.show(&id, Form::Json).await.unwrap()).unwrap();
    assert_eq!(shown["id"], id.as_str());
    assert_eq!(shown["events"][0]["event_id"], refused.event_id.to_string());
    assert_eq!(shown["events"][0]["event"]["message"], "look at \u{1b}[2J me");
    assert_eq!(shown["events"][0]["event"]["context"]["order"], 66);

    let text = place.show(&id.replace('-', "").to_uppercase(), Form::People).await.unwrap();
    for part in [id.as_str(), "check constraint", "event 1 of 1", "\"order\": 66"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");
    assert_eq!(place.letters().await, [id]);
    place.close().await;
}

#[tokio::test]
async fn a_replay_stores_an_event_once_when_the_cause_is_gone() {
    let place = Place::new().await;
    let refused = readable("refused");
    place.refuse(refused.event_id).await;
    place.store(&[batch(vec![entry("good"), refused.clone()])]).await;
    place.mend().await;

    let ids = place.letters().await;
    // One id in two spellings is one letter.
    let which = Which::named(&[ids[0].clone(), ids[0].replace('-', "")]);
    assert_eq!(place.replay(&which).await, "replayed 1 letter with 1 event\n");
    assert_eq!(place.letters().await, Vec::<String>::new());
    assert_eq!(place.deliver_replayed().await, (1, 1));
    let count = format!("SELECT count(*) FROM events WHERE event_id = '{}'", refused.event_id);
    assert_eq!(place.value::<i64>(&count).await, 1);
    place.assert_counts(2).await;
    place.close().await;
}

#[tokio::test]
async fn a_letter_that_comes_back_can_be_replayed_again() {
    let place = Place::new().await;
    let refused = readable("refused");
    place.refuse(refused.event_id).await;
    place.store(&[batch(vec![refused])]).await;
    for _ in 0..2 {
        assert_eq!(place.replay(&Which::All).await, "replayed 1 letter with 1 event\n");
        assert_eq!(place.deliver_replayed().await, (1, 0));
    }
    place.mend().await;
    place.replay(&Which::All).await;
    assert_eq!(place.deliver_replayed().await, (1, 1));
    assert_eq!(place.letters().await, Vec::<String>::new());
    place.assert_counts(1).await;
    place.close().await;
}

#[tokio::test]
async fn a_replayed_event_that_was_stored_meanwhile_counts_once() {
    let place = Place::new().await;
    let now = shared::time::now();
    let id = EventId::generate();
    for refused in [given("given", id, now), entry("minted")] {
        place.refuse(refused.event_id).await;
        assert_eq!(place.store(&[batch(vec![refused.clone()])]).await.dead, 1);
        place.mend().await;
        assert_eq!(place.store(&[batch(vec![refused])]).await.stored, 1);
    }
    assert_eq!(place.replay(&Which::All).await, "replayed 2 letters with 2 events\n");
    assert_eq!(place.deliver_replayed().await, (2, 0));
    place.assert_counts(2).await;
    place.close().await;
}

#[tokio::test]
async fn a_drop_removes_what_was_named_and_nothing_else() {
    let place = Place::new().await;
    place.bury_many(5).await;
    let ids = place.letters().await;
    let unknown = EventId::generate().to_string();
    let which = Which::named(&[&ids[3], &ids[1], &unknown, &ids[1]]);
    let (answer, outcome) = place.discard(&which).await;
    for id in [&ids[1], &ids[3]] {
        assert!(answer.contains(&format!("dropped {id}\n")), "{answer}");
    }
    assert_eq!(answer.lines().count(), 2);
    assert_eq!(outcome.unwrap_err().to_string(), format!("there is no dead letter {unknown}"));
    let left = [&ids[0], &ids[2], &ids[4]].map(Clone::clone);
    assert_eq!(place.letters().await, left);

    let (answer, outcome) = place.discard(&Which::All).await;
    outcome.unwrap();
    assert_eq!(answer.lines().count(), 3);
    assert_eq!(place.list(50).await["total"], 0);
    place.close().await;
}

#[tokio::test]
async fn an_unknown_letter_is_an_error_that_names_it() {
    let place = Place::new().await;
    place.bury_many(1).await;
    let known = place.letters().await.remove(0);
    let shown = place.show("nobody", Form::People).await.unwrap_err();
    assert_eq!(shown.to_string(), "there is no dead letter nobody");

    let desk = place.desk().await;
    let mut out = Vec::new();
    let which = Which::named(&["nobody", &known, "none"]);
    let replayed = commands::replay(&desk, &which, &mut out).await.unwrap_err();
    desk.close().await.unwrap();
    assert_eq!(replayed.to_string(), "there is no dead letter nobody, none");
    // The others are replayed, and their number is told.
    assert_eq!(String::from_utf8(out).unwrap(), "replayed 1 letter with 1 event\n");
    assert_eq!(place.deliver_replayed().await, (1, 1));
    place.forget_all_but(1);
    place.close().await;
}

#[tokio::test]
async fn a_thousand_letters_are_looked_at_and_none_is_lost() {
    let place = Place::new().await;
    place.bury_many(1_000).await;
    let ids = place.letters().await;
    assert_eq!(ids.len(), 1_000);
    // No `assert_eq`, which would print them all.
    assert!(place.letters().await == ids, "looking at them has changed them");
    let list = place.list(7).await;
    assert_eq!((&list["total"], list["letters"].as_array().unwrap().len()), (&1_000.into(), 7));

    let which = Which::named(&[&ids[990]]);
    assert_eq!(place.replay(&which).await, "replayed 1 letter with 1 event\n");
    let left: Vec<String> = ids.iter().filter(|id| **id != ids[990]).cloned().collect();
    assert!(place.letters().await == left, "more than one was taken out");
    assert_eq!(place.replay(&Which::All).await, "replayed 999 letters with 999 events\n");
    assert_eq!(place.list(1).await["total"], 0);
    place.close().await;
}

#[tokio::test]
async fn one_command_at_a_time_is_at_the_letters() {
    let place = Place::new().await;
    let first = place.desk().await;
    let config = broker_config(&place.sandbox);
    let second = Desk::open(&config, place.sandbox.namespace()).await;
    assert!(matches!(second, Err(DeskError::Taken)), "{second:?}");
    first.close().await.unwrap();
    place.desk().await.close().await.unwrap();
    place.close().await;
}

/// Runs a lane of the service until what is awaited has come.
async fn while_a_lane_runs(place: &Place, awaited: impl Future<Output = ()>) {
    let shutdown = CancellationToken::new();
    let lane = Consumer {
        queue: Queue::Events,
        lane: 0,
        broker: broker_config(&place.sandbox),
        namespace: place.sandbox.namespace().to_owned(),
        persister: Arc::clone(&place.persister),
        announcer: Announcer::new(),
        readiness: Arc::new(Readiness::default()),
        vitals: shared::vitals::Vitals::new(),
    };
    let running = shared::lifecycle::spawn(lane.run(shutdown.clone()));
    awaited.await;
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_handled_like_any_other() {
    let place = Place::new().await;
    // As the service buries what came without an id and with a type of its own.
    let letter = Letter { body: b"\x1b]0;not a batch", id: "", kind: "errata.batch.v9" };
    place.dead().bury(letter, "the message type is unknown to this version").await.unwrap();

    let list = place.list(50).await;
    let row = &list["letters"][0];
    assert_eq!((&row["events"], &row["bytes"]), (&Value::Null, &15.into()));
    let id = row["id"].as_str().unwrap();
    let text = place.show(id, Form::People).await.unwrap();
    for part in ["errata.batch.v9", "15 B", "1b 5d 30 3b 6e 6f 74", ".]0;not.a.batch"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");
    let shown: Value = serde_json::from_str(&place.show(id, Form::Json).await.unwrap()).unwrap();
    assert_eq!(shown["start_in_hex"], hex::encode(letter.body));

    // The worker still can't read it and buries it again, under the same id.
    let which = Which::named(&[id]);
    assert_eq!(place.replay(&which).await, "replayed 1 letter with 0 events\n");
    while_a_lane_runs(&place, place.until(Queue::Dead, |letters| letters == 1)).await;
    assert_eq!(place.letters().await, [id]);
    let (answer, outcome) = place.discard(&which).await;
    outcome.unwrap();
    assert_eq!(answer, format!("dropped {id}\n"));
    assert_eq!(place.list(50).await["total"], 0);
    // It counts once although it was buried again.
    let unreadable = ("dead_lettered".to_owned(), "unreadable".to_owned());
    assert_eq!(place.ledger().await, [(unreadable, 1)].into());
    place.forget_all_but(1);
    place.close().await;
}

#[tokio::test]
async fn a_message_that_a_later_version_can_read_is_stored() {
    let place = Place::new().await;
    let message = batch(vec![entry("readable at last")]);
    for _ in 0..2 {
        let delivered = Delivered { unreadable: vec![message.batch_id], ..Delivered::default() };
        place.deliver(delivered).await;
    }
    assert_eq!(place.store(&[message]).await.stored, 1);
    place.assert_counts(1).await;
    place.forget_all_but(2);
    place.close().await;
}

#[tokio::test]
async fn what_was_not_counted_as_dead_is_not_taken_back() {
    let place = Place::new().await;
    // Buried by a version that could not read it, which therefore counted none of its events.
    let message = batch(vec![entry("a"), entry("b")]);
    let id = message.batch_id.to_string();
    let letter = Letter { body: &message.encode(), id: &id, kind: MESSAGE_TYPE };
    place.dead().bury(letter, "the message type is unknown to this version").await.unwrap();
    place.replay(&Which::All).await;
    let stored = "SELECT count(*) = 2 FROM events";
    let storing = async { while !place.value::<bool>(stored).await {} };
    while_a_lane_runs(&place, async { tokio::time::timeout(LIMIT, storing).await.unwrap() }).await;
    let stored = ("stored".to_owned(), String::new());
    assert_eq!(place.ledger().await, [(stored, 2)].into());
    place.forget_all_but(2);
    place.close().await;
}

#[tokio::test]
async fn a_letter_that_still_cannot_be_stored_comes_back() {
    let place = Place::new().await;
    let refused = entry("refused");
    place.refuse(refused.event_id).await;
    place.store(&[batch(vec![refused.clone()])]).await;
    place.replay(&Which::All).await;
    while_a_lane_runs(&place, place.until(Queue::Dead, |letters| letters == 1)).await;
    let list = place.list(50).await;
    assert_eq!(list["letters"][0]["event_ids"], serde_json::json!([refused.event_id]));
    place.assert_counts(0).await;
    place.close().await;
}
