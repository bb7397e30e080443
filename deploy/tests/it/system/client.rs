//! What the tests ask the system with: a JSON client, and a running system of their own.

use std::time::Duration;

use bytes::Bytes;
use deploy::services::{Options, Service, Services};
use deploy::testing::Sandbox;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::account::Account;

/// No answer takes longer than this, whatever is killed meanwhile.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An answer of the system.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// What a successful answer holds.
    #[track_caller]
    pub(crate) fn data(&self) -> &Value {
        assert_eq!(self.body["status"], "success", "{} {}", self.status, self.body);
        &self.body["data"]
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Asks one server, with the development key unless told otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    base: String,
    key: Option<String>,
}

impl Client {
    pub(crate) fn new(base: String) -> Self {
        let http = Http::builder(TokioExecutor::new()).build_http();
        Self { http, base, key: Some("test-api-key".to_owned()) }
    }

    /// The same with another key, or none.
    pub(crate) fn with_key(&self, key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), ..self.clone() }
    }

    /// Sends a request; an error means that no answer came.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.header("x-api-key", key);
        }
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).map_err(|error| error.to_string())?;
        let exchange = async {
            let response =
                self.http.request(request).await.map_err(|error| format!("{error:?}"))?;
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        };
        tokio::time::timeout(TIMEOUT, exchange).await.map_err(|_| "no answer in time".to_owned())?
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await.unwrap()
    }

    /// The body of an answer that is no JSON.
    pub(crate) async fn text(&self, path: &str) -> String {
        let uri = format!("{}{path}", self.base).parse().unwrap();
        let response = self.http.get(uri).await.unwrap();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[], body.to_string().into_bytes()).await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, &[], body.to_string().into_bytes()).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Vec::new()).await.unwrap()
    }

    /// Posts an error and returns its object.
    pub(crate) async fn report(&self, body: Value) -> Value {
        let answer = self.post("/api/errors", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.data().clone()
    }
}

/// A system on the engines that the tests share, with the edge in front.
pub(crate) struct System {
    pub(crate) sandbox: Sandbox,
    pub(crate) services: Services,
    pub(crate) client: Client,
    /// Whether events may have arrived that ingest never reported: it gave up on them when their confirms
    /// were lost, or it was killed among services that were replaced.
    pub(crate) unreported: bool,
}

impl System {
    pub(crate) async fn start() -> Self {
        Self::start_with(|options| options).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(Options) -> Options) -> Self {
        let sandbox = Sandbox::new().await.unwrap();
        let options = change(Options::within(&sandbox).with_edge());
        let services = Services::start(options).await.unwrap();
        let client = Client::new(services.edge_url());
        Self { sandbox, services, client, unreported: false }
    }

    /// A client of ingest's own port, past the edge.
    pub(crate) fn ingest(&self) -> Client {
        Client::new(self.services.url(Service::Ingest))
    }

    /// The numbers in the database.
    pub(crate) async fn counts(&self) -> Counts {
        Counts::read(&self.sandbox.database_url()).await
    }

    /// Waits until so many events are counted.
    pub(crate) async fn drained(&self, events: i64) -> Counts {
        Counts::wait_for(&self.sandbox.database_url(), events).await
    }

    /// Ends the test. Every event that was accepted must have ended by then: ingest writes its last
    /// account when it is told to end, and then the ledger has to settle.
    pub(crate) async fn stop(mut self) {
        self.services.terminate(Service::Ingest).await;
        let account = Account::settled(&self.sandbox.database_url()).await;
        let excused = self.services.was_killed(Service::Ingest) || self.unreported;
        assert!(account.unreported == 0 || excused, "{account:?}");
        self.services.stop().await;
        self.sandbox.close().await.unwrap();
    }
}

/// The same events counted in every place that counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Rows of events with an id of their own.
    pub(crate) stored: i64,
    /// What the errors count.
    pub(crate) counted: i64,
    /// The roll-ups of groups and of projects, by receipt and by the events' own time.
    pub(crate) rollups: [i64; 4],
}

impl Counts {
    pub(crate) async fn read(database: &str) -> Self {
        let client = database_client(database).await;
        let row = client.query_one(include_str!("counts.sql"), &[]).await.unwrap();
        let column = |name: &str| row.get::<_, i64>(name);
        Self {
            stored: column("stored"),
            counted: column("counted"),
            rollups: ["group_slots", "group_hours", "project_slots", "project_hours"].map(column),
        }
    }

    /// Waits until so many events are counted; more than that shows in what is returned.
    pub(crate) async fn wait_for(database: &str, events: i64) -> Self {
        let waiting = async {
            loop {
                let counts = Self::read(database).await;
                if counts.counted >= events {
                    return counts;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(90), waiting).await {
            Ok(counts) => counts,
            Err(_) => panic!("only {:?} of {events} events arrived", Self::read(database).await),
        }
    }

    /// Every place must agree.
    #[track_caller]
    pub(crate) fn assert_all(self, events: i64) {
        let expected = Self { stored: events, counted: events, rollups: [events; 4] };
        assert_eq!(self, expected);
    }
}

/// A connection for looking at the database.
pub(crate) async fn database_client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    drop(shared::lifecycle::spawn(connection));
    client
}
