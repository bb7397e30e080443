//! Who comes back hears what was missed, or is told to reload.

use fred::interfaces::{ClientLike as _, KeysInterface as _};
use serde_json::Value;
use shared::live::Item;
use tokio::sync::oneshot;

use super::listener::{BOTH, By, Listener};
use super::{ONE, TWO, incident, publisher, redis};
use crate::support::{READER_1, Server};

/// Items that are published while a client comes and goes.
const ITEMS: usize = 300;

/// Messages after which the client leaves.
const STAY: usize = 7;

#[tokio::test]
async fn nothing_is_missed_and_nothing_comes_twice_across_two_instances() {
    let server = Server::start().await;
    let other = server.beside(&[]).await;
    for by in BOTH {
        let mut listener = Listener::connect(&server, by, (READER_1, "")).await;
        let (done, mut published) = oneshot::channel();
        let publisher = publisher(&server);
        let publishing = shared::lifecycle::spawn(async move {
            for number in 0..ITEMS {
                publisher.publish(ONE, &incident(number.to_string())).await.unwrap();
                publisher.publish(TWO, &incident("of another project")).await.unwrap();
                // So that the client comes and goes between items.
                if number % 5 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            done.send(()).unwrap();
        });
        let mut came = 0;
        let mut early = 0;
        while came < ITEMS {
            for _ in 0..STAY.min(ITEMS - came) {
                assert_eq!(listener.next().await["title"], came.to_string(), "{by:?}");
                came += 1;
            }
            early += usize::from(published.try_recv().is_err());
            let last_id = listener.last_id.clone();
            drop(listener);
            let instance = if came.is_multiple_of(2) { &server } else { &other };
            listener = Listener::resume(instance, by, (READER_1, ""), &last_id).await;
        }
        publishing.await.unwrap();
        assert!(early > 0, "the client should come back while there is more to come");
    }
    other.end().await;
    server.stop().await;
}

/// The two messages that a client gets who can't be told what it missed.
async fn is_told_to_reload(server: &Server, by: By, last_id: &Value) {
    let mut listener = Listener::resume(server, by, (READER_1, ""), last_id).await;
    let message = listener.next().await;
    assert_eq!((&message["type"], &message["project_id"]), (&"refresh".into(), &Value::Null));
    // And goes on from there.
    publisher(server).publish(ONE, &incident("later")).await.unwrap();
    assert_eq!(listener.next().await["title"], "later");
}

#[tokio::test]
async fn who_has_missed_too_much_is_told_to_reload() {
    let server = Server::start().await;
    let publisher = publisher(&server);
    for by in BOTH {
        let mut listener = Listener::connect(&server, by, (READER_1, "")).await;
        publisher.publish(ONE, &incident("first")).await.unwrap();
        listener.next_of("incident").await;
        let seen = listener.last_id.clone();
        drop(listener);
        // More than is sent at once.
        let many: Vec<_> = (0..200).map(|number| (ONE, incident(number.to_string()))).collect();
        publisher.publish_all(&many).await.unwrap();
        is_told_to_reload(&server, by, &seen).await;
        // More than the stream keeps, though nothing of it is for this client.
        let many = vec![(TWO, Item::Refresh); 2_500];
        publisher.publish_all(&many).await.unwrap();
        is_told_to_reload(&server, by, &seen).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn who_comes_back_after_nobody_listened_is_told_to_reload() {
    let server = Server::start().await;
    let redis = redis(server.sandbox.redis_url());
    redis.wait_for_connect().await.unwrap();
    let key = format!("{}:live:listeners:1", server.sandbox.namespace());
    for by in BOTH {
        let listener = Listener::connect(&server, by, (READER_1, "")).await;
        let last_id = listener.last_id.clone();
        drop(listener);
        // At once nothing can be missing.
        let mut listener = Listener::resume(&server, by, (READER_1, ""), &last_id).await;
        publisher(&server).publish(ONE, &incident("next")).await.unwrap();
        assert_eq!(listener.next().await["title"], "next");
        drop(listener);
        // A minute later the key has gone by itself.
        let gone: i64 = redis.del(&key).await.unwrap();
        assert_eq!(gone, 1);
        is_told_to_reload(&server, by, &last_id).await;
    }
    server.stop().await;
}
