//! Incidents: opened, changed, resolved, and their history.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Fired, INCIDENTS, LITERAL, get, id_of, made, make_incident, make_rule, post, put};
use crate::support::{ADMIN, ALL_1, ALL_2, READER_1, Server};

async fn shown(server: &Server, incident: &Value) -> Value {
    get(server, &format!("{INCIDENTS}/{}", id_of(incident))).await
}

fn kinds(shown: &Value) -> Vec<&str> {
    let history = shown["history"].as_array().unwrap().iter();
    history.map(|entry| entry["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_incident_is_opened_as_the_document_shows() {
    let server = Server::start().await;
    let body = json!({
        "title": "Database Connection Timeout", "severity": "critical",
        "description": "Multiple database connection timeouts detected", "assigned_to": "user-123",
    });
    let incident = made(&post(&server, INCIDENTS, body.clone()).await);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&incident[field], value, "{field}");
    }
    assert_eq!(
        (&incident["status"], &incident["project_id"]),
        (&json!("investigating"), &json!(1))
    );
    assert_eq!((&incident["rule_id"], &incident["resolved_at"]), (&Value::Null, &Value::Null));
    let bare = make_incident(&server, "t").await;
    assert_eq!((&bare["severity"], &bare["description"]), (&json!("medium"), &Value::Null));
    assert_eq!(get(&server, INCIDENTS).await["incidents"], json!([bare, incident]));
    let shown = shown(&server, &incident).await;
    assert_eq!((kinds(&shown), &shown["firings"]), (vec!["opened"], &json!([])));
    assert_eq!(shown["history"][0]["actor"], "Development");
    let over = json!({"title": "t", "status": "resolved"});
    assert!(made(&post(&server, INCIDENTS, over).await)["resolved_at"].is_string());
    server.stop().await;
}

#[tokio::test]
async fn given_fields_change_and_the_history_says_so() {
    let server = Server::start().await;
    let body = json!({"title": "t", "description": "d", "assigned_to": "ann"});
    let incident = made(&post(&server, INCIDENTS, body).await);
    let same = put(&server, INCIDENTS, &incident, incident.clone()).await.data();
    assert_eq!(same, incident);
    let change = async |body: Value| put(&server, INCIDENTS, &incident, body).await.data();
    let assigned = change(json!({"assigned_to": null, "severity": "high"})).await;
    assert_eq!((&assigned["assigned_to"], &assigned["description"]), (&Value::Null, &json!("d")));
    assert_ne!(assigned["updated_at"], incident["updated_at"]);
    let resolved = change(json!({"status": "resolved"})).await;
    assert!(resolved["resolved_at"].is_string());
    let renamed = change(json!({"title": "after the end"})).await;
    assert_eq!(renamed["resolved_at"], resolved["resolved_at"]);
    let reopened = change(json!({"status": "monitoring"})).await;
    assert_eq!(reopened["resolved_at"], Value::Null);

    let shown = shown(&server, &incident).await;
    assert_eq!(kinds(&shown), ["opened", "changed", "resolved", "changed", "changed"]);
    let details = json!({
        "assigned_to": {"from": "ann", "to": null}, "severity": {"from": "medium", "to": "high"},
    });
    assert_eq!(shown["history"][1]["details"], details);
    let details = json!({"status": {"from": "resolved", "to": "monitoring"}});
    assert_eq!(shown["history"][4]["details"], details);
    assert_eq!(server.number("SELECT count(*) FROM audit_entries").await, 0);
    server.stop().await;
}

