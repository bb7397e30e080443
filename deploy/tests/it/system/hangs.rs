//! Engines that hang instead of dying: their connections stand and nobody answers.

use std::time::Duration;

use deploy::engines::{EngineKind, Engines};
use deploy::services::{Options, Service, Services};
use http::{Method, StatusCode};
use tokio::time::{Instant, timeout};

use super::client::{Client, Counts};
use super::load;
use super::quiet::{Queues, settle};
use super::relay::{Flow, system_behind_relay};

/// The five seconds within which an event is durable or refused, and what a busy machine adds.
const IN_TIME: Duration = Duration::from_secs(7);

/// The ten seconds after which a read is given up, and what a busy machine adds.
const READ_IN_TIME: Duration = Duration::from_secs(13);

/// How long an engine hangs.
const HANG: Duration = Duration::from_secs(8);

/// A system on engines of its own.
struct Place {
    engines: Engines,
    services: Services,
    client: Client,
}

impl Place {
    async fn start() -> Self {
        let engines = Engines::start(&EngineKind::ALL).await.unwrap();
        let services = Services::start(Options::over(&engines).with_edge()).await.unwrap();
        let client = Client::new(services.edge_url());
        Self { engines, services, client }
    }

    /// Posts events all the time while an engine hangs, and does something else besides.
    async fn post_during(&self, hung: EngineKind, besides: impl Future<Output = ()>) -> i64 {
        load::post(&self.client, 50).await.assert_accepted_within(IN_TIME);
        self.engines.pause(hung);
        let until = Instant::now() + HANG;
        let posting = async {
            let mut accepted = 50;
            while Instant::now() < until {
                let posted = load::post(&self.client, 50).await;
                posted.assert_accepted_within(IN_TIME);
                accepted += posted.expected();
            }
            accepted
        };
        let (accepted, ()) = tokio::join!(posting, besides);
        self.engines.resume(hung);
        accepted
    }

    /// Everything accepted is stored once.
    async fn finish(mut self, accepted: i64) {
        let queues = Queues::at(&self.engines.amqp_url(), "errata").await;
        settle(&mut self.services, &queues).await;
        Counts::read(&self.engines.postgres_url()).await.assert_all(accepted);
        self.services.stop().await;
        self.engines.stop().await;
    }

    /// What a read is answered, which must come in time.
    async fn read(&self, path: &str) -> StatusCode {
        let answer = self.client.send(Method::GET, path, &[], Vec::new());
        timeout(READ_IN_TIME, answer).await.unwrap().unwrap().status
    }
}

#[tokio::test]
async fn postgres() {
    let place = Place::start().await;
    let reading = async {
        for path in ["/api/errors?q=x", "/api/events/0198f0a4-0000-4000-8000-000000000009"] {
            assert_eq!(place.read(path).await, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        }
    };
    let accepted = place.post_during(EngineKind::Postgres, reading).await;
    let recovering = async {
        while place.read("/api/errors?q=timeout").await != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(READ_IN_TIME, recovering).await.unwrap();
    place.finish(accepted).await;
}

#[tokio::test]
async fn rabbitmq() {
    let place = Place::start().await;
    let reading = async { assert_eq!(place.read("/api/errors").await, StatusCode::OK) };
    let accepted = place.post_during(EngineKind::RabbitMq, reading).await;
    place.finish(accepted).await;
}

#[tokio::test]
async fn redis() {
    let place = Place::start().await;
    let reading = async {
        for _ in 0..20 {
            for path in ["/api/errors", "/api/stats", "/api/errors?level=error"] {
                assert_eq!(place.read(path).await, StatusCode::OK, "{path}");
            }
        }
    };
    let accepted = place.post_during(EngineKind::Redis, reading).await;
    Counts::wait_for(&place.engines.postgres_url(), accepted).await;
    let shown = async {
        while place.client.get("/api/stats").await.data()["events_total"] != accepted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(IN_TIME, shown).await.unwrap();
    place.finish(accepted).await;
}

#[tokio::test]
async fn a_silent_broker_without_a_spool_is_told_in_time() {
    let no_spool = |options: Options| options.set("SPOOL_DIR", "");
    let (mut system, relay, queues) = system_behind_relay(Service::Ingest, no_spool).await;
    let client = system.ingest();
    load::post(&client, 10).await.assert_accepted_within(IN_TIME);
    relay.set(Flow::Nothing);
    load::post(&client, 200).await.assert_refused_within(IN_TIME);
    assert_eq!(client.get("/ready").await.status, StatusCode::SERVICE_UNAVAILABLE);
    load::post(&client, 200).await.assert_refused_within(IN_TIME);
    relay.set(Flow::Open);
    let ready = async {
        while client.get("/ready").await.status != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(READ_IN_TIME, ready).await.unwrap();
    let before = system.counts().await.counted;
    load::post(&client, 50).await.assert_accepted_within(IN_TIME);
    settle(&mut system.services, &queues).await;
    // What was under way when the broker fell silent may have reached it, although it was refused.
    system.unreported = true;
    let counts = system.counts().await;
    assert!((before + 50..=before + 250).contains(&counts.counted), "{counts:?}");
    counts.assert_all(counts.counted);
    system.stop().await;
}

#[tokio::test]
async fn a_connection_that_died_in_silence_is_replaced_by_ingest() {
    let (mut system, relay, queues) = system_behind_relay(Service::Ingest, |options| options).await;
    load::post(&system.client, 10).await.assert_accepted_within(IN_TIME);
    relay.abandon();
    load::post(&system.client, 100).await.assert_accepted_within(IN_TIME);
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(110);
    system.stop().await;
}

/// The worker sends nothing of its own accord, so only heartbeats tell it.
#[tokio::test]
#[ignore = "long: make test-faults"]
async fn a_connection_that_died_in_silence_is_replaced_by_the_worker() {
    let (mut system, relay, queues) = system_behind_relay(Service::Worker, |options| options).await;
    load::post(&system.client, 10).await.assert_accepted_within(IN_TIME);
    system.drained(10).await;
    relay.abandon();
    load::post(&system.client, 100).await.assert_accepted_within(IN_TIME);
    system.drained(110).await;
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(110);
    system.stop().await;
}

#[tokio::test]
async fn a_silent_broker_does_not_hold_up_the_end() {
    for service in [Service::Ingest, Service::Worker] {
        let (mut system, relay, _) = system_behind_relay(service, |options| options).await;
        load::post(&system.client, 10).await.assert_accepted_within(IN_TIME);
        system.drained(10).await.assert_all(10);
        relay.set(Flow::Nothing);
        let status = timeout(READ_IN_TIME, system.services.terminate(service)).await;
        assert_eq!(status.ok().flatten().and_then(|status| status.code()), Some(0), "{service}");
        system.stop().await;
    }
}
