//! `GET /api/live`: who is told what, in which order, and how it ends.

mod ends;
mod errors;
mod listener;
mod resume;

use shared::config::{RedisConfig, Settings};
use shared::ids::ProjectId;
use shared::live::{Incident, IncidentChange, Item, Publisher};
use uuid::Uuid;

use self::listener::{BOTH, Listener};
use crate::support::{ADMIN, READER, READER_1, Server, WRITER};

const ONE: ProjectId = ProjectId(1);
const TWO: ProjectId = ProjectId(2);

/// A connection of the test's own.
fn redis(url: &str) -> fred::clients::Client {
    let lookup = |name: &str| (name == "REDIS_URL").then(|| url.to_owned());
    let settings = Settings::new(&lookup);
    shared::redis::client(&RedisConfig::read(&settings)).unwrap()
}

fn publisher(server: &Server) -> Publisher {
    Publisher::new(redis(server.sandbox.redis_url()), server.sandbox.namespace())
}

/// An incident that says no more than its title.
fn incident(title: impl Into<String>) -> Item {
    Item::Incident(Incident {
        id: Uuid::nil(),
        title: title.into(),
        severity: "low".to_owned(),
        status: "identified".to_owned(),
        change: IncidentChange::Changed,
    })
}

/// Kind or title, and project, of the next messages.
async fn heard(listener: &mut Listener, messages: usize) -> Vec<(String, i64)> {
    let mut heard = Vec::new();
    for _ in 0..messages {
        let message = listener.next().await;
        let word = message["title"].as_str().or(message["type"].as_str()).unwrap();
        heard.push((word.to_owned(), message["project_id"].as_i64().unwrap()));
    }
    heard
}

#[tokio::test]
async fn listeners_hear_of_their_projects_what_they_asked_for() {
    let server = Server::start().await;
    let publisher = publisher(&server);
    for by in BOTH {
        let mut listeners = [
            Listener::connect(&server, by, (READER, "")).await,
            Listener::connect(&server, by, (READER_1, "")).await,
            Listener::connect(&server, by, (READER, "project_id=2")).await,
            Listener::connect(&server, by, (ADMIN, "types=incident,firing")).await,
        ];
        publisher.publish(ONE, &Item::Refresh).await.unwrap();
        publisher.publish(TWO, &incident("b")).await.unwrap();
        publisher.publish(ONE, &incident("a")).await.unwrap();
        publisher.publish(TWO, &incident("b")).await.unwrap();
        let [refresh, a, b] = [("refresh", 1), ("a", 1), ("b", 2)];
        for (listener, expected) in
            listeners.iter_mut().zip([&[refresh, b, a, b][..], &[refresh, a], &[b, b], &[b, a, b]])
        {
            let expected: Vec<(String, i64)> =
                expected.iter().map(|(word, project)| ((*word).to_owned(), *project)).collect();
            assert_eq!(heard(listener, expected.len()).await, expected, "{by:?}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn who_may_not_listen_or_asks_nonsense_is_refused() {
    let server = Server::start().await;
    let id = serde_json::json!("1-0");
    for by in BOTH {
        for (whom, status) in [
            (("nobody", ""), 401),
            ((WRITER, ""), 403),
            ((READER_1, "project_id=2"), 404),
            ((READER, "project_id=99"), 404),
            ((READER, "types=errors,nonsense"), 400),
            ((READER, "types=refresh"), 400),
            ((READER, "last_id=yesterday"), 400),
        ] {
            let refused = Listener::try_connect(&server, by, whom, None).await;
            assert_eq!(refused.err(), Some(status), "{by:?} {whom:?}");
        }
        // What is known of a place is that it was.
        let mut lost = Listener::resume(&server, by, (READER, ""), &id).await;
        assert_eq!(lost.next().await["type"], "refresh");
    }
    let handshake = |name, value| {
        let upgrade = server.get("/api/live").key(READER).header("upgrade", "websocket");
        upgrade.header("connection", "upgrade").header(name, value)
    };
    for (name, value) in [("sec-websocket-version", "12"), ("sec-websocket-key", "short")] {
        assert_eq!(handshake(name, value).send().await.bad_fields(), ["upgrade"]);
    }
    let head = server.ask("HEAD", "/api/live").key(READER).send().await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    server.stop().await;
}
