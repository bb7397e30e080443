//! What holds for every path: methods, failure form, request ids, CORS, and the end.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{ADMIN, PATIENCE, READER, Seed, Server};

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_the_failure_form() {
    let server = Server::start().await;
    server.get("/api/nothing").send().await.fails(404, "NOT_FOUND");
    server.get("/api/errors/").key(READER).send().await.fails(404, "NOT_FOUND");
    for (method, path, allow) in [
        ("POST", "/api/errors", "GET, HEAD, PUT, POST, OPTIONS"),
        ("POST", "/api/errors/batch", "POST, OPTIONS"),
        ("GET", "/api/errors/batch", "POST, OPTIONS"),
        ("DELETE", "/api/stats", "GET, HEAD, OPTIONS"),
        ("PATCH", "/api/projects/1", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("PUT", "/health", "GET, HEAD, OPTIONS"),
    ] {
        let answer = server.ask(method, path).key(ADMIN).send().await;
        answer.fails(405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn head_follows_get() {
    let server = Server::start().await;
    for path in ["/health", "/ready", "/metrics", "/api/errors", "/api/stats"] {
        let answer = server.ask("HEAD", path).key(READER).send().await;
        assert_eq!((answer.status, answer.bytes.len()), (200, 0), "{path}");
    }
    let answer = server.ask("HEAD", "/api/errors/nonsense").key(READER).send().await;
    assert_eq!((answer.status, answer.bytes.len()), (400, 0));
    server.stop().await;
}

#[tokio::test]
async fn health_is_bare_and_needs_no_key() {
    let server = Server::start().await;
    let health = server.get("/health").send().await.json();
    assert_eq!(health["status"], "ok");
    assert!(health["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(health.as_object().unwrap().len(), 2);
    let metrics = server.get("/metrics").send().await;
    assert!(metrics.header("content-type").unwrap().starts_with("text/plain"));
    server.stop().await;
}

#[tokio::test]
async fn probes_and_scrapes_are_no_requests() {
    let server = Server::start().await;
    for path in ["/health", "/ready", "/metrics", "/api/stats"] {
        assert_eq!(server.get(path).key(READER).send().await.status, 200, "{path}");
    }
    let metrics = server.get("/metrics").send().await.bytes;
    let metrics = String::from_utf8(metrics.to_vec()).unwrap();
    let counts =
        metrics.lines().filter(|it| it.starts_with("errata_request_duration_seconds_count"));
    let counts: Vec<&str> = counts.filter_map(|it| it.split(' ').next_back()).collect();
    assert_eq!(counts, ["1"], "{metrics}");
    server.stop().await;
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let server = Server::start().await;
    for path in ["/health", "/api/errors", "/api/nothing"] {
        let given = server.get(path).header("X-Request-Id", "req-789").send().await;
        assert_eq!(given.header("x-request-id"), Some("req-789"), "{path}");
        let made = server.get(path).header("X-Request-Id", "not sane").send().await;
        assert_eq!(made.header("x-request-id").unwrap().len(), 36, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn any_page_may_read_unless_origins_are_listed() {
    let server = Server::start().await;
    let preflight = server
        .ask("OPTIONS", "/api/errors")
        .header("Origin", "https://app.example")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "x-api-key")
        .send()
        .await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    let methods = preflight.header("access-control-allow-methods");
    assert_eq!(methods, Some("GET, HEAD, PUT, POST, OPTIONS"));
    let headers = preflight.header("access-control-allow-headers").unwrap();
    for header in ["x-api-key", "x-project-id", "idempotency-key", "sentry-trace", "baggage"] {
        assert!(headers.contains(header), "{header}");
    }
    // On failures, too: without it a page sees nothing of them.
    let failed = server.get("/api/errors").header("Origin", "https://app.example").send().await;
    failed.fails(401, "AUTHENTICATION_ERROR");
    assert_eq!(failed.header("access-control-allow-origin"), Some("*"));
    let exposed = failed.header("access-control-expose-headers").unwrap();
    for header in ["x-request-id", "x-cache", "x-ratelimit-limit", "retry-after"] {
        assert!(exposed.contains(header), "{header}");
    }
    assert_eq!(failed.header("access-control-allow-credentials"), None);
    server.stop().await;
}

#[tokio::test]
async fn listed_origins_alone_may_read() {
    let server = Server::start_with(&[("CORS_ORIGINS", "https://app.example")]).await;
    let ours = server.get("/health").header("Origin", "https://app.example").send().await;
    assert_eq!(ours.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(ours.header("vary"), Some("origin"));
    let other = server.get("/health").header("Origin", "https://evil.example").send().await;
    assert_eq!(other.header("access-control-allow-origin"), None);
    server.stop().await;
}

#[tokio::test]
async fn a_failing_database_is_a_503_that_says_when_to_come_back() {
    let server = Server::start().await;
    server.db.batch_execute("ALTER TABLE error_stats RENAME TO error_stats_away").await.unwrap();
    let broken = server.get("/api/errors").key(READER).send().await;
    broken.fails(500, "INTERNAL_ERROR");
    // In development the cause is told.
    assert!(broken.json()["details"]["cause"][0].as_str().unwrap().starts_with("failed to"));
    server.db.batch_execute("ALTER TABLE error_stats_away RENAME TO error_stats").await.unwrap();

    cut_off(&server).await;
    let away = server.get("/api/errors?limit=1").key(READER).send().await;
    away.fails(503, "SERVICE_UNAVAILABLE");
    assert!(away.header("retry-after").is_some());
    assert_eq!(server.get("/ready").send().await.status, 503);
    assert_eq!(server.get("/health").send().await.status, 200);
    server.stop().await;
}

/// Ends all connections to the test's database and allows no new ones.
async fn cut_off(server: &Server) {
    let database = server.sandbox.namespace();
    let elsewhere = server.sandbox.database_url().replace(database, "postgres");
    let db = crate::support::connect(&elsewhere).await;
    let forbid = format!("ALTER DATABASE {database} ALLOW_CONNECTIONS false");
    db.batch_execute(&forbid).await.unwrap();
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1";
    db.execute(sql, &[&database]).await.unwrap();
}

#[tokio::test]
async fn a_request_under_way_is_finished_at_the_end() {
    let server = Server::start().await;
    let seeded = Seed::error("last words").store(&server.db).await;
    // The head and half of the body, then the signal, then the rest.
    let body = "{\"assigned_to\": \"ann\"}";
    let head = format!(
        "PUT /api/errors/{}/assign HTTP/1.1\r\nHost: a\r\nX-API-Key: {ADMIN}\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        seeded.id,
        body.len()
    );
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The service asks for the body, so the request is under way.
    let mut asked = [0_u8; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100"));
    let address = server.address().to_owned();
    let stopping = shared::lifecycle::spawn(server.stop());
    let refused = async { while TcpStream::connect(&address).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, refused).await.expect("new connections should be refused");
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    stopping.await.unwrap();
}
