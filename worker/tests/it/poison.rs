//! What Postgres refuses is found among what it takes, and set aside with its reason.

use lapin::message::BasicGetMessage;
use lapin::options::BasicGetOptions;
use shared::batch::Batch;
use shared::broker::topology::{DEAD_REASON_HEADER, Queue};
use worker::persist::{Delivered, Message};

use crate::place::{Place, batch, entry};

#[tokio::test]
async fn a_poison_event_among_good_ones_becomes_a_dead_letter() {
    let place = Place::new().await;
    let mut entries: Vec<_> = (0..40).map(|_| entry("good")).collect();
    // Ingest replaces NUL; Postgres refuses it (SQLSTATE 22021).
    let poison = entry("po\0ison");
    entries.insert(17, poison.clone());
    let stored = place.store(&[batch(vec![entry("other")]), batch(entries)]).await;
    assert_eq!((stored.stored, stored.dead), (41, 1));
    place.assert_counts(41).await;

    let letter = take(&place).await;
    assert!(reason(&letter).contains("invalid byte sequence"), "{}", reason(&letter));
    assert_eq!(letter.message_count, 0);
    let dead = Batch::decode(letter.delivery.data.into()).unwrap();
    assert_eq!(dead.entries, [poison]);
    place.close().await;
}

#[tokio::test]
async fn a_reason_names_the_constraint_and_holds_nothing_of_the_event() {
    let place = Place::new().await;
    place.execute("ALTER TABLE errors ADD CONSTRAINT fault CHECK (message <> 'marker')").await;
    assert_eq!(place.store(&[batch(vec![entry("marker")])]).await.dead, 1);
    let letter = take(&place).await;
    let reason = reason(&letter);
    assert!(reason.contains("SQLSTATE 23514, constraint fault, table errors"), "{reason}");
    assert!(!reason.contains("marker"), "{reason}");
    place.close().await;
}

#[tokio::test]
async fn an_event_buried_again_is_known_as_one() {
    let place = Place::new().await;
    let poison = batch(vec![entry("po\0ison"), entry("good")]);
    // As after a transaction that failed to commit, whose messages come again.
    assert_eq!(place.store(std::slice::from_ref(&poison)).await.dead, 1);
    place.execute("DELETE FROM batches").await;
    place.execute("TRUNCATE ledger").await;
    assert_eq!(place.store(std::slice::from_ref(&poison)).await.dead, 1);
    let letters = [letter(&place).await, letter(&place).await];
    assert_eq!(letters[0], letters[1]);

    // Buried again after it was sent again, it is another letter.
    let message = Message { batch: letters[0].clone(), replayed: true };
    let delivered = Delivered { messages: vec![message], ..Delivered::default() };
    assert_eq!(place.deliver(delivered).await.dead, 1);
    let again = letter(&place).await;
    assert_eq!(again.entries, letters[0].entries);
    assert_ne!(again.batch_id, letters[0].batch_id);
    place.close().await;
}

#[tokio::test]
async fn an_event_that_is_sent_again_ends_once() {
    let place = Place::new().await;
    place.execute("ALTER TABLE errors ADD CONSTRAINT fault CHECK (message <> 'refused')").await;
    assert_eq!(place.store(&[batch(vec![entry("refused"), entry("good")])]).await.dead, 1);
    let letter = letter(&place).await;
    place.execute("ALTER TABLE errors DROP CONSTRAINT fault").await;
    // Sent twice, as when the one who sent it was killed before the letter was gone.
    for stored in [1, 0] {
        let message = Message { batch: letter.clone(), replayed: true };
        let delivered = Delivered { messages: vec![message], ..Delivered::default() };
        assert_eq!(place.deliver(delivered).await.stored, stored);
    }
    place.assert_counts(2).await;
    let ledger = place.ledger().await;
    let stored = ("stored".to_owned(), String::new());
    let dead = ("dead_lettered".to_owned(), "data".to_owned());
    assert_eq!(ledger, [(dead, 0), (stored, 2)].into());
    place.close().await;
}

#[tokio::test]
async fn hundreds_of_poison_events_among_good_ones_are_set_aside() {
    let place = Place::new().await;
    let entries = (0..450).map(|at| entry(if at % 3 == 0 { "good" } else { "po\0ison" }));
    let stored = place.store(&[batch(entries.collect())]).await;
    assert_eq!((stored.stored, stored.dead), (150, 300));
    place.assert_counts(150).await;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..300 {
        ids.insert(letter(&place).await.entries[0].event_id);
    }
    assert_eq!(ids.len(), 300);
    place.close().await;
}

/// Takes the oldest dead letter, for what is in it.
async fn letter(place: &Place) -> Batch {
    Batch::decode(take(place).await.delivery.data.into()).unwrap()
}

/// Takes the oldest dead letter.
async fn take(place: &Place) -> BasicGetMessage {
    let queue = Queue::Dead.name(place.sandbox.namespace());
    let options = BasicGetOptions { no_ack: true };
    place.channel.basic_get(queue, options).await.unwrap().unwrap()
}

/// Why an event became a dead letter.
fn reason(letter: &BasicGetMessage) -> String {
    let headers = letter.delivery.properties.headers().as_ref().unwrap();
    let reason = headers.inner().get(DEAD_REASON_HEADER).unwrap();
    String::from_utf8_lossy(reason.as_long_string().unwrap().as_bytes()).into_owned()
}
