//! Rules: made, listed, changed, deleted, and whose they are.

use serde_json::{Value, json};

use super::{
    Fired, LITERAL, OPEN, RULES, get, id_of, made, make_rule, post, put, rule_now, version,
};
use crate::support::{ADMIN, ALL_1, ALL_2, READER, READER_1, Server};

#[tokio::test]
async fn a_rule_is_made_as_the_document_shows() {
    let server = Server::start().await;
    let body = json!({
        "name": "High Error Rate", "condition": OPEN, "threshold": 50, "time_window": "5m",
        "notifications": ["email", "slack"], "enabled": true,
    });
    let rule = made(&post(&server, RULES, body.clone()).await);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&rule[field], value, "{field}");
    }
    let defaults = json!({
        "severity": "medium", "cooldown": 0, "muted_until": null, "create_incident": false,
        "last_triggered": null, "project_id": 1, "state": "ok", "firing_count": 0,
    });
    for (field, value) in defaults.as_object().unwrap() {
        assert_eq!(&rule[field], value, "{field}");
    }
    assert_eq!(rule["created_at"], rule["updated_at"]);
    let list = get(&server, RULES).await;
    assert_eq!((&list["rules"], &list["total"]), (&json!([rule]), &json!(1)));
    server.stop().await;
}

#[tokio::test]
async fn a_condition_is_kept_in_its_canonical_form() {
    let server = Server::start().await;
    let rule = make_rule(&server, " Error_Count>050 IN 300m where LEVEL=Error ").await;
    assert_eq!(rule["condition"], "error_count > 50 in 5 hours where level = error");
    assert_eq!((&rule["threshold"], &rule["time_window"]), (&json!(50), &json!("5h")));
    // Whole numbers have no decimals, as they were given.
    assert!(rule["threshold"].is_i64());

    let body = json!({"name": "r", "condition": "error_count > 50 of 5m", "threshold": "x"});
    let answer = post(&server, RULES, body).await;
    assert_eq!(answer.bad_fields(), ["condition", "threshold"]);
    let told = answer.json()["details"]["errors"].as_array().unwrap().clone();
    let condition = told.iter().find(|error| error["field"] == "condition").unwrap();
    assert_eq!(condition["type"], "malformed");
    assert!(condition["message"].as_str().unwrap().starts_with("at character 18: "), "{condition}");
    server.stop().await;
}

