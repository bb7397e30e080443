//! A running system to which everything happens that is measured.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use deploy::receivers::{Behaviour, HttpReceiver};
use deploy::services::Service;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client as Http;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

use super::super::client::{Client, System};
use super::super::relay::{Flow, Relay};

/// Everything has happened within this, or something does not.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the services expose in the end.
pub(super) struct Exposed {
    /// Metrics without the endings of series.
    pub(super) by_service: BTreeMap<Service, BTreeSet<String>>,
    /// All of it as it was answered.
    pub(super) text: String,
}

/// Runs the scene.
pub(super) async fn exposed() -> Exposed {
    let (mut broker, mut database) = (None, None);
    let system = System::start_with(|options| {
        let (amqp, postgres) =
            (options.env["AMQP_URL"].clone(), options.env["DATABASE_URL"].clone());
        let before_broker = broker.insert(Relay::before(&amqp)).url(&amqp);
        let before_database = database.insert(Relay::before(&postgres)).url(&postgres);
        options
            .set("NOTIFY_ALLOW_PRIVATE", "on")
            .set_for(Service::Ingest, "AMQP_URL", &before_broker)
            .set_for(Service::Worker, "DATABASE_URL", &before_database)
    })
    .await;
    let receiver = HttpReceiver::start(Behaviour::Answer(200, String::new())).await.unwrap();
    make_rule(&system.client, &receiver.url("/hook")).await;
    let report = || system.client.report(json!({"message": "measured", "source": "metrics"}));

    report().await;
    receiver.arrived(1).await.unwrap();
    system.client.get("/api/stats").await;
    end_a_live_client(&system).await;
    // The worker takes an event that it can't store.
    let database: Relay = database.unwrap();
    database.set(Flow::Refused);
    database.cut();
    report().await;
    until(&system, Service::Worker, "errata_retries_total").await;
    database.set(Flow::Open);
    system.drained(2).await;
    // Ingest takes an event that the broker does not.
    let broker: Relay = broker.unwrap();
    broker.set(Flow::Refused);
    broker.cut();
    report().await;
    until(&system, Service::Ingest, "errata_spooled_messages_total").await;
    broker.set(Flow::Open);
    system.drained(3).await;

    let exposed = scrape(&system).await;
    system.stop().await;
    exposed
}

async fn make_rule(client: &Client, url: &str) {
    let webhook = client.put("/api/settings/integrations/webhook", &json!({"url": url})).await;
    assert_eq!(webhook.status, StatusCode::OK, "{}", webhook.body);
    let rule = json!({"name": "Any", "condition": "error_count > 0 in 5 minutes", "notifications": ["webhook"]});
    let made = client.post("/api/alerts/rules", &rule).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
}

/// A client listens with a key that is deleted then.
async fn end_a_live_client(system: &System) {
    let key = json!({"name": "Listener", "permissions": ["read"]});
    let made = system.client.post("/api/settings/api-keys", &key).await;
    let text = |name: &str| made.data()[name].as_str().map(str::to_owned).unwrap();
    let (id, key) = (text("id"), text("api_key"));
    let uri = format!("{}/api/live", system.services.edge_url());
    let request = Request::get(uri).header("x-api-key", key).body(Empty::<Bytes>::new()).unwrap();
    let http = Http::builder(TokioExecutor::new()).build_http();
    let answer = http.request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let deleted = system.client.delete(&format!("/api/settings/api-keys/{id}")).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.body);
    let ended = tokio::time::timeout(PATIENCE, answer.into_body().collect()).await;
    assert!(ended.is_ok(), "the client was not disconnected");
    until(system, Service::QueryApi, "errata_live_ended_total").await;
}

/// Waits until a service exposes a metric.
async fn until(system: &System, service: Service, metric: &str) {
    let client = Client::new(system.services.url(service));
    let waiting = async {
        while !client.text("/metrics").await.contains(&format!("\n{metric}{{")) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let shown = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(shown.is_ok(), "{service} never exposed {metric}");
}

async fn scrape(system: &System) -> Exposed {
    let mut exposed = Exposed { by_service: BTreeMap::new(), text: String::new() };
    for service in Service::ALL {
        let text = Client::new(system.services.url(service)).text("/metrics").await;
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let names = types.filter_map(|line| line.split(' ').next()).map(str::to_owned);
        exposed.by_service.insert(service, names.collect());
        exposed.text.push_str(&text);
    }
    exposed
}
