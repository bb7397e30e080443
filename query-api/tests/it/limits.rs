//! How much a key may ask in a minute, and from which pages.

use chrono::Utc;

use crate::openapi::{check_answer, document};
use crate::support::{ADMIN, Answer, READER, Server};

/// Gives a key columns of its own, and waits until the service knows them.
async fn change_key(server: &Server, key: &str, columns: &str, shows: impl Fn(&Answer) -> bool) {
    let sql = format!("UPDATE api_keys SET {columns} WHERE name = $1");
    assert_eq!(server.db.execute(&sql, &[&key]).await.unwrap(), 1);
    server.until_with(key, "/api/projects", shows).await;
}

#[track_caller]
fn number(answer: &Answer, header: &str) -> i64 {
    answer.header(header).unwrap().parse().unwrap()
}

fn is_limited(answer: &Answer) -> bool {
    answer.header("x-ratelimit-limit").is_some()
}

#[tokio::test]
async fn a_limited_key_is_told_where_it_stands_and_then_to_wait() {
    let server = Server::start().await;
    let unlimited = server.get("/api/errors").key(READER).send().await;
    assert!(!is_limited(&unlimited));
    // The request that notices is refused for want of a permission, and counts.
    let columns = "general_per_minute = 3, analytics_per_minute = 1";
    change_key(&server, READER, columns, is_limited).await;
    let before = Utc::now().timestamp();
    for remaining in [1, 0] {
        let answer = server.get("/api/errors").key(READER).send().await;
        assert_eq!((answer.status, number(&answer, "x-ratelimit-remaining")), (200, remaining));
        assert_eq!(number(&answer, "x-ratelimit-limit"), 3);
        assert!((60..=70).contains(&(number(&answer, "x-ratelimit-reset") - before)));
    }
    let refused = server.get("/api/errors").key(READER).send().await;
    refused.fails(429, "RATE_LIMITED");
    check_answer(&document(&server).await, ("GET", "/api/errors"), &refused);
    let wait = number(&refused, "retry-after");
    assert!((1..=60).contains(&wait), "{wait}");
    let details = &refused.json()["details"];
    let expected = serde_json::json!({"limit": 3, "class": "general", "retry_after": wait});
    assert_eq!(*details, expected);
    // Other classes and other keys are counted by themselves.
    assert_eq!(server.get("/api/stats").key(READER).send().await.status, 200);
    server.get("/api/stats").key(READER).send().await.fails(429, "RATE_LIMITED");
    assert_eq!(server.get("/api/errors").key(ADMIN).send().await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn the_usual_limits_hold_when_they_are_on() {
    let server = Server::start_with(&[("RATE_LIMITS", "on")]).await;
    for (path, limit) in [("/api/errors", 500), ("/api/stats", 100), ("/api/projects", 500)] {
        let answer = server.get(path).key(ADMIN).send().await;
        assert_eq!(number(&answer, "x-ratelimit-limit"), limit, "{path}");
    }
    for path in ["/health", "/api/openapi.json"] {
        assert!(!is_limited(&server.get(path).key(ADMIN).send().await), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_key_works_only_in_pages_that_it_names() {
    let server =
        Server::start_with(&[("CORS_ORIGINS", "https://a.example,https://b.example")]).await;
    let columns = "allowed_origins = '{https://a.example}', general_per_minute = 1000";
    change_key(&server, READER, columns, is_limited).await;
    let get = |origin| server.get("/api/errors").key(READER).header("origin", origin).send();
    let good = get("https://a.example").await;
    assert_eq!(good.status, 200);
    assert_eq!(server.get("/api/errors").key(READER).send().await.status, 200);
    let refused = get("https://b.example").await;
    refused.fails(403, "AUTHORIZATION_ERROR");
    assert_eq!(refused.json()["details"]["origin"], "https://b.example");
    // Its page is one of the installation's, so it can read why.
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://b.example"));
    let foreign = get("https://evil.example").await;
    foreign.fails(403, "AUTHORIZATION_ERROR");
    assert_eq!(foreign.header("access-control-allow-origin"), None);
    server.stop().await;
}
