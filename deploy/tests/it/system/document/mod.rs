//! The API document, row by row of its summary: each method and path is asked through the edge as the
//! document shows it, and every documented field and failure must be there.

mod alerts;
mod errors;
mod numbers;
mod row;
mod settings;

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use self::row::Row;
use super::client::{Answer, Client, System};

/// Nothing has this id.
const NOBODY: &str = "550e8400-e29b-41d4-a716-446655440000";

/// The summary of the document.
const SUMMARY: [(&str, &str); 25] = [
    ("GET", "/health"),
    ("GET", "/api/errors"),
    ("POST", "/api/errors"),
    ("GET", "/api/errors/{id}"),
    ("PUT", "/api/errors/{id}/resolve"),
    ("DELETE", "/api/errors/{id}"),
    ("GET", "/api/stats"),
    ("GET", "/api/analytics/trends"),
    ("GET", "/api/analytics/performance"),
    ("GET", "/api/monitoring/services"),
    ("GET", "/api/monitoring/metrics"),
    ("GET", "/api/monitoring/uptime"),
    ("GET", "/api/settings/api-keys"),
    ("POST", "/api/settings/api-keys"),
    ("DELETE", "/api/settings/api-keys"),
    ("GET", "/api/settings/team"),
    ("POST", "/api/settings/team/invite"),
    ("GET", "/api/settings/integrations"),
    ("GET", "/api/alerts/rules"),
    ("POST", "/api/alerts/rules"),
    ("PUT", "/api/alerts/rules/{id}"),
    ("DELETE", "/api/alerts/rules/{id}"),
    ("GET", "/api/alerts/incidents"),
    ("POST", "/api/alerts/incidents"),
    ("PUT", "/api/alerts/incidents/{id}"),
];

/// Ids of what was made before.
struct Known {
    error: String,
    key: String,
    rule: String,
    incident: String,
}

impl Known {
    async fn make(client: &Client) -> Self {
        let error = client.report(json!({"message": "it broke", "source": "backend"})).await;
        let key = json!({"name": "Short-lived", "permissions": ["read"]});
        let key = client.post("/api/settings/api-keys", &key).await;
        let rule = json!({"name": "Any error", "condition": "error_count > 0 in 5 minutes"});
        let rule = client.post("/api/alerts/rules", &rule).await;
        let incident = client.post("/api/alerts/incidents", &json!({"title": "It is down"})).await;
        until_healthy(client).await;
        let id = |object: &Value| object["id"].as_str().unwrap().to_owned();
        Self {
            error: id(&error),
            key: id(key.data()),
            rule: id(rule.data()),
            incident: id(incident.data()),
        }
    }

    fn rows(&self) -> Vec<Row> {
        let rows = [
            errors::rows(self),
            numbers::rows(),
            settings::rows(self),
            alerts::rows(self),
            errors::last_rows(self),
        ];
        rows.into_iter().flatten().collect()
    }
}

/// Waits for the first round of checks: before it, nothing is known of availability.
async fn until_healthy(client: &Client) {
    let healthy = async {
        let health =
            async || client.get("/api/monitoring/services").await.data()["overall_health"].clone();
        while health().await != "healthy" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let healthy = tokio::time::timeout(Duration::from_secs(20), healthy).await;
    healthy.expect("the first checks find everything healthy");
}

#[tokio::test]
async fn every_row_of_the_summary_answers_as_documented() {
    let system = System::start().await;
    let known = Known::make(&system.client).await;
    system.drained(1).await;
    let rows = known.rows();
    let asked: BTreeSet<_> = rows.iter().map(|row| row.summary).collect();
    assert_eq!(asked, BTreeSet::from(SUMMARY));
    for row in &rows {
        check(&system.client, row).await;
    }
    system.stop().await;
}

async fn check(client: &Client, row: &Row) {
    let name = format!("{} {}", row.summary.0, row.path);
    let ask = async |client: &Client, path: &str, body: &Option<Value>| {
        let method: Method = row.summary.0.parse().unwrap();
        let body = body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
        client.send(method, path, &[], body).await.unwrap()
    };
    if row.path.starts_with("/api/") && row.status < 300 {
        let bare = ask(&client.with_key(None), &row.path, &row.body).await;
        check_failure(&name, &bare, 401, "AUTHENTICATION_ERROR");
    }
    let answer = ask(client, &row.path, &row.body).await;
    assert_eq!(answer.status, row.status, "{name}: {}", answer.body);
    assert_eq!(row.faults(&answer.body), Vec::<String>::new(), "{name}: {}", answer.body);
    match row.status {
        204 => assert!(answer.body.is_null(), "{name}"),
        404 => check_failure(&name, &answer, 404, "NOT_FOUND"),
        _ if row.path == "/health" => {}
        _ => assert_eq!(answer.body["status"], "success", "{name}"),
    }
    for (path, body, status, code) in &row.failures {
        let failed = ask(client, path, body).await;
        check_failure(&format!("{name}: {path} {body:?}"), &failed, *status, code);
    }
}

#[track_caller]
fn check_failure(name: &str, answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{name}: {}", answer.body);
    assert_eq!(answer.body["code"], code, "{name}");
    assert_eq!(answer.body["status"], "error", "{name}");
    assert!(answer.body["error"].is_string() && answer.body["details"].is_object(), "{name}");
}
