//! No secret that a client sends reaches a disk, a broker, a cache or a log.
//!
//! One installation with everything of its own, so that all of its files can be searched. Secrets are
//! put into every place that the API takes; some of the events go through the queue, some through the
//! spool, some are refused, and one becomes a dead letter.

mod places;
mod search;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use deploy::engines::{EngineKind, Engines};
use deploy::services::{Options, Service, Services};
use http::{Method, StatusCode};
use lapin::BasicProperties;
use lapin::options::{BasicGetOptions, BasicPublishOptions};
use serde_json::{Value, json};
use shared::batch::Batch;
use shared::broker::topology::{self, Queue};
use shared::ids::{ErrorId, FINGERPRINT_VERSION, Fingerprint};

use self::places::{Envelope, Markers};
use self::search::Found;
use super::client::{Answer, Client, Counts, database_client};
use super::quiet::{Queues, until_drained};
use super::relay::{Flow, Relay};

/// The namespace when none is set.
const NAMESPACE: &str = "errata";

#[tokio::test]
async fn no_secret_reaches_a_disk_a_broker_a_cache_or_a_log() {
    let mut place = Place::start().await;
    let (key, client) = place.real_key().await;

    place.services.terminate(Service::Worker).await;
    let queued = place.post(&client, "queued").await;
    place.refused(&client).await;
    place.poison().await;
    place.relay.set(Flow::Refused);
    place.relay.cut();
    let spooled = place.post(&client, "spooled").await;
    let spool = place.services.folder().join("spool");
    let broker = place.engines.folder().join("rabbitmq");
    for (folder, round) in [(&spool, "spooled"), (&broker, "queued")] {
        let harmless = place.markers.harmless(&format!("{round}message"));
        assert!(search::folder_holds(folder, &harmless), "{round}: the search finds nothing");
    }
    place.assert_no_secret("while events wait").await;

    place.relay.set(Flow::Open);
    place.services.restart(Service::Worker).await.unwrap();
    until_drained(&place.services, &place.queues().await).await;
    // One of the queued ones became a dead letter.
    Counts::wait_for(&place.engines.postgres_url(), 3).await.assert_all(3);
    let dead = topology::depth(&place.queues().await.channel, Queue::Dead, NAMESPACE).await;
    assert_eq!(dead.unwrap().0, 1);
    for (round, posted) in [("queued", queued), ("spooled", spooled)] {
        place.check_readable(round, &posted).await;
    }
    place.assert_no_secret("when events are stored").await;

    place.without_database().await;
    let mut found = Found::new();
    place.search_files(&mut found);
    assert_eq!(found, Found::new(), "after failures");
    for folder in [place.engines.folder(), place.services.folder()] {
        assert!(!search::folder_holds(folder, &key), "the API key is kept in {}", folder.display());
    }
    place.services.stop().await;
    place.engines.stop().await;
}

/// The installation that is searched.
struct Place {
    engines: Engines,
    services: Services,
    relay: Relay,
    client: Client,
    markers: Markers,
}

impl Place {
    async fn start() -> Self {
        let engines = Engines::start(&EngineKind::ALL).await.unwrap();
        let relay = Relay::before(&engines.amqp_url());
        let behind_relay = relay.url(&engines.amqp_url());
        let options = Options::over(&engines).with_edge().set("LOG_LEVEL", "debug").set_for(
            Service::Ingest,
            "AMQP_URL",
            &behind_relay,
        );
        let services = Services::start(options).await.unwrap();
        let client = Client::new(services.edge_url());
        Self { engines, services, relay, client, markers: Markers::new() }
    }

    /// An API key as an installation has it, and a client that uses it.
    async fn real_key(&self) -> (String, Client) {
        let made = ["admin", "create-key", "--name", "real", "--permissions", "ingest"];
        let key = self.services.worker(&made).await.unwrap().trim().to_owned();
        let client = self.client.with_key(Some(&key));
        let known = async {
            // Keys are read twice a second.
            while client.post("/api/errors", &json!({})).await.status == StatusCode::UNAUTHORIZED {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), known).await.unwrap();
        (key, client)
    }

