//! How listening ends: for the slow, for those whose key or project is gone, at the shutdown, and
//! before it begins.

use super::listener::{BOTH, By, Ended, Listener};
use super::{ONE, incident, publisher};
use crate::sessions::log_in;
use crate::support::{ADMIN, ALL_2, READER, READER_1, Server};

/// How each transport shows the end that a WebSocket gives a code.
fn end(by: By, code: u16) -> Ended {
    match by {
        By::WebSocket => Ended::Closed(code),
        By::ServerSentEvents => Ended::Over,
    }
}

#[tokio::test]
async fn a_slow_client_is_told_and_dropped_while_others_go_on() {
    let server = Server::start().await;
    let publisher = publisher(&server);
    for by in BOTH {
        let mut slow = Listener::connect(&server, by, (READER, "")).await;
        let mut quick = Listener::connect(&server, by, (READER, "")).await;
        // Many times what the queue and both sides of a connection hold.
        for number in 0..150 {
            let title = format!("{number} {}", "x".repeat(60_000));
            publisher.publish(ONE, &incident(title)).await.unwrap();
            // The one is never more than a message behind, the other reads none.
            let title = quick.next().await["title"].as_str().unwrap().to_owned();
            assert!(title.starts_with(&format!("{number} ")), "{by:?} {number}");
        }
        let mut read = 0;
        let dropped = loop {
            let message = slow.next().await;
            if message["type"] != "incident" {
                break message;
            }
            read += 1;
        };
        assert_eq!((&dropped["type"], &dropped["reason"]), (&"dropped".into(), &"too slow".into()));
        assert!((1..150).contains(&read), "{read}");
        let last_id = slow.last_id.clone();
        assert_eq!(slow.ended().await, end(by, 1013));
        // It goes on where it was, as far as it is told at once.
        let mut slow = Listener::resume(&server, by, (READER, ""), &last_id).await;
        assert_eq!(slow.next().await["type"], "refresh");
    }
    server.stop().await;
}

#[tokio::test]
async fn who_may_no_longer_listen_is_told_and_disconnected() {
    let server = Server::start().await;
    let mut of_key = Vec::new();
    let mut of_project = Vec::new();
    let mut staying = Vec::new();
    for by in BOTH {
        of_key.push((by, Listener::connect(&server, by, (READER_1, "")).await));
        of_project.push((by, Listener::connect(&server, by, (ADMIN, "project_id=2")).await));
        staying.push(Listener::connect(&server, by, (READER, "")).await);
    }
    let revoke = "UPDATE api_keys SET permissions = '{write}' WHERE name = $1";
    server.db.execute(revoke, &[&READER_1]).await.unwrap();
    assert_eq!(server.delete("/api/projects/2").key(ADMIN).send().await.status, 204);
    for (listeners, reason) in
        [(of_key, "the API key may no longer read"), (of_project, "the project was deleted")]
    {
        for (by, mut listener) in listeners {
            let last = listener.next_of("ended").await;
            assert_eq!(last["reason"], reason);
            assert_eq!(listener.ended().await, end(by, 1008));
        }
    }
    publisher(&server).publish(ONE, &incident("to the others")).await.unwrap();
    for listener in &mut staying {
        assert_eq!(listener.next_of("incident").await["title"], "to the others");
    }
    server.stop().await;
}

#[tokio::test]
async fn who_logs_out_hears_no_more_wherever_they_listen() {
    let server = Server::start().await;
    let other = server.beside(&[]).await;
    let (leaving, _) = log_in(&server, READER).await;
    let (staying, _) = log_in(&server, READER).await;
    let mut of_leaving = Vec::new();
    let mut of_others = Vec::new();
    for by in BOTH {
        for instance in [&*server, &other] {
            of_leaving.push((by, Listener::connect(instance, by, (&leaving, "")).await));
            of_others.push(Listener::connect(instance, by, (&staying, "")).await);
        }
    }
    let logout = server.post("/api/logout").header("cookie", &leaving).send().await;
    assert_eq!(logout.status, 204);
    for (by, mut listener) in of_leaving {
        assert_eq!(listener.next_of("ended").await["reason"], "the session has ended");
        assert_eq!(listener.ended().await, end(by, 1008));
    }
    publisher(&server).publish(ONE, &incident("to the others")).await.unwrap();
    for listener in &mut of_others {
        assert_eq!(listener.next_of("incident").await["title"], "to the others");
    }
    other.end().await;
    server.stop().await;
}

#[tokio::test]
async fn a_process_that_ends_says_goodbye_and_does_not_wait() {
    let server = Server::start().await;
    // Longer than anybody waits here.
    let other = server.beside(&[("SHUTDOWN_TIMEOUT_SECS", "300")]).await;
    let mut listeners = Vec::new();
    for by in BOTH {
        listeners.push((by, Listener::connect(&other, by, (READER, "")).await));
    }
    // One that reads nothing keeps nobody.
    let _idle = Listener::connect(&other, By::ServerSentEvents, (ALL_2, "")).await;
    let reading = async {
        for (by, mut listener) in listeners {
            assert_eq!(listener.next_of("bye").await["type"], "bye");
            let last_id = listener.last_id.clone();
            assert_eq!(listener.ended().await, end(by, 1001));
            let mut again = Listener::resume(&server, by, (READER, ""), &last_id).await;
            publisher(&server).publish(ONE, &incident("elsewhere")).await.unwrap();
            assert_eq!(again.next().await["title"], "elsewhere");
        }
    };
    tokio::join!(other.end(), reading);
    server.stop().await;
}

#[tokio::test]
async fn no_more_clients_are_taken_than_are_allowed() {
    let server = Server::start_with(&[("LIVE_CLIENTS", "2")]).await;
    let first = Listener::connect(&server, By::WebSocket, (READER, "")).await;
    let _second = Listener::connect(&server, By::ServerSentEvents, (READER, "")).await;
    for by in BOTH {
        let refused = Listener::try_connect(&server, by, (READER, ""), None).await;
        assert_eq!(refused.err(), Some(503));
    }
    let refused = server.get("/api/live").key(READER).send().await;
    refused.fails(503, "SERVICE_UNAVAILABLE");
    assert_eq!(refused.header("retry-after"), Some("5"));
    drop(first);
    // The service notices as soon as the connection is closed.
    let taken = async {
        while Listener::try_connect(&server, By::WebSocket, (READER, ""), None).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, taken).await.unwrap();
    server.stop().await;
}
