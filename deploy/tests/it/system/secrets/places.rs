//! Every place of a request in which a client may put a secret, each with a marker of its own.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::client::{Answer, Client};

/// Makes markers that occur nowhere else, and remembers what each stands for.
#[derive(Debug)]
pub(super) struct Markers {
    secret: String,
    harmless: String,
    /// What the numbers behind the prefix of secrets mean.
    places: BTreeMap<usize, String>,
}

impl Markers {
    pub(super) fn new() -> Self {
        let run = Uuid::new_v4().simple().to_string();
        let (secret, harmless) = run.split_at(16);
        Self {
            secret: format!("Xq{secret}"),
            harmless: format!("Hq{harmless}"),
            places: BTreeMap::new(),
        }
    }

    /// A secret for a place.
    pub(super) fn secret(&mut self, place: &str) -> String {
        let number = self.places.len();
        self.places.insert(number, place.to_owned());
        format!("{}n{number:04}", self.secret)
    }

    /// A text that anybody may read.
    pub(super) fn harmless(&self, place: &str) -> String {
        format!("{}{place}", self.harmless)
    }

    /// What all secrets begin with.
    pub(super) fn secret_prefix(&self) -> &str {
        &self.secret
    }

    /// The place of the secret whose prefix ends where this begins.
    pub(super) fn place(&self, behind_prefix: &[u8]) -> &str {
        let digits = behind_prefix.get(1..5).and_then(|digits| std::str::from_utf8(digits).ok());
        let number = digits.and_then(|digits| digits.parse().ok());
        number.and_then(|number| self.places.get(&number)).map_or("unknown", String::as_str)
    }
}

/// An event with secrets in every field, each beside something harmless.
pub(super) fn event(markers: &mut Markers, round: &str) -> Value {
    let harmless = |place: &str| markers.harmless(&format!("{round}{place}"));
    let (message, stack, note, page, tag) = (
        harmless("message"),
        harmless("stack"),
        harmless("note"),
        harmless("page"),
        harmless("tag"),
    );
    let mut secret = |place: &str| markers.secret(&format!("{round}: {place}"));
    json!({
        "message": format!(
            "{message} failed, password={} for https://bob:{}@db.example/x?token={} with Bearer {}",
            secret("message pair"), secret("message url"), secret("message query"),
            secret("message bearer")
        ),
        "source": format!("backend api_key={}", secret("source")),
        "environment": format!("staging secret={}", secret("environment")),
        "release": format!("1.0 token={}", secret("release")),
        "exception_type": format!("AuthError password={}", secret("exception type")),
        "fingerprint": [format!("password={}", secret("fingerprint")), round],
        "url": format!(
            "https://alice:{}@shop.example/{page}?access_token={}&size=7&password={}#secret={}",
            secret("url user"), secret("url query"), secret("url password"), secret("url fragment")
        ),
        "stack_trace": format!(
            "Error: cannot reach postgres://app:{}@db:5432/x, api_key={}\n    \
             at {stack} (/app/auth.js:10:5)\n    at login (/app/auth.js?token={}:20:7)\n",
            secret("stack url"), secret("stack pair"), secret("stack file")
        ),
        "tags": {
            "api_token": secret("tag key"), "note": format!("Bearer {}", secret("tag value")),
            "place": tag,
        },
        "user": {
            "id": "7", "email": "bob@example.org",
            "username": format!("bob password={}", secret("user name")),
            "password": secret("unknown field of user"),
        },
        "session_token": secret("unknown field"),
        "context": context(&mut secret, &note),
    })
}

fn context(secret: &mut impl FnMut(&str) -> String, note: &str) -> Value {
    let pem = |key: String| {
        format!("-----BEGIN RSA PRIVATE KEY-----\n{key}\n-----END RSA PRIVATE KEY-----")
    };
    json!({
        "note": note,
        "password": secret("key"), "dbPassword": secret("camel case"),
        "DB_PASSWORD": secret("upper case"), "client-secret": secret("with a dash"),
        "credit_card": secret("credit card"), "ssn": secret("ssn"), "csrf": secret("csrf"),
        "session": secret("session"), "set-cookie": secret("set-cookie"),
        "secrets": [secret("in a list"), {"any": secret("below a list")}],
        "deep": {"er": [{"and": {"deeper": {"apiKey": secret("deep key")}}}]},
        "headers": {
            "Authorization": format!("Basic {}", secret("basic")),
            "Cookie": format!("sid={}; theme={}", secret("cookie"), secret("cookie theme")),
            "X-Api-Key": secret("header key"),
        },
        "pairs": [["password", secret("pair in a list")]],
        "json": json!({"client_secret": secret("json text")}).to_string(),
        "form": format!("user=bob&passwd={}&size=7", secret("form text")),
        "query_string": format!("size=7&secret={}", secret("query text")),
        "pem": pem(secret("pem block")), "private_key": pem(secret("pem key")),
        "jwt": format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{}", secret("jwt")),
        "command": format!("psql --password={} -h db", secret("option")),
        "curl": format!("curl -H 'Authorization: Bearer {}' https://x", secret("bearer in text")),
        "url": format!("amqp://app:{}@broker/%2f", secret("url in context")),
    })
}

/// Headers that carry secrets, and the rest of the request's address.
#[derive(Debug)]
pub(super) struct Envelope {
    headers: Vec<(&'static str, String)>,
    query: String,
}

impl Envelope {
    pub(super) fn new(markers: &mut Markers, round: &str) -> Self {
        let mut secret = |place: &str| markers.secret(&format!("{round}: {place}"));
        let headers = vec![
            ("authorization", format!("Bearer {}", secret("authorization"))),
            ("cookie", format!("session={}", secret("cookie"))),
            ("user-agent", format!("Mozilla/5.0 token={}", secret("user agent"))),
            ("referer", format!("https://x.example/?token={}", secret("referer"))),
            ("idempotency-key", secret("idempotency key")),
            ("x-custom-secret", secret("unknown header")),
        ];
        let query = format!("token={}&password={}", secret("query"), secret("query password"));
        Self { headers, query }
    }

    /// Sends a body under this envelope.
    pub(super) async fn send(
        &self,
        client: &Client,
        method: Method,
        path: &str,
        more: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
        let path = format!("{path}?{}", self.query);
        client.send(method, &path, &headers, body).await.unwrap()
    }
}