#[tokio::test]
async fn every_bad_field_of_an_incident_is_named() {
    let server = Server::start().await;
    let incident = make_incident(&server, "t").await;
    let bad = json!({"title": "a\nb", "severity": 1, "status": "closed", "description": [],
        "assigned_to": "x".repeat(201)});
    let named = ["assigned_to", "description", "severity", "status", "title"];
    assert_eq!(post(&server, INCIDENTS, bad.clone()).await.bad_fields(), named);
    assert_eq!(put(&server, INCIDENTS, &incident, bad).await.bad_fields(), named);
    assert_eq!(post(&server, INCIDENTS, json!({})).await.bad_fields(), ["title"]);
    for (query, field) in [
        ("limit=1001", "limit"),
        ("cursor=x", "cursor"),
        ("status=open", "status"),
        ("severity=low,urgent", "severity"),
    ] {
        let answer = server.get(&format!("{INCIDENTS}?{query}")).key(ADMIN).send().await;
        assert_eq!(answer.bad_fields(), [field], "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_rule_has_one_open_incident_at_a_time() {
    let server = Server::start().await;
    let rule = make_rule(&server, LITERAL).await;
    let (old, new) = (Uuid::now_v7(), Uuid::now_v7());
    let rule_id: Uuid = id_of(&rule).parse().unwrap();
    for (id, status) in [(old, "resolved"), (new, "investigating")] {
        server
            .db
            .execute(
                "INSERT INTO incidents (project_id, incident_id, title, severity, status, rule_id)
                 VALUES (1, $1, 't', 'low', $2, $3)",
                &[&id, &status, &rule_id],
            )
            .await
            .unwrap();
    }
    let [old, new] = [old, new].map(|id| json!({"id": id}));
    let reopen = || put(&server, INCIDENTS, &old, json!({"status": "identified"}));
    reopen().await.fails(409, "CONFLICT_ERROR");
    assert_eq!(shown(&server, &old).await["history"], json!([]));
    put(&server, INCIDENTS, &new, json!({"status": "resolved"})).await.data();
    assert_eq!(reopen().await.data()["rule_id"], rule["id"]);
    server.stop().await;
}

#[tokio::test]
async fn changes_at_once_follow_one_another() {
    let server = Server::start().await;
    let incident = make_incident(&server, "t").await;
    Fired::of(&make_rule(&server, LITERAL).await).in_incident(&incident).store(&server).await;
    let change =
        |number: usize| put(&server, INCIDENTS, &incident, json!({"title": format!("t{number}")}));
    for answer in join_all((0..30).map(change)).await {
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
    let shown = shown(&server, &incident).await;
    let history = shown["history"].as_array().unwrap();
    assert_eq!(history.len(), 31);
    let mut title = json!("t");
    for entry in &history[1..] {
        assert_eq!(entry["details"]["title"]["from"], title);
        title = entry["details"]["title"]["to"].clone();
    }
    assert_eq!(shown["title"], title);
    assert_eq!(shown["firings"][0]["incident_id"], incident["id"]);
    server.stop().await;
}

#[tokio::test]
async fn an_incident_is_found_in_its_own_project_only() {
    let server = Server::start().await;
    let body = json!({"title": "theirs"});
    let theirs = made(&server.post(INCIDENTS).key(ALL_2).json(&body).send().await);
    let mine = make_incident(&server, "mine").await;
    let path = format!("{INCIDENTS}/{}", id_of(&theirs));
    server.get(&path).key(READER_1).send().await.fails(404, "NOT_FOUND");
    let change = server.put(&path).key(ALL_1).json(&json!({"title": "x"}));
    change.send().await.fails(404, "NOT_FOUND");
    let none = server.put(&path).key(ADMIN).json(&json!({"title": "theirs"})).send().await;
    assert_eq!(none.data()["project_id"], 2);
    let own = server.get(INCIDENTS).key(READER_1).send().await.data();
    assert_eq!(own["incidents"], json!([mine]));
    server.delete(&path).key(ADMIN).send().await.fails(405, "METHOD_NOT_ALLOWED");
    server.stop().await;
}

#[tokio::test]
async fn incidents_are_filtered_and_read_in_pages() {
    let server = Server::start().await;
    for (title, severity, status) in [
        ("a", "low", "resolved"),
        ("b", "high", "investigating"),
        ("c", "high", "resolved"),
        ("d", "critical", "monitoring"),
    ] {
        let body = json!({"title": title, "severity": severity, "status": status});
        made(&post(&server, INCIDENTS, body).await);
    }
    let titles = async |query: &str| {
        let page = get(&server, &format!("{INCIDENTS}?{query}")).await;
        let rows = page["incidents"].as_array().unwrap().iter();
        let titles = rows.map(|row| row["title"].as_str().unwrap()).collect::<String>();
        (titles, page["next_cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(titles("").await, ("dcba".to_owned(), None));
    assert_eq!(titles("status=resolved").await.0, "ca");
    assert_eq!(titles("status=investigating,monitoring&severity=critical,high").await.0, "db");
    let (first, cursor) = titles("limit=3").await;
    make_incident(&server, "e").await;
    let rest = titles(&format!("limit=3&cursor={}", cursor.unwrap())).await;
    assert_eq!((first.as_str(), rest), ("dcb", ("a".to_owned(), None)));
    server.stop().await;
}