    async fn queues(&self) -> Queues {
        Queues::at(&self.engines.amqp_url(), NAMESPACE).await
    }

    /// Posts an event with secrets everywhere, alone and in a batch. The single one is returned.
    async fn post(&mut self, client: &Client, round: &str) -> Value {
        let envelope = Envelope::new(&mut self.markers, round);
        let event = places::event(&mut self.markers, round);
        let path = "/api/errors";
        let body = event.to_string().into_bytes();
        let answer = envelope.send(client, Method::POST, path, &[], body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        let batch = json!([places::event(&mut self.markers, round)]).to_string().into_bytes();
        let path = "/api/errors/batch";
        let more =
            envelope.send(client, Method::POST, path, &[("prefer", "return=minimal")], batch);
        assert_eq!(more.await.data()["accepted"], 1);
        self.assert_answer_is_clean(&answer);
        answer.data().clone()
    }

    fn assert_answer_is_clean(&self, answer: &Answer) {
        let mut found = Found::new();
        search::bytes(&self.markers, answer.body.to_string().as_bytes(), "answer", &mut found);
        assert_eq!(found, Found::new());
    }

    /// Requests that are refused for what they hold or how they came.
    async fn refused(&mut self, client: &Client) {
        let markers = &mut self.markers;
        let mut secret = |place: &str| markers.secret(&format!("refused: {place}"));
        let deep = (0..40).fold(json!(secret("too deep")), |inner, _| json!({ "password": inner }));
        let large = format!("{}{}", secret("too large"), "x".repeat(2 << 20));
        let bodies = [
            format!("{{\"message\": \"password={}\", ", secret("malformed")),
            json!({"message": secret("no source"), "level": secret("level")}).to_string(),
            json!({"message": "m", "source": "s", "timestamp": secret("timestamp"),
                   "event_id": secret("event id"), "environment": [secret("environment")]})
            .to_string(),
            json!({"message": "m", "source": "s", "context": deep}).to_string(),
            json!({"message": "m", "source": "s", "context": {"password": large}}).to_string(),
            secret("no object"),
        ];
        let lines = format!("{{\"password\": \"{}\n{}\n", secret("bad line"), secret("no line"));
        let path = format!("/api/errors/{}", secret("path"));
        let unknown = format!("/api/nothing/{}", secret("unknown path"));
        let key = secret("unknown key");
        let encoding = secret("encoding");
        let envelope = Envelope::new(markers, "refused");

        for body in bodies {
            for path in ["/api/errors", "/api/errors/batch"] {
                let body = body.clone().into_bytes();
                let answer = envelope.send(client, Method::POST, path, &[], body).await;
                let none_taken = answer.body["data"]["accepted"] == 0;
                assert!(answer.status.is_client_error() || none_taken, "{}", answer.body);
            }
        }
        let ndjson = [("content-type", "application/x-ndjson")];
        let bad = lines.into_bytes();
        let answer = envelope.send(client, Method::POST, "/api/errors/batch", &ndjson, bad).await;
        assert_eq!(answer.data()["rejected"], 2, "{}", answer.body);
        let key = self.client.with_key(Some(&key));
        for (client, method, path, header) in [
            (&key, Method::POST, "/api/errors", ("accept", "*/*")),
            (&key, Method::GET, "/api/errors", ("accept", "*/*")),
            (client, Method::POST, "/api/errors", ("content-encoding", encoding.as_str())),
            (client, Method::POST, "/api/errors", ("content-encoding", "gzip")),
            (client, Method::POST, "/api/errors", ("content-type", "text/plain")),
            (&self.client, Method::GET, &path, ("accept", "*/*")),
            (&self.client, Method::PUT, &path, ("accept", "*/*")),
            (&self.client, Method::GET, &unknown, ("accept", "*/*")),
        ] {
            let answer = envelope.send(client, method, path, &[header], b"{}".to_vec()).await;
            assert!(answer.status.is_client_error(), "{path} {} {}", answer.status, answer.body);
        }
    }

    /// Puts into the second of the queued events what Postgres refuses.
    async fn poison(&self) {
        let queues = self.queues().await;
        let name = || Queue::Events.name(NAMESPACE);
        let taken = BasicGetOptions { no_ack: true };
        let mut messages = Vec::new();
        while let Some(message) = queues.channel.basic_get(name(), taken).await.unwrap() {
            messages.push(Batch::decode(message.delivery.data.into()).unwrap());
        }
        assert_eq!(messages.len(), 2);
        // As an error of its own: the message of a known one is not stored again.
        let entry = &mut messages[1].entries[0];
        entry.fingerprint = Fingerprint([7; 16]);
        entry.error_id = ErrorId::derive(entry.project_id, FINGERPRINT_VERSION, entry.fingerprint);
        entry.message.push('\0');
        for message in messages {
            let properties: BasicProperties = topology::batch_properties(message.batch_id, None);
            let options = BasicPublishOptions::default();
            let body = message.encode();
            let published =
                queues.channel.basic_publish("".into(), name(), options, &body, properties);
            drop(published.await.unwrap().await.unwrap());
        }
    }

    /// Everything harmless is read back, and fills the cache; no answer holds a secret.
    async fn check_readable(&self, round: &str, posted: &Value) {
        let text = |field: &str| posted[field].as_str().unwrap().to_owned();
        let event = self.client.get(&format!("/api/events/{}", text("event_id"))).await;
        for place in ["message", "stack", "note", "page", "tag"] {
            let harmless = self.markers.harmless(&format!("{round}{place}"));
            assert!(event.data().to_string().contains(&harmless), "{place} {}", event.body);
        }
        let error = format!("/api/errors/{}", text("id"));
        let events = format!("{error}/events");
        for path in [error.as_str(), &events, "/api/errors", "/api/stats", "/api/projects"] {
            for _ in 0..2 {
                let answer = self.client.get(path).await;
                assert_eq!(answer.status, StatusCode::OK, "{path} {}", answer.body);
                self.assert_answer_is_clean(&answer);
            }
        }
        self.assert_answer_is_clean(&event);
    }

    /// Requests that fail because the database is away, and then ingest too.
    async fn without_database(&mut self) {
        self.engines.kill(EngineKind::Postgres).await;
        let envelope = Envelope::new(&mut self.markers, "failed");
        let search = format!("/api/errors?q=password%3D{}", self.markers.secret("failed: search"));
        let answer = self.client.get(&search).await;
        assert!(answer.status.is_server_error(), "{}", answer.body);
        assert!(answer.body["details"]["cause"].is_array(), "{}", answer.body);
        self.services.kill(Service::Ingest).await;
        let event = "/api/events/0198f0a4-0000-4000-8000-000000000009";
        let body = places::event(&mut self.markers, "failed").to_string().into_bytes();
        for (method, path) in [(Method::GET, event), (Method::POST, "/api/errors")] {
            let answer = envelope.send(&self.client, method, path, &[], body.clone()).await;
            assert!(answer.status.is_server_error(), "{}", answer.body);
        }
    }

    /// Searches everything that is kept anywhere.
    async fn assert_no_secret(&self, when: &str) {
        let mut found = Found::new();
        let database = database_client(&self.engines.postgres_url()).await;
        search::tables(&self.markers, &database, &mut found).await;
        // To the files, so that those can be searched.
        database.batch_execute("CHECKPOINT").await.unwrap();
        for command in ["CONFIG SET rdbcompression no", "SAVE"] {
            self.redis(command);
        }
        assert!(self.engines.folder().join("redis/dump.rdb").exists());
        self.search_files(&mut found);
        assert_eq!(found, Found::new(), "{when}");
    }

    fn search_files(&self, found: &mut Found) {
        search::folder(&self.markers, self.engines.folder(), found);
        search::folder(&self.markers, self.services.folder(), found);
    }

    fn redis(&self, command: &str) {
        let url = self.engines.redis_url();
        let address = url.trim_start_matches("redis://").split('/').next().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
        let mut answer = [0; 64];
        let length = stream.read(&mut answer).unwrap();
        assert_eq!(&answer[..length], b"+OK\r\n", "{command}");
    }
}
