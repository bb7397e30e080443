//! Lists of firings and of what was told: filters, pages, and whose they are.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::seed::error_name;
use super::{DELIVERIES, FIRINGS, Fired, LITERAL, RULES, Told, get, id_of, made, make_rule};
use crate::support::{ADMIN, READER_1, Server};

/// The texts of a field of what a list answers.
async fn column(server: &Server, path: &str, list: &str, field: &str) -> Vec<String> {
    let page = get(server, path).await;
    let rows = page[list].as_array().unwrap().iter();
    rows.map(|row| row[field].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn firings_are_filtered() {
    let server = Server::start().await;
    let rule = make_rule(&server, LITERAL).await;
    let other = server.post(&format!("{RULES}?project_id=2")).key(ADMIN);
    let other = made(&other.json(&json!({"name": "o", "condition": LITERAL})).send().await);
    let first = Fired::of(&rule).ended().store(&server).await;
    let second = Fired::of(&rule).about(7).store(&server).await;
    let third = Fired::of(&other).about(7).store(&server).await;
    let ids =
        async |query: &str| column(&server, &format!("{FIRINGS}{query}"), "firings", "id").await;
    let [first, second, third] = [first, second, third].map(|id| id.to_string());
    assert_eq!(ids("").await, [&*third, &*second, &*first]);
    assert_eq!(ids(&format!("?rule_id={}", id_of(&rule))).await, [&*second, &*first]);
    assert_eq!(ids(&format!("?error_id={}", error_name(7))).await, [&*third, &*second]);
    assert_eq!(ids("?state=firing").await, [&*third, &*second]);
    assert_eq!(ids("?state=ended").await, [&*first]);
    assert_eq!(ids("?project_id=1&state=firing").await, [&*second]);
    let own = server.get(FIRINGS).key(READER_1).send().await.data();
    assert_eq!(own["firings"].as_array().unwrap().len(), 2);

    let shown = get(&server, FIRINGS).await["firings"][2].clone();
    let at = shown["started_at"].as_str().unwrap();
    assert_eq!(ids(&format!("?since={at}")).await.len(), 3);
    assert_eq!(ids(&format!("?until={at}")).await.len(), 0);
    assert_eq!((&shown["value"], &shown["threshold"]), (&json!(73.5), &json!(50)));
    assert_eq!((&shown["error_id"], &shown["state"]), (&Value::Null, &json!("ended")));
    for (query, field) in [
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
        ("rule_id=x", "rule_id"),
        ("error_id=x", "error_id"),
        ("state=ok", "state"),
        ("since=noon", "since"),
        ("until=noon", "until"),
    ] {
        let answer = server.get(&format!("{FIRINGS}?{query}")).key(ADMIN).send().await;
        assert_eq!(answer.bad_fields(), [field], "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_firing_shows_what_was_told_of_it() {
    let server = Server::start().await;
    let rule = make_rule(&server, LITERAL).await;
    let fired = Fired::of(&rule).store(&server).await;
    let sent =
        Told::of(&rule, Some(fired)).through("email", "delivered").through("slack", "failed");
    let sent = sent.store(&server).await;
    let digest = Told::of(&rule, None).through("email", "pending").store(&server).await;
    Told::of(&rule, Some(fired)).in_digest(digest).store(&server).await;
    let held = Told::of(&rule, Some(fired)).held().store(&server).await;
    let told = get(&server, FIRINGS).await["firings"][0]["deliveries"].clone();
    let line = |id, kind: &str, channel: &str, status: &str| json!({"delivery_id": id, "kind": kind, "channel": channel, "status": status});
    let expected = json!([
        line(sent, "fired", "email", "delivered"),
        line(sent, "fired", "slack", "failed"),
        line(digest, "digest", "email", "pending"),
        line(held, "fired", "email", "held"),
    ]);
    assert_eq!(told, expected);
    server.stop().await;
}

#[tokio::test]
async fn deliveries_are_filtered_and_what_failed_is_visible() {
    let server = Server::start().await;
    let (rule, other) = (make_rule(&server, LITERAL).await, make_rule(&server, LITERAL).await);
    let fired = Fired::of(&rule).store(&server).await;
    let told =
        Told::of(&rule, Some(fired)).through("email", "delivered").through("slack", "failed");
    let told = told.store(&server).await;
    let digest = Told::of(&other, None).through("email", "pending").store(&server).await;
    Told::of(&rule, Some(fired)).held().store(&server).await;
    let channels = async |query: &str| {
        column(&server, &format!("{DELIVERIES}{query}"), "deliveries", "channel").await
    };
    // Newest first: the digest, then both channels of the firing.
    assert_eq!(channels("").await, ["email", "slack", "email"]);
    assert_eq!(channels("?status=failed").await, ["slack"]);
    assert_eq!(channels("?channel=email").await, ["email", "email"]);
    assert_eq!(channels(&format!("?rule_id={}", id_of(&rule))).await, ["slack", "email"]);
    assert_eq!(channels("?status=delivered&channel=sms").await, Vec::<String>::new());
    assert_eq!(channels("?project_id=2").await, Vec::<String>::new());

    let page = get(&server, DELIVERIES).await;
    let (first, failed) = (&page["deliveries"][0], &page["deliveries"][1]);
    assert_eq!(first["delivery_id"], json!(digest));
    assert_eq!((&first["firing_id"], &first["title"]), (&Value::Null, &json!("r")));
    assert!(first["next_attempt_at"].is_string() && first["finished_at"].is_null());
    assert_eq!(failed["delivery_id"], json!(told));
    assert_eq!((&failed["firing_id"], &failed["title"]), (&json!(fired), &json!("it broke")));
    assert_eq!(
        (&failed["last_error"], &failed["attempts"]),
        (&json!("it answered 404"), &json!(2))
    );
    assert!(failed["next_attempt_at"].is_null() && failed["finished_at"].is_string());
    for (query, field) in [
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("rule_id=x", "rule_id"),
        ("status=lost", "status"),
        ("channel=pager", "channel"),
    ] {
        let answer = server.get(&format!("{DELIVERIES}?{query}")).key(ADMIN).send().await;
        assert_eq!(answer.bad_fields(), [field], "{query}");
    }
    server.stop().await;
}

/// Reads all pages, each after something new has arrived.
async fn paged(server: &Server, path: &str, list: &str, arrive: impl AsyncFn()) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(server, &format!("{path}?limit=3&cursor={cursor}")).await;
        rows.extend(page[list].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { return rows };
        next.clone_into(&mut cursor);
        arrive().await;
    }
}

#[tokio::test]
async fn pages_hold_each_row_once_while_others_arrive() {
    let server = Server::start().await;
    let rule = make_rule(&server, "error_count > 50 in 5m per error").await;
    for error in 1..=9 {
        let fired = Fired::of(&rule).about(error).store(&server).await;
        let told = Told::of(&rule, Some(fired)).through("email", "pending");
        told.through("slack", "pending").through("sms", "failed").store(&server).await;
    }
    let before = get(&server, FIRINGS).await["firings"].as_array().unwrap().clone();
    let arrive = async || {
        let fired = Fired::of(&rule).ended().store(&server).await;
        Told::of(&rule, Some(fired)).through("webhook", "pending").store(&server).await;
    };
    assert_eq!(paged(&server, FIRINGS, "firings", arrive).await, before);

    let before = get(&server, &format!("{DELIVERIES}?limit=100")).await["deliveries"].clone();
    let pages = paged(&server, DELIVERIES, "deliveries", arrive).await;
    assert_eq!(pages, *before.as_array().unwrap());
    let different: HashSet<String> =
        pages.iter().map(|row| format!("{} {}", row["delivery_id"], row["channel"])).collect();
    assert_eq!(different.len(), pages.len());
    server.stop().await;
}