#[tokio::test]
async fn every_bad_field_of_a_rule_is_named() {
    let server = Server::start().await;
    let bad = json!({
        "name": "", "condition": "x", "threshold": [], "time_window": "never", "enabled": 1,
        "notifications": ["email", "email"], "severity": "urgent", "cooldown": -1,
        "muted_until": "noon", "create_incident": 0,
    });
    let named = [
        "condition",
        "cooldown",
        "create_incident",
        "enabled",
        "muted_until",
        "name",
        "notifications[1]",
        "severity",
        "threshold",
        "time_window",
    ];
    assert_eq!(post(&server, RULES, bad.clone()).await.bad_fields(), named);
    assert_eq!(post(&server, RULES, json!({})).await.bad_fields(), ["condition", "name"]);
    let rule = make_rule(&server, LITERAL).await;
    assert_eq!(put(&server, RULES, &rule, bad).await.bad_fields(), named);
    let differs = json!({"threshold": 51, "time_window": "6m"});
    assert_eq!(
        put(&server, RULES, &rule, differs).await.bad_fields(),
        ["threshold", "time_window"]
    );
    assert_eq!(rule_now(&server, &rule).await, rule);
    for query in ["limit=0", "limit=1001", "offset=-1", "project_id=x"] {
        let answer = server.get(&format!("{RULES}?{query}")).key(ADMIN).send().await;
        assert_eq!(answer.bad_fields(), [query.split('=').next().unwrap()], "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn given_fields_change_and_what_was_read_can_be_sent_back() {
    let server = Server::start().await;
    let body = json!({"name": "r", "condition": OPEN, "threshold": 0.1, "time_window": "90m",
        "muted_until": "2099-01-01T00:00:00.123456Z", "severity": "high", "cooldown": 60});
    let rule = made(&post(&server, RULES, body).await);
    assert_eq!(rule["muted_until"], "2099-01-01T00:00:00.123Z");
    assert_eq!(put(&server, RULES, &rule, rule.clone()).await.data(), rule);

    let watch =
        |rule: &Value| ["condition", "threshold", "time_window"].map(|field| rule[field].clone());
    let change = async |body: Value| watch(&put(&server, RULES, &rule, body).await.data());
    assert_eq!(change(json!({"threshold": 60})).await, [json!(OPEN), json!(60), json!("90m")]);
    let literal = change(json!({"condition": "error_rate >= 5 in 1h"})).await;
    assert_eq!(literal, [json!("error_rate >= 5 in 1 hour"), json!(5), json!("1h")]);
    let alone = put(&server, RULES, &rule, json!({"threshold": 6})).await;
    assert_eq!(alone.bad_fields(), ["threshold"]);
    let message = alone.json()["details"]["errors"][0]["message"].clone();
    assert!(message.as_str().unwrap().contains("change the condition as well"), "{message}");
    let both = json!({"condition": "error_rate >= threshold in 1h", "threshold": 6});
    let expected = [json!("error_rate >= threshold in 1 hour"), json!(6), json!("1h")];
    assert_eq!(change(both).await, expected);

    let other = json!({"name": " n ", "notifications": [], "muted_until": null, "cooldown": 0});
    let changed = put(&server, RULES, &rule, other).await.data();
    assert_eq!(watch(&changed), expected);
    assert_eq!((&changed["name"], &changed["notifications"]), (&json!("n"), &json!([])));
    assert_eq!((&changed["muted_until"], &changed["severity"]), (&Value::Null, &json!("high")));
    assert_eq!(changed["created_at"], rule["created_at"]);
    assert_eq!(rule_now(&server, &rule).await, changed);
    server.stop().await;
}

#[tokio::test]
async fn a_rule_is_found_in_its_own_project_only() {
    let server = Server::start().await;
    let body = json!({"name": "r", "condition": LITERAL});
    let ask = |key: &str, query: &str| {
        server.post(&format!("{RULES}{query}")).key(key).json(&body).send()
    };
    let first = made(&ask(ADMIN, "").await);
    let second = made(&ask(ADMIN, "?project_id=2").await);
    let own = made(&ask(ALL_2, "").await);
    let projects = [&first, &second, &own].map(|rule| rule["project_id"].clone());
    assert_eq!(projects, [1, 2, 2]);
    ask(ALL_1, "?project_id=2").await.fails(404, "NOT_FOUND");
    ask(ADMIN, "?project_id=99").await.fails(404, "NOT_FOUND");
    ask(READER, "").await.fails(403, "AUTHORIZATION_ERROR");

    let total = async |key: &str, query: &str| {
        let path = format!("{RULES}{query}");
        server.get(&path).key(key).send().await.data()["total"].clone()
    };
    assert_eq!(total(READER, "").await, 3);
    assert_eq!(total(READER, "?project_id=2").await, 2);
    assert_eq!(total(READER_1, "").await, 1);

    let path = format!("{RULES}/{}", id_of(&second));
    for ask in [server.put(&path).json(&json!({"name": "x"})), server.delete(&path)] {
        ask.key(ALL_1).send().await.fails(404, "NOT_FOUND");
    }
    let named = format!("{path}?project_id=1");
    server.delete(&named).key(ADMIN).send().await.fails(404, "NOT_FOUND");
    server.delete(&format!("{RULES}/x")).key(ADMIN).send().await.fails(400, "INVALID_ID");
    // A key of the installation finds it wherever it is.
    assert_eq!(put(&server, RULES, &second, json!({"name": "x"})).await.data()["project_id"], 2);
    assert_eq!(server.delete(&path).key(ADMIN).send().await.status, 204);
    assert_eq!(server.delete(&path).key(ADMIN).send().await.status, 404);
    assert_eq!(total(READER, "").await, 2);
    server.stop().await;
}

#[tokio::test]
async fn many_rules_are_listed_in_pages_and_bounded() {
    let server = Server::start().await;
    server
        .db
        .execute(
            "INSERT INTO alert_rules (project_id, name, condition, threshold, time_window, enabled,
               notifications, severity, cooldown_seconds, create_incident, created_at)
             SELECT 1 + n % 2, n::text, $1, 50, '5m', true, '{}', 'low', 0, false,
               now() - interval '1 hour' + n * interval '1 ms'
             FROM generate_series(1, 2400) AS n",
            &[&LITERAL],
        )
        .await
        .unwrap();
    let names = async |query: &str| {
        let list = get(&server, &format!("{RULES}{query}")).await;
        let rules = list["rules"].as_array().unwrap().clone();
        let number = |rule: &Value| rule["name"].as_str().unwrap().parse::<i64>().unwrap();
        (rules.iter().map(number).collect::<Vec<_>>(), list["total"].clone())
    };
    let (all, total) = names("").await;
    assert_eq!((all, total), ((1..=1_000).collect(), json!(2_400)));
    assert_eq!(names("?offset=2000").await.0, (2_001..=2_400).collect::<Vec<_>>());
    assert_eq!(names("?limit=2&offset=1199&project_id=1").await, (vec![2_400], json!(1_200)));

    server
        .db
        .execute(
            "INSERT INTO alert_rules (project_id, name, condition, threshold, time_window, enabled,
               notifications, severity, cooldown_seconds, create_incident)
             SELECT 1, 'r', $1, 50, '5m', true, '{}', 'low', 0, false
             FROM generate_series(1, 8800)",
            &[&LITERAL],
        )
        .await
        .unwrap();
    let one_more = post(&server, RULES, json!({"name": "r", "condition": LITERAL})).await;
    one_more.fails(409, "CONFLICT_ERROR");
    server.stop().await;
}

