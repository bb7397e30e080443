//! The edge's real settings in front of stand-ins that say who they are.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::processes::soon;

const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/haproxy/haproxy.cfg");

/// HAProxy and the stand-ins behind it.
struct Edge {
    haproxy: Child,
    port: u16,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

impl Edge {
    /// With every service, or without the gateway.
    async fn start(with_ingest: bool) -> Self {
        let [port, unused] = [free_port(), free_port()];
        let ingest = if with_ingest { stand_in("ingest") } else { unused };
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("edge.log");
        let haproxy = Command::new("haproxy")
            .args(["-db", "-f", SETTINGS])
            .env("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
            .env("BIND", "127.0.0.1")
            .env("PORT", port.to_string())
            .env("INGEST_PORT", ingest.to_string())
            .env("QUERY_API_PORT", stand_in("query-api").to_string())
            .env("WORKER_PORT", stand_in("worker").to_string())
            .stdout(File::create(&log).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let edge = Self { haproxy, port, log, _folder: folder };
        soon("the edge", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()).await;
        edge
    }

    /// The whole answer to a request with these header lines.
    fn ask(&self, request: &str, headers: &str) -> String {
        let head = format!("{request} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n");
        let body = if request.starts_with("POST") { "Content-Length: 0\r\n" } else { "" };
        self.send(format!("{head}{headers}{body}\r\n").as_bytes())
    }

    /// The whole answer to these bytes.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[track_caller]
    fn check(&self, request: &str, expected: &str) {
        let answer = self.ask(request, "");
        assert!(answer.contains(&format!("served-by: {expected}")), "{request}: {answer}");
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.haproxy.kill().unwrap();
        self.haproxy.wait().unwrap();
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Answers every request with its own name and the headers that it got.
fn stand_in(name: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let body = head.join("\n");
            let answer = format!(
                "HTTP/1.1 200 OK\r\nserved-by: {name}\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            // A health check may have gone away already.
            let _gone = (&stream).write_all(answer.as_bytes());
        }
    });
    port
}

#[tokio::test]
async fn path_and_method_decide_who_answers() {
    let edge = Edge::start(true).await;
    for request in [
        "POST /api/errors",
        "POST /api/errors/",
        "POST /api/errors?project_id=1",
        "POST /api/errors/batch",
        "POST /api/1/envelope/",
        "POST /api/1/envelope",
        "POST //api//42/envelope//",
        "POST /api/1/store/",
        "GET /api/1/store/?sentry_data=x",
        "OPTIONS /api/1/envelope/",
        "OPTIONS /api/store/",
        "POST /api/store",
    ] {
        edge.check(request, "ingest");
    }
    for request in [
        "GET /api/errors",
        "OPTIONS /api/errors",
        "PUT /api/errors",
        "POST /api/errors/merge",
        "GET /api/errors/1/events",
        "POST /api/one/envelope/",
        "GET /api/stats",
        "POST /health",
        "GET /",
    ] {
        edge.check(request, "query-api");
    }
}

#[tokio::test]
async fn what_a_client_claims_about_its_address_is_replaced() {
    let edge = Edge::start(true).await;
    let claims = "X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\n";
    let answer = edge.ask("GET /api/stats", claims);
    assert!(!answer.contains("1.2.3.4"), "{answer}");
    assert!(answer.to_lowercase().contains("x-forwarded-for: 127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_replaced() {
    let edge = Edge::start(true).await;
    let kept = edge.ask("GET /api/stats", "X-Request-Id: chosen-1\r\n").to_lowercase();
    assert!(kept.contains("x-request-id: chosen-1"), "{kept}");
    let replaced = edge.ask("GET /api/stats", "X-Request-Id: no\"t {sane}\r\n").to_lowercase();
    assert!(replaced.contains("x-request-id: ") && !replaced.contains("{sane}"), "{replaced}");
}

#[tokio::test]
async fn internal_paths_stay_internal() {
    let edge = Edge::start(true).await;
    for request in ["GET /metrics", "GET /ready", "GET //metrics/"] {
        let answer = edge.ask(request, "");
        assert!(answer.starts_with("HTTP/1.1 404"), "{request}: {answer}");
        assert!(answer.contains(r#""code":"NOT_FOUND""#), "{request}: {answer}");
    }
}

#[tokio::test]
async fn a_missing_gateway_is_a_failure_in_the_usual_form() {
    let edge = Edge::start(false).await;
    let answer = edge.ask("POST /api/errors", "X-Request-Id: chosen-2\r\n");
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    for expected in [
        "x-request-id: chosen-2",
        "retry-after: 5",
        "content-type: application/json",
        r#""code":"SERVICE_UNAVAILABLE","details":{},"request_id":"chosen-2","status":"error"}"#,
    ] {
        assert!(answer.contains(expected), "{expected} in {answer}");
    }
    edge.check("GET /api/errors", "query-api");
}

#[tokio::test]
async fn any_living_service_answers_for_the_health_of_the_whole() {
    let edge = Edge::start(false).await;
    // Until the first check has run, the gateway that is not there may be asked.
    soon("a healthy answer", || edge.ask("GET /health", "").starts_with("HTTP/1.1 200")).await;
    assert!(edge.ask("HEAD /health", "").starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn what_is_no_http_is_answered_by_the_parser_and_reaches_nobody() {
    let edge = Edge::start(true).await;
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a: b\r\n".repeat(110));
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\na: {}\r\n\r\n", "b".repeat(32_000));
    for sent in [
        &b"nonsense\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\na b: c\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /api/errors HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/errors HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /api/errors HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        many.as_bytes(),
        long.as_bytes(),
    ] {
        let answer = edge.send(sent);
        let shown = String::from_utf8_lossy(sent.get(..80).unwrap_or(sent));
        assert!(answer.starts_with("HTTP/1.1 400 Bad request\r\n"), "{shown}: {answer}");
        assert!(answer.contains("Content-Type: text/html\r\n"), "{shown}: {answer}");
    }
    let late = edge.send(b"GET / HTTP/1.1\r\nHost: a");
    assert!(late.starts_with("HTTP/1.1 408 Request Time-out\r\n"), "{late}");
}

#[tokio::test]
async fn the_log_names_failed_requests_without_their_query() {
    let edge = Edge::start(false).await;
    edge.ask("POST /api/errors?api_key=sk_live_secret", "X-Request-Id: chosen-3\r\n");
    let line = async {
        loop {
            let log = std::fs::read_to_string(&edge.log).unwrap();
            if let Some(line) = log.lines().find(|line| line.contains("chosen-3")) {
                return line.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let line = tokio::time::timeout(Duration::from_secs(10), line).await.unwrap();
    assert!(line.contains(" 503 ") && line.contains("POST /api/errors HTTP/1.1"), "{line}");
    assert!(!line.contains("sk_live_secret"), "{line}");
}
