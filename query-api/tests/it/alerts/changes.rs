//! What a change of a rule does to its firings, to its incident and to what is held back of it.

use serde_json::{Value, json};

use super::{
    FIRINGS, Fired, INCIDENTS, LITERAL, OPEN, RULES, Told, get, id_of, made, make_incident,
    make_rule, post, put,
};
use crate::support::{ADMIN, Server};

/// The firings of a rule, newest first.
async fn firings(server: &Server, rule: &Value) -> Vec<Value> {
    let page = get(server, &format!("{FIRINGS}?rule_id={}", id_of(rule))).await;
    page["firings"].as_array().unwrap().clone()
}

async fn reasons(server: &Server, rule: &Value) -> Vec<Value> {
    firings(server, rule).await.iter().map(|firing| firing["end_reason"].clone()).collect()
}

/// How many firings still keep their rule quiet.
async fn quiet(server: &Server) -> i64 {
    let sql = "SELECT count(*) FROM firings WHERE cooldown_until > clock_timestamp()";
    server.number(sql).await
}

async fn held(server: &Server) -> i64 {
    server.number("SELECT count(*) FROM notifications WHERE held").await
}

#[tokio::test]
async fn what_does_not_touch_the_condition_leaves_firings_alone() {
    let server = Server::start().await;
    let rule = make_rule(&server, LITERAL).await;
    let fired = Fired::of(&rule).store(&server).await;
    Told::of(&rule, Some(fired)).held().store(&server).await;
    let harmless = json!({
        "name": "other", "notifications": ["sms"], "severity": "low", "cooldown": 5,
        "muted_until": "2099-01-01T00:00:00Z", "create_incident": true, "threshold": 50,
        "condition": "error_count > 50 in 5m", "time_window": "5 minutes",
    });
    let changed = put(&server, RULES, &rule, harmless).await.data();
    assert_eq!((&changed["state"], &changed["firing_count"]), (&json!("firing"), &json!(1)));
    assert_eq!(reasons(&server, &rule).await, [Value::Null]);
    assert_eq!((quiet(&server).await, held(&server).await), (1, 1));
    server.stop().await;
}

#[tokio::test]
async fn another_condition_ends_firings_and_may_fire_at_once() {
    let server = Server::start().await;
    let body = json!({"name": "r", "condition": OPEN, "threshold": 50, "time_window": "5m"});
    let rule = made(&post(&server, RULES, body).await);
    let bystander = make_rule(&server, LITERAL).await;
    let untouched = Fired::of(&bystander).store(&server).await;
    for change in
        [json!({"threshold": 60}), json!({"time_window": "10m"}), json!({"condition": LITERAL})]
    {
        Fired::of(&rule).ended().store(&server).await;
        let open = Fired::of(&rule).store(&server).await;
        Told::of(&rule, Some(open)).held().store(&server).await;
        assert_eq!(quiet(&server).await, 3);
        let changed = put(&server, RULES, &rule, change.clone()).await.data();
        assert_eq!((&changed["state"], &changed["firing_count"]), (&json!("ok"), &json!(0)));
        let firings = firings(&server, &rule).await;
        let ends = [&firings[0], &firings[1]].map(|firing| firing["end_reason"].clone());
        assert_eq!(ends, ["rule_changed", "recovered"], "{change}");
        assert!(firings[0]["ended_at"].is_string());
        assert_eq!(quiet(&server).await, 1, "{change}");
    }
    // What was held back still goes out: the rule is there.
    assert_eq!(held(&server).await, 3);
    assert_eq!(firings(&server, &bystander).await[0]["id"], json!(untouched));
    assert_eq!(reasons(&server, &bystander).await, [Value::Null]);
    server.stop().await;
}

#[tokio::test]
async fn disabling_and_deleting_end_firings_and_drop_what_is_held() {
    let server = Server::start().await;
    let rule = make_rule(&server, "error_count > 50 in 5m per error").await;
    let first = Fired::of(&rule).about(1).store(&server).await;
    Told::of(&rule, Some(first)).held().store(&server).await;
    // Both at once: that it is disabled is what its firings end of.
    let both = json!({"enabled": false, "condition": "error_count > 60 in 5m per error"});
    put(&server, RULES, &rule, both).await.data();
    assert_eq!(reasons(&server, &rule).await, ["rule_disabled"]);
    assert_eq!(held(&server).await, 0);

    put(&server, RULES, &rule, json!({"enabled": true})).await.data();
    let second = Fired::of(&rule).about(1).store(&server).await;
    Told::of(&rule, Some(second)).held().store(&server).await;
    let path = format!("{RULES}/{}", id_of(&rule));
    assert_eq!(server.delete(&path).key(ADMIN).send().await.status, 204);
    // The history stays.
    assert_eq!(reasons(&server, &rule).await, ["rule_deleted", "rule_disabled"]);
    assert_eq!((held(&server).await, quiet(&server).await), (0, 0));
    server.stop().await;
}

#[tokio::test]
async fn an_incident_stays_open_and_says_why_its_firings_ended() {
    let server = Server::start().await;
    let rule = make_rule(&server, "error_count > 50 in 5m per error").await;
    let open = make_incident(&server, "it is down").await;
    let resolved = make_incident(&server, "it was down").await;
    put(&server, INCIDENTS, &resolved, json!({"status": "resolved"})).await.data();
    for error in [1, 2] {
        Fired::of(&rule).about(error).in_incident(&open).store(&server).await;
    }
    Fired::of(&rule).about(3).in_incident(&resolved).store(&server).await;
    put(&server, RULES, &rule, json!({"enabled": false})).await.data();

    let shown = get(&server, &format!("{INCIDENTS}/{}", id_of(&open))).await;
    assert_eq!(shown["status"], "investigating");
    let history = shown["history"].as_array().unwrap();
    assert_eq!(history.len(), 2, "{history:?}");
    assert_eq!(
        (&history[1]["kind"], &history[1]["actor"]),
        (&json!("changed"), &json!("Development"))
    );
    let details = json!({"reason": "rule_disabled", "rule_id": rule["id"], "rule_name": "r"});
    assert_eq!(history[1]["details"], details);
    assert_eq!(shown["firings"].as_array().unwrap().len(), 2);

    let shown = get(&server, &format!("{INCIDENTS}/{}", id_of(&resolved))).await;
    assert_eq!(shown["history"].as_array().unwrap().len(), 2);
    server.stop().await;
}
