//! Every class of failure in every environment: what a client is told, and what only the log.

mod causes;
mod edge;
mod refusals;

use deploy::engines::{EngineKind, Engines};
use deploy::services::Service;
use serde_json::Value;

use super::client::{Client, System};
use super::malformed::exchange::{self, Answer};
use super::malformed::row::{Ask, Row};

const ENVIRONMENTS: [&str; 3] = ["production", "staging", "development"];

/// A system of an environment, with keys of its own: only development has one from the start.
struct Place {
    environment: &'static str,
    system: System,
    admin: String,
    reader: String,
}

impl Place {
    async fn start(environment: &'static str) -> Self {
        Self::start_with(environment, None).await
    }

    /// With a broker that can be taken away, and no spool behind it.
    async fn start_with(environment: &'static str, broker: Option<&Engines>) -> Self {
        let system = System::start_with(|options| {
            let options = options.set("ENVIRONMENT", environment);
            match broker {
                Some(engines) => {
                    let url = engines.url(EngineKind::RabbitMq);
                    options.set("AMQP_URL", &url).set("SPOOL_DIR", "")
                }
                None => options,
            }
        })
        .await;
        let admin = create_key(&system, "admin,read").await;
        let reader = create_key(&system, "read").await;
        let place = Self { environment, system, admin, reader };
        place.until_keys_work().await;
        place
    }

    /// A key works as soon as every service has polled the table again.
    async fn until_keys_work(&self) {
        let (submit, read) = (self.client(Service::Ingest), self.client(Service::QueryApi));
        let known = async {
            for key in [&self.admin, &self.reader] {
                let (submit, read) = (submit.with_key(Some(key)), read.with_key(Some(key)));
                while submit.post("/api/errors", &Value::Null).await.status == 401
                    || read.get("/api/stats").await.status == 401
                {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), known).await.unwrap();
    }

    fn client(&self, service: Service) -> Client {
        Client::new(self.system.services.url(service))
    }

    /// What the edge, or a service past it, answers to a request of this name.
    async fn ask(&self, service: Option<Service>, name: &str, ask: Ask) -> Answer {
        let services = &self.system.services;
        let url = service.map_or_else(|| services.edge_url(), |service| services.url(service));
        let address = url.replace("http://", "");
        let bytes = ask.also("X-Request-Id", name).bytes();
        exchange::send(&address, &Row::sent(name, bytes)).await
    }

    /// The line that a service has logged about a request.
    fn logged(&self, service: Service, name: &str) -> Option<String> {
        let log = std::fs::read_to_string(self.system.services.log(service)).unwrap();
        log.lines().find(|line| line.contains(name)).map(str::to_owned)
    }
}

async fn create_key(system: &System, permissions: &str) -> String {
    let arguments = ["admin", "create-key", "--name", "of a test", "--permissions", permissions];
    let said = system.services.worker(&arguments).await.unwrap();
    let key = said.split_whitespace().find(|word| word.starts_with("sk_"));
    key.unwrap_or_else(|| panic!("no key in {said:?}")).to_owned()
}

/// Checks the failure form; the answer carries the id that the client has chosen.
#[track_caller]
fn check(name: &str, answer: &Answer, status: u16, code: &str) {
    let body = &answer.body;
    assert_eq!((answer.status, body["code"].as_str()), (status, Some(code)), "{name}: {body}");
    assert_eq!(body["status"], "error", "{name}");
    assert!(body["error"].is_string() && body["details"].is_object(), "{name}: {body}");
    assert_eq!(body["request_id"], name);
    assert_eq!(answer.header("x-request-id"), Some(name));
    assert_eq!(answer.header("content-type"), Some("application/json"), "{name}");
    assert_eq!(answer.header("retry-after").is_some(), matches!(status, 503 | 504), "{name}");
    assert_eq!(answer.header("allow").is_some(), status == 405, "{name}");
}
