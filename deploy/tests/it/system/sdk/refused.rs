//! What is wrong with a request at the doors of SDKs, and what it is told: always the form of every other
//! failure, readable from any page.

use std::io::Write as _;

use http::Method;

use super::super::client::{Answer, Client, System};
use super::projects::{self, KEYS};

/// What is sent: path, headers and body.
#[derive(Debug, Clone)]
struct Sent {
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// A name, what is sent, the status and the code.
type Row = (&'static str, Sent, u16, &'static str);

const EVENT: &str = r#"{"message":"m"}"#;
const NO_KEY: &str = "AUTHENTICATION_ERROR";
const MALFORMED: &str = "MALFORMED_JSON";

#[tokio::test]
async fn bad_requests_are_refused_in_the_usual_form() {
    let system = System::start().await;
    projects::create(&system).await;
    let rows = rows();
    assert!(rows.len() >= 25, "{}", rows.len());
    let nobody = system.client.with_key(None);
    for (name, sent, status, code) in rows {
        let answer = send(&nobody, &sent).await;
        let what = format!("{name}: {} {}", answer.status, answer.body);
        assert_eq!(answer.status.as_u16(), status, "{what}");
        assert_eq!(answer.body["code"], code, "{what}");
        assert_eq!(answer.body["status"], "error", "{what}");
        assert!(answer.body["error"].is_string() && answer.body["details"].is_object(), "{what}");
        assert_eq!(answer.header("x-request-id"), answer.body["request_id"].as_str(), "{what}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{what}");
        let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
        assert!(exposed.contains("x-sentry-rate-limits"), "{what}");
    }
    assert_eq!(system.counts().await.stored, 0);
    let put = nobody.send(Method::PUT, "/api/1/envelope/", &[], Vec::new()).await.unwrap();
    assert_eq!((put.status.as_u16(), put.header("allow")), (405, Some("POST, OPTIONS")));
    system.stop().await;
}

async fn send(client: &Client, sent: &Sent) -> Answer {
    let headers: Vec<(&str, &str)> =
        sent.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client.send(Method::POST, &sent.path, &headers, sent.body.clone()).await.unwrap()
}

impl Sent {
    fn to(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), headers: Vec::new(), body: body.into() }
    }

    /// With the key of the first project.
    fn known(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::to(&format!("{path}?sentry_key={}", KEYS[0]), body)
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

fn envelope(body: &str) -> Sent {
    Sent::known("/api/1/envelope/", body)
}

fn store(body: &[u8]) -> Sent {
    Sent::known("/api/1/store/", body)
}

fn rows() -> Vec<Row> {
    let mut rows = keys();
    rows.extend(framings());
    rows.extend(bodies());
    rows
}

fn keys() -> Vec<Row> {
    let auth = |text: &str| Sent::to("/api/1/envelope/", "{}\n").with("x-sentry-auth", text);
    let with_dsn = |dsn: &str| format!("{{\"dsn\":\"{dsn}\"}}\n");
    let (own, other) = (KEYS[0], KEYS[1]);
    let dsn =
        |key: &str, project: i32| with_dsn(&format!("https://{key}@errors.example/{project}"));
    let unknown = "0123456789abcdef0123456789abcdef";
    vec![
        ("no key", Sent::to("/api/1/envelope/", "{}\n"), 401, NO_KEY),
        ("no key, an event", Sent::to("/api/1/store/", EVENT), 401, NO_KEY),
        ("no key and no project", Sent::to("/api/store/", EVENT), 401, NO_KEY),
        ("header without a key", auth("Sentry sentry_version=7"), 401, NO_KEY),
        ("another scheme", auth("Bearer 123"), 401, NO_KEY),
        ("a key that is none", auth("Sentry sentry_key=hello"), 401, NO_KEY),
        ("unknown key", auth(&format!("Sentry sentry_key={unknown}")), 401, NO_KEY),
        ("empty key", Sent::to("/api/1/envelope/?sentry_key=", "{}\n"), 401, NO_KEY),
        (
            "unknown basic user",
            Sent::to("/api/1/store/", EVENT).with("authorization", "Basic dXNlcjpwYXNz"),
            401,
            NO_KEY,
        ),
        ("another project's key", Sent::known("/api/2/envelope/", "{}\n"), 404, "NOT_FOUND"),
        ("another project's door", Sent::known("/api/2/store/", EVENT), 404, "NOT_FOUND"),
        ("no such project", Sent::known("/api/99999999999/store/", EVENT), 404, "NOT_FOUND"),
        (
            "two keys",
            envelope("{}\n").with("x-sentry-auth", &format!("Sentry sentry_key={other}")),
            400,
            "VALIDATION_ERROR",
        ),
        ("dsn of another project", envelope(&dsn(other, 2)), 400, "VALIDATION_ERROR"),
        ("dsn with another key", envelope(&dsn(other, 1)), 400, "VALIDATION_ERROR"),
        ("dsn that is none", envelope(&with_dsn("hello")), 400, MALFORMED),
        ("tunnel, unknown key", Sent::to("/api/1/envelope/", dsn(unknown, 1)), 401, NO_KEY),
        ("tunnel, wrong project", Sent::to("/api/2/envelope/", dsn(own, 1)), 404, "NOT_FOUND"),
        (
            "an unknown API key",
            Sent::to("/api/1/store/", EVENT).with("x-api-key", "sk_live_of_nobody"),
            401,
            NO_KEY,
        ),
    ]
}

fn framings() -> Vec<Row> {
    let item = |header: &str, payload: &str| envelope(&format!("{{}}\n{header}\n{payload}"));
    let event = |payload: &str| item(r#"{"type":"event"}"#, payload);
    let many = format!("{{}}\n{}", "{\"type\":\"log\"}\n{}\n".repeat(101));
    vec![
        ("empty", envelope(""), 400, MALFORMED),
        ("no envelope", envelope("hello"), 400, MALFORMED),
        ("a list", envelope("[]\n"), 400, MALFORMED),
        ("item without type", item("{}", "{}"), 400, MALFORMED),
        ("item header that is none", item("hello", "{}"), 400, MALFORMED),
        ("truncated item", item(r#"{"type":"event","length":99}"#, EVENT), 400, MALFORMED),
        ("too long an item", item(r#"{"type":"event","length":3}"#, EVENT), 400, MALFORMED),
        ("negative length", item(r#"{"type":"event","length":-1}"#, EVENT), 400, MALFORMED),
        ("endless length", item(r#"{"type":"event","length":1e99}"#, EVENT), 400, MALFORMED),
        ("event that is no JSON", event("{\"message\":"), 400, MALFORMED),
        ("event that is a list", event("[1]"), 400, MALFORMED),
        ("event without fields", event("{}"), 400, MALFORMED),
        ("event of nothing", event(""), 400, MALFORMED),
        ("deep event", event(&format!("{{\"a\":{}", "[".repeat(100_000))), 400, MALFORMED),
        ("two events", event(&format!("{EVENT}\n{{\"type\":\"event\"}}\n{EVENT}")), 400, MALFORMED),
        ("too many items", envelope(&many), 413, "PAYLOAD_TOO_LARGE"),
    ]
}

fn bodies() -> Vec<Row> {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let gzipped = |body: Vec<u8>| {
        let mut sent = envelope("");
        sent.body = body;
        sent.with("content-encoding", "gzip")
    };
    let bomb = gzip(&vec![b'\n'; 101 << 20]);
    let cut = gzip(EVENT.as_bytes());
    let cut = cut[..cut.len() - 5].to_vec();
    vec![
        ("no JSON and no base64", store(b"<event/>"), 400, MALFORMED),
        ("base64 of nothing known", store(b"YWJjZGVm"), 400, MALFORMED),
        ("nothing", store(b""), 400, MALFORMED),
        ("a bomb", gzipped(bomb), 413, "PAYLOAD_TOO_LARGE"),
        ("a cut body", gzipped(cut), 400, MALFORMED),
        ("not compressed", gzipped(b"{}\n".to_vec()), 400, MALFORMED),
        ("too large", store(&vec![b' '; (20 << 20) + 1]), 413, "PAYLOAD_TOO_LARGE"),
    ]
}
