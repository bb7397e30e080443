//! Wherever an SDK may put a secret, it is filtered before anything is stored.

use http::Method;
use serde_json::{Value, json};

use super::super::client::System;
use super::projects::{self, KEYS};

const SECRET: &str = "hunter2-Zk93xQ";

#[tokio::test]
async fn secrets_of_sdks_are_filtered_wherever_they_stand() {
    let system = System::start().await;
    projects::create(&system).await;
    let id = "24581c3f7f1d4b54a32a4b2f5a1d0a01";
    let path = format!("/api/1/store/?sentry_key={}", KEYS[0]);
    let body = event(id).to_string().into_bytes();
    let sent = system.client.with_key(None).send(Method::POST, &path, &[], body).await.unwrap();
    assert_eq!((sent.status.as_u16(), &sent.body), (200, &json!({ "id": id })));
    system.drained(1).await;
    let stored = system.client.get(&format!("/api/events/{id}")).await;
    let stored = stored.data();
    assert!(!stored.to_string().contains(SECRET), "{stored:#}");
    for place in [
        "/request/headers/Authorization",
        "/request/headers/Cookie",
        "/request/cookies",
        "/request/data/password",
        "/contexts/upstream/Authorization",
        "/extra/headers/Cookie",
        "/extra/user_password",
        "/breadcrumbs/0/data/Authorization",
        "/exceptions/0/frames/0/vars/password",
        "/exceptions/0/mechanism/data/token",
        "/tags/api_key",
    ] {
        assert_eq!(stored.pointer(place), Some(&json!("[Filtered]")), "{place}: {stored:#}");
    }
    let query = stored.pointer("/request/query_string").and_then(Value::as_str).unwrap();
    assert_eq!(query, "a=1&password=[Filtered]");
    system.stop().await;
}

fn event(id: &str) -> Value {
    let headers =
        json!({"Authorization": format!("Bearer {SECRET}"), "Cookie": format!("s={SECRET}")});
    json!({
        "event_id": id,
        "message": format!("password={SECRET}"),
        "request": {
            "url": format!("https://u:{SECRET}@x.example/?token={SECRET}"),
            "query_string": format!("a=1&password={SECRET}"),
            "headers": headers, "cookies": {"session": SECRET},
            "data": {"password": SECRET}, "env": {"HTTP_COOKIE": SECRET},
        },
        "contexts": {"upstream": headers},
        "extra": {"headers": headers, "user_password": SECRET, "json": json!({"password": SECRET}).to_string()},
        "tags": {"api_key": SECRET},
        "breadcrumbs": [{"message": format!("login password={SECRET}"), "data": headers}],
        "exception": [{
            "type": "LoginError", "value": format!("refused password={SECRET}"),
            "mechanism": {"type": "generic", "data": {"token": SECRET}},
            "stacktrace": {"frames": [{
                "function": "login", "filename": "login.py",
                "context_line": format!("    login(password=\"{SECRET}\")"),
                "vars": {"password": SECRET, "headers": headers},
            }]},
        }],
        "threads": [{"id": 1, "stacktrace": {"frames": [{"function": "f", "vars": {"password": SECRET}}]}}],
    })
}
