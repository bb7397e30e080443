//! Alerts: rules, firings, what was told, incidents.

mod changes;
mod incidents;
mod lists;
mod locks;
mod plans;
mod preview;
mod rules;
mod seed;

use serde_json::{Value, json};

pub(crate) use self::seed::{Fired, Told};
use crate::support::{ADMIN, Answer, Server};

const RULES: &str = "/api/alerts/rules";
const FIRINGS: &str = "/api/alerts/firings";
const DELIVERIES: &str = "/api/alerts/deliveries";
const INCIDENTS: &str = "/api/alerts/incidents";

/// A condition that leaves its number and its time to the rule.
const OPEN: &str = "error_count > threshold in time_window";

/// A condition that says everything, in canonical form.
const LITERAL: &str = "error_count > 50 in 5 minutes";

async fn post(server: &Server, path: &str, body: Value) -> Answer {
    server.post(path).key(ADMIN).json(&body).send().await
}

async fn get(server: &Server, path: &str) -> Value {
    server.get(path).key(ADMIN).send().await.data()
}

/// Changes a thing that an answer has shown.
async fn put(server: &Server, path: &str, thing: &Value, body: Value) -> Answer {
    server.put(&format!("{path}/{}", id_of(thing))).key(ADMIN).json(&body).send().await
}

fn id_of(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

#[track_caller]
fn made(answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.data()
}

/// A new rule of the first project.
async fn make_rule(server: &Server, condition: &str) -> Value {
    let body = json!({"name": "r", "condition": condition, "notifications": ["email", "slack"]});
    made(&post(server, RULES, body).await)
}

async fn make_incident(server: &Server, title: &str) -> Value {
    made(&post(server, INCIDENTS, json!({"title": title})).await)
}

/// The rule as the list shows it now.
async fn rule_now(server: &Server, rule: &Value) -> Value {
    let rules = get(server, RULES).await["rules"].as_array().unwrap().clone();
    rules.into_iter().find(|listed| listed["id"] == rule["id"]).unwrap()
}

/// How often rules of the first project were changed.
async fn version(server: &Server) -> i64 {
    server.number("SELECT rules_version FROM alert_evaluations WHERE project_id = 1").await
}

/// Method and path of an operation, the path that is asked, and the body.
pub(crate) type Request = ((&'static str, &'static str), String, Value);

/// Every operation on alerts, after something was made that fills every field.
pub(crate) async fn requests(server: &Server) -> Vec<Request> {
    let rule = make_rule(server, LITERAL).await;
    let incident = make_incident(server, "it is down").await;
    let fired = Fired::of(&rule).about(7).in_incident(&incident);
    let (ended, open) = (fired.clone().ended().store(server).await, fired.store(server).await);
    Told::of(&rule, Some(ended)).through("email", "failed").store(server).await;
    Told::of(&rule, Some(open)).held().store(server).await;
    Told::of(&rule, None).through("slack", "pending").store(server).await;
    let get = |path: &'static str| (("GET", path), path.to_owned(), json!({}));
    let (one_rule, one_incident) = ("/api/alerts/rules/{id}", "/api/alerts/incidents/{id}");
    let rule_path = format!("{RULES}/{}", id_of(&rule));
    let incident_path = format!("{INCIDENTS}/{}", id_of(&incident));
    let new = json!({"name": "n", "condition": OPEN, "threshold": 2.5, "time_window": "1 hour",
        "muted_until": "2099-01-01T00:00:00Z"});
    let resolved = json!({"status": "resolved", "description": "d", "assigned_to": "ann"});
    vec![
        get(RULES),
        get(FIRINGS),
        get(DELIVERIES),
        (("POST", RULES), RULES.to_owned(), new),
        (("POST", preview::PATH), preview::PATH.to_owned(), json!({"condition": LITERAL})),
        ((("PUT"), one_rule), rule_path.clone(), json!({"enabled": false, "cooldown": 5})),
        (("POST", INCIDENTS), INCIDENTS.to_owned(), json!({"title": "t", "severity": "low"})),
        (("PUT", one_incident), incident_path.clone(), resolved),
        get(INCIDENTS),
        (("GET", one_incident), incident_path, json!({})),
        get(RULES),
        (("DELETE", one_rule), rule_path, json!({})),
        get(FIRINGS),
    ]
}
