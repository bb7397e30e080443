//! What Postgres refuses is found among what it takes, and set aside with its reason.

use lapin::options::BasicGetOptions;
use shared::batch::Batch;
use shared::broker::topology::{DEAD_REASON_HEADER, Queue};

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

    let queue = Queue::Dead.name(place.sandbox.namespace());
    let letter =
        place.channel.basic_get(queue, BasicGetOptions { no_ack: true }).await.unwrap().unwrap();
    let dead = Batch::decode(letter.delivery.data.into()).unwrap();
    assert_eq!(dead.entries, [poison]);
    let headers = letter.delivery.properties.headers().clone().unwrap();
    let reason = headers.inner().get(DEAD_REASON_HEADER).unwrap();
    let reason = String::from_utf8_lossy(reason.as_long_string().unwrap().as_bytes());
    assert!(reason.contains("invalid byte sequence"), "{reason}");
    assert_eq!(letter.message_count, 0);
    place.close().await;
}

#[tokio::test]
async fn an_event_buried_again_is_known_as_one() {
    let place = Place::new().await;
    let poison = entry("po\0ison");
    for _ in 0..2 {
        let stored = place.store(&[batch(vec![poison.clone()])]).await;
        assert_eq!(stored.dead, 1);
    }
    let mut ids = Vec::new();
    for _ in 0..2 {
        let queue = Queue::Dead.name(place.sandbox.namespace());
        let options = BasicGetOptions { no_ack: true };
        let letter = place.channel.basic_get(queue, options).await.unwrap().unwrap();
        ids.push(letter.delivery.properties.message_id().clone().unwrap().to_string());
    }
    assert_eq!(ids, [poison.event_id.to_string(), poison.event_id.to_string()]);
    place.close().await;
}
