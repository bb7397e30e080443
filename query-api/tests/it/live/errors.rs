//! What listeners hear of errors: from the worker, from changes through the API, and from revisions when
//! nobody else tells.

use std::net::SocketAddr;

use deploy::engines::{EngineKind, Engines};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::listener::{BOTH, By, Listener};
use super::{ONE, incident, redis};
use crate::cache::warm;
use crate::openapi::document;
use crate::support::{ADMIN, ALL_1, ALL_2, Ask, PATIENCE, READER, READER_1, Seed, Server};

/// The way of an event: ingest and a worker beside the query API.
struct Way {
    ingest: SocketAddr,
    stop: CancellationToken,
    running: Vec<JoinHandle<anyhow::Result<()>>>,
}

impl Way {
    async fn start(server: &Server) -> Self {
        let lookup = |name: &str| match name {
            "DATABASE_URL" => Some(server.sandbox.database_url()),
            "REDIS_URL" => Some(server.sandbox.redis_url().to_owned()),
            "AMQP_URL" => Some(server.sandbox.amqp_url().to_owned()),
            "NAMESPACE" => Some(server.sandbox.namespace().to_owned()),
            "ENVIRONMENT" => Some("development".to_owned()),
            _ => None,
        };
        let (stop, mut running) = (CancellationToken::new(), Vec::new());
        // The process has one recorder, and the query API took it.
        let metrics = || PrometheusBuilder::new().build_recorder().handle();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ingest = listener.local_addr().unwrap();
        let config = ingest::config::Config::from_lookup(&lookup).unwrap();
        let service = ingest::run(config, listener, metrics(), stop.clone());
        running.push(shared::lifecycle::spawn(service));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = worker::config::Config::from_lookup(&lookup).unwrap();
        let service = worker::run(config, listener, metrics(), stop.clone());
        running.push(shared::lifecycle::spawn(service));
        Self { ingest, stop, running }
    }

    /// Submits an event as soon as ingest knows its keys, and answers the error's id.
    async fn submit(&self, key: &str, message: &str) -> Value {
        let event = json!({"message": message, "source": "shop", "exception_type": "ValueError"});
        let submitting = async {
            loop {
                let url = format!("http://{}/api/errors", self.ingest);
                let answer = Ask::new("POST", &url).key(key).json(&event).send().await;
                if answer.status == 201 {
                    return answer.data()["id"].clone();
                }
                assert_eq!(answer.status, 503, "{}", answer.json());
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, submitting).await.unwrap()
    }

    async fn stop(self) {
        self.stop.cancel();
        for service in self.running {
            tokio::time::timeout(PATIENCE, service).await.unwrap().unwrap().unwrap();
        }
    }
}

/// The entry of an error in a list of a message.
fn entry<'a>(message: &'a Value, list: &str, id: &Value) -> Option<&'a Value> {
    message[list].as_array()?.iter().find(|entry| entry["id"] == *id)
}

#[tokio::test]
async fn new_errors_counts_and_regressions_are_told() {
    let server = Server::start().await;
    let way = Way::start(&server).await;
    let mut listeners = Vec::new();
    for by in BOTH {
        listeners.push(Listener::connect(&server, by, (READER_1, "")).await);
    }
    let mut other = Listener::connect(&server, By::WebSocket, (ALL_2, "types=errors")).await;
    let document = document(&server).await;
    let schema = json!({"$ref": "#/components/schemas/LiveErrors"});
    let expect = async |listeners: &mut Vec<Listener>, list: &str, id: &Value, count: i64| {
        for listener in listeners {
            let message = listener.until(|message| entry(message, list, id).is_some()).await;
            assert_eq!(document.faults(&schema, &message), Vec::<String>::new());
            let entry = entry(&message, list, id).unwrap();
            assert_eq!((entry["count"].as_i64(), &message["project_id"]), (Some(count), &json!(1)));
            assert_eq!(entry["status"], "unresolved");
        }
    };
    let id = way.submit(ALL_1, "it broke").await;
    expect(&mut listeners, "new", &id, 1).await;
    assert_eq!(way.submit(ALL_1, "it broke").await, id);
    expect(&mut listeners, "changed", &id, 2).await;
    let path = format!("/api/errors/{}/resolve", id.as_str().unwrap());
    assert_eq!(server.put(&path).key(ALL_1).send().await.status, 200);
    for listener in &mut listeners {
        listener.next_of("refresh").await;
    }
    way.submit(ALL_1, "it broke").await;
    expect(&mut listeners, "regressed", &id, 3).await;
    // All of this was nothing to others, who hear of their own, and that no cached answer is older.
    let theirs = way.submit(ALL_2, "of another").await;
    let message = other.until(|message| message["type"] == "errors").await;
    assert_eq!(message["project_id"], 2);
    let new = entry(&message, "new", &theirs).unwrap();
    assert_eq!(new["title"], "ValueError: of another");
    let list = server.get("/api/errors").key(ALL_2).send().await;
    assert_eq!(list.data()["errors"][0]["id"], theirs);
    way.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn a_change_that_nobody_told_of_is_noticed() {
    let server = Server::start().await;
    // From here on the service knows what revisions were before.
    warm(&server).await;
    let mut one = Listener::connect(&server, By::WebSocket, (READER_1, "")).await;
    let mut two = Listener::connect(&server, By::ServerSentEvents, (ALL_2, "")).await;
    // As a worker does that dies between its commit and its announcement.
    let change = async |project: i32| {
        let sql = "INSERT INTO project_revisions AS r (project_id, revision) VALUES ($1, 1)
                   ON CONFLICT (project_id) DO UPDATE SET revision = r.revision + 1";
        server.db.execute(sql, &[&project]).await.unwrap();
    };
    change(1).await;
    let told = one.next().await;
    assert_eq!((&told["type"], &told["project_id"]), (&json!("refresh"), &json!(1)));
    change(2).await;
    assert_eq!(two.next().await["project_id"], 2);
    server.stop().await;
}

#[tokio::test]
async fn listeners_are_told_to_reload_while_redis_is_away() {
    let mut engines = Engines::start(&[EngineKind::Redis]).await.unwrap();
    let url = engines.redis_url();
    let server = Server::start_with(&[("REDIS_URL", &url)]).await;
    let seeded = Seed::error("changing").store(&server.db).await;
    warm(&server).await;
    let mut listeners = Vec::new();
    for by in BOTH {
        listeners.push(Listener::connect(&server, by, (READER, "")).await);
    }
    engines.kill(EngineKind::Redis).await;
    for by in BOTH {
        // One that comes meanwhile is taken in.
        listeners.push(Listener::connect(&server, by, (READER_1, "")).await);
    }
    let path = format!("/api/errors/{}/resolve", seeded.id);
    assert_eq!(server.put(&path).key(ADMIN).send().await.status, 200);
    for listener in &mut listeners {
        assert_eq!(listener.next_of("refresh").await["project_id"], 1);
    }
    engines.restart(EngineKind::Redis).await.unwrap();
    // What was written meanwhile is lost, and everybody is told so.
    for listener in &mut listeners {
        listener.until(|message| message["project_id"].is_null()).await;
    }
    let publisher = shared::live::Publisher::new(redis(&url), server.sandbox.namespace());
    publisher.publish(ONE, &incident("it goes on")).await.unwrap();
    for listener in &mut listeners {
        assert_eq!(listener.next_of("incident").await["title"], "it goes on");
    }
    drop(listeners);
    server.stop().await;
    engines.stop().await;
}