#[tokio::test]
async fn every_change_of_a_rule_leaves_an_entry_and_no_other_does() {
    let server = Server::start().await;
    let rule = make_rule(&server, LITERAL).await;
    let before = version(&server).await;
    let same = put(&server, RULES, &rule, rule.clone()).await.data();
    assert_eq!(same, rule);
    assert_eq!(version(&server).await, before);
    put(&server, RULES, &rule, json!({"condition": LITERAL.replace("50", "60")})).await.data();
    assert_eq!(version(&server).await, before + 1);
    server.delete(&format!("{RULES}/{}", id_of(&rule))).key(ADMIN).send().await;
    assert_eq!(version(&server).await, before + 2);

    let entries = get(&server, "/api/settings/audit?target=rule").await["entries"].clone();
    let actions: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["rule.deleted", "rule.updated", "rule.created"]);
    let changes = json!({
        "condition": {"from": LITERAL, "to": "error_count > 60 in 5 minutes"},
        "threshold": {"from": 50.0, "to": 60.0},
    });
    assert_eq!(entries[1]["changes"], changes);
    assert_eq!(entries[2]["changes"]["notifications"]["to"], json!(["email", "slack"]));
    server.stop().await;
}

#[tokio::test]
async fn the_state_tells_what_a_rule_does() {
    let server = Server::start().await;
    let rule = make_rule(&server, "error_count > 50 in 5m per error").await;
    let state = async |change: Value| {
        let shown = put(&server, RULES, &rule, change).await.data();
        (shown["state"].as_str().unwrap().to_owned(), shown["firing_count"].as_i64().unwrap())
    };
    assert_eq!(state(json!({})).await, ("ok".to_owned(), 0));
    let muted = json!({"muted_until": "2099-01-01T00:00:00.123456Z"});
    assert_eq!(state(muted).await, ("muted".to_owned(), 0));
    for error in [1, 2] {
        Fired::of(&rule).about(error).store(&server).await;
    }
    assert_eq!(state(json!({})).await, ("firing".to_owned(), 2));
    let past = json!({"muted_until": "2020-01-01T00:00:00Z"});
    assert_eq!(state(past).await, ("firing".to_owned(), 2));
    assert_eq!(state(json!({"enabled": false})).await, ("disabled".to_owned(), 0));
    assert_eq!(state(json!({"enabled": true, "muted_until": null})).await, ("ok".to_owned(), 0));
    server.stop().await;
}
