//! The document describes the gateway, too: what ingest answers is what it says.

use std::net::SocketAddr;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::openapi::{check_answer, document};
use crate::support::{ADMIN, Ask, PATIENCE, READER, Server};

/// A running ingest beside the query API. Its broker is away, so that its spool takes everything.
struct Gateway {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
    _spool: tempfile::TempDir,
}

impl Gateway {
    async fn start(server: &Server) -> Self {
        let spool = tempfile::tempdir().unwrap();
        let config = ingest::config::Config::from_lookup(&|name| match name {
            "DATABASE_URL" => Some(server.sandbox.database_url()),
            "AMQP_URL" => Some("amqp://127.0.0.1:1".to_owned()),
            "NAMESPACE" => Some(server.sandbox.namespace().to_owned()),
            "ENVIRONMENT" => Some("development".to_owned()),
            "SPOOL_DIR" => Some(spool.path().display().to_string()),
            _ => None,
        })
        .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // The process has one recorder, and the query API took it.
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let stop = CancellationToken::new();
        let running =
            shared::lifecycle::spawn(ingest::run(config, listener, metrics, stop.clone()));
        let gateway = Self { address, stop, running, _spool: spool };
        gateway.until_keys_are_known().await;
        gateway
    }

    async fn until_keys_are_known(&self) {
        let known = async {
            while self.post("/api/errors").key(ADMIN).send().await.status == 503 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, known).await.expect("ingest should know its keys");
    }

    fn post(&self, path: &str) -> Ask {
        Ask::new("POST", &format!("http://{}{path}", self.address))
    }

    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.running).await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test]
async fn submitting_is_as_the_openapi_document_says() {
    let server = Server::start().await;
    let document = document(&server).await;
    let gateway = Gateway::start(&server).await;
    let (one, many) = (("POST", "/api/errors"), ("POST", "/api/errors/batch"));
    let single = || gateway.post("/api/errors").key(ADMIN);
    let batch = || gateway.post("/api/errors/batch").key(ADMIN);
    let short = json!({"message": "it broke", "source": "backend"});
    let mut full = document.operation("POST", "/api/errors")["requestBody"]["content"]
        ["application/json"]["example"]
        .clone();
    full["user"] = json!({"id": 7});
    full["url"] = json!("https://shop.example/pay");
    let scoped = gateway.post("/api/errors?project_id=99").key(ADMIN);
    for (operation, request, status) in [
        (one, single().json(&short), 201),
        (one, single().json(&full), 201),
        (one, single().header("prefer", "return=minimal").json(&short), 201),
        (one, single().header("idempotency-key", "").json(&short), 400),
        (one, single().json(&json!({"level": "bad"})), 400),
        (one, single().json(&json!("{")), 400),
        (one, gateway.post("/api/errors").json(&short), 401),
        (one, gateway.post("/api/errors").key(READER).json(&short), 403),
        (one, scoped.json(&short), 404),
        (one, single().body("x".repeat((1 << 20) + 1)), 413),
        (one, single().header("content-type", "text/csv").body("a"), 415),
        (many, batch().json(&json!([short, full, {"message": 7}, []])), 200),
        (many, batch().header("content-type", "application/x-ndjson").body("{}\n{"), 200),
        (many, batch().body("["), 400),
        (many, batch().json(&json!(vec![0; 1_001])), 413),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.status, status, "{operation:?}: {}", answer.json());
        check_answer(&document, operation, &answer);
    }
    gateway.stop().await;
    server.stop().await;
}
