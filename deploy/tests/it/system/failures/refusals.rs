//! What is the client's fault reads the same everywhere.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value;

use super::super::malformed::row::Ask;
use super::{ENVIRONMENTS, Place, check};

const NOBODY: &str = "550e8400-e29b-41d4-a716-446655440000";

/// A request, its status, its code, and the details that it must have.
type Refusal = (&'static str, Ask, u16, &'static str, &'static [&'static str]);

#[tokio::test]
async fn refusals_read_the_same_in_every_environment() {
    let told = join_all(ENVIRONMENTS.map(refused_in)).await;
    assert_eq!(told[0], told[1], "{ENVIRONMENTS:?}");
    assert_eq!(told[0], told[2], "{ENVIRONMENTS:?}");
}

/// The bodies of all refusals in an environment, by the requests' names.
async fn refused_in(environment: &'static str) -> BTreeMap<&'static str, Value> {
    let place = Place::start(environment).await;
    let mut told = BTreeMap::new();
    for (name, ask, status, code, details) in refusals(&place) {
        let answer = place.ask(None, name, ask).await;
        check(name, &answer, status, code);
        for detail in details {
            assert!(answer.body["details"].get(detail).is_some(), "{name}: {}", answer.body);
        }
        told.insert(name, answer.body);
    }
    place.system.stop().await;
    told
}

fn refusals(place: &Place) -> Vec<Refusal> {
    let get = |path: &str, key: &str| Ask::new(format!("GET {path}"), "").set("X-API-Key", key);
    let post = |body: &str| Ask::error(body).set("X-API-Key", place.admin.as_str());
    let (admin, reader) = (place.admin.as_str(), place.reader.as_str());
    let change = Ask::new("PUT /api/errors", "").set("X-API-Key", admin);
    vec![
        ("validation", post("{}"), 400, "VALIDATION_ERROR", &["errors"]),
        ("malformed", post("{"), 400, "MALFORMED_JSON", &["line", "column"]),
        ("bad-parameter", get("/api/errors?limit=0", reader), 400, "VALIDATION_ERROR", &["errors"]),
        ("bad-id", get("/api/errors/x", reader), 400, "INVALID_ID", &["id"]),
        ("no-key", post("{}").without("X-API-Key"), 401, "AUTHENTICATION_ERROR", &[]),
        ("bad-key", get("/api/errors", "sk_live_x"), 401, "AUTHENTICATION_ERROR", &[]),
        ("may-not-read", get("/api/projects", reader), 403, "AUTHORIZATION_ERROR", &["permission"]),
        ("may-not-submit", post("{}").set("X-API-Key", reader), 403, "AUTHORIZATION_ERROR", &[]),
        ("nobody", get(&format!("/api/errors/{NOBODY}"), reader), 404, "NOT_FOUND", &["id"]),
        ("nowhere", get("/api/nowhere", reader), 404, "NOT_FOUND", &["id", "path"]),
        ("internal-path", get("/metrics", reader), 404, "NOT_FOUND", &["id"]),
        ("no-method", get("/api/errors/batch", reader), 405, "METHOD_NOT_ALLOWED", &[]),
        ("slow", change.clone().set("Content-Length", "9"), 408, "REQUEST_TIMEOUT", &[]),
        (
            "conflict",
            Ask::new("DELETE /api/projects/1", "").set("X-API-Key", admin),
            409,
            "CONFLICT_ERROR",
            &[],
        ),
        ("large", post(&" ".repeat(2 << 20)), 413, "PAYLOAD_TOO_LARGE", &["limit"]),
        ("type", post("{}").set("Content-Type", "text/html"), 415, "UNSUPPORTED_MEDIA_TYPE", &[]),
        ("encoding", change.set("Content-Encoding", "gzip"), 415, "UNSUPPORTED_MEDIA_TYPE", &[]),
    ]
}
