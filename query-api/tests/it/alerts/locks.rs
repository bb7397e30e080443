//! Changes of rules at once, and against who evaluates them or stores events.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{LITERAL, OPEN, RULES, get, made, make_rule, post, put, rule_now, version};
use crate::support::{ADMIN, PATIENCE, Server, connect};

/// The class of the advisory locks of projects ("ERRA").
const LOCK_CLASS: i32 = 0x4552_5241;

#[tokio::test]
async fn fifty_rules_at_once_are_all_made_and_counted() {
    let server = Server::start().await;
    let new = |number: usize| {
        let body = json!({"name": format!("r{number}"), "condition": LITERAL});
        post(&server, RULES, body)
    };
    let answers = join_all((0..50).map(new)).await;
    for answer in &answers {
        made(answer);
    }
    assert_eq!(get(&server, RULES).await["total"], 50);
    assert_eq!(version(&server).await, 50);
    server.stop().await;
}

#[tokio::test]
async fn fifty_changes_at_once_leave_an_unbroken_history() {
    let server = Server::start().await;
    let body = json!({"name": "r", "condition": OPEN, "threshold": 1, "time_window": "5m"});
    let rule = made(&post(&server, RULES, body).await);
    let before = version(&server).await;
    let changes =
        (100..150).map(|threshold| put(&server, RULES, &rule, json!({"threshold": threshold})));
    for answer in join_all(changes).await {
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
    assert_eq!(version(&server).await, before + 50);
    let path = "/api/settings/audit?action=rule.updated&limit=100";
    let entries = get(&server, path).await["entries"].as_array().unwrap().clone();
    assert_eq!(entries.len(), 50);
    // Each began where another one ended, and the last one stands.
    let end = |entry: &Value, side: &str| entry["changes"]["threshold"][side].as_f64().unwrap();
    let mut from: Vec<f64> = entries.iter().map(|entry| end(entry, "from")).collect();
    let mut to: Vec<f64> = entries.iter().map(|entry| end(entry, "to")).collect();
    from.push(rule_now(&server, &rule).await["threshold"].as_f64().unwrap());
    to.push(1.0);
    from.sort_by(f64::total_cmp);
    to.sort_by(f64::total_cmp);
    assert_eq!(from, to);
    server.stop().await;
}

/// Waits until a statement of somebody waits for a lock.
async fn until_one_waits(server: &Server) {
    let waits = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = async {
        while server.number(waits).await == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("a change should wait");
}

#[tokio::test]
async fn a_change_waits_for_who_evaluates() {
    let server = Server::start().await;
    let rule = make_rule(&server, LITERAL).await;
    let mut worker = connect(&server.sandbox.database_url()).await;
    let evaluating = worker.transaction().await.unwrap();
    let row = "SELECT 1 FROM alert_evaluations WHERE project_id = 1 FOR UPDATE SKIP LOCKED";
    assert_eq!(evaluating.query(row, &[]).await.unwrap().len(), 1);
    let change = put(&server, RULES, &rule, json!({"enabled": false}));
    let evaluate = async {
        until_one_waits(&server).await;
        assert_eq!(rule_now(&server, &rule).await["enabled"], true);
        evaluating.commit().await.unwrap();
    };
    let (changed, ()) = tokio::join!(change, evaluate);
    assert_eq!(changed.data()["enabled"], false);
    server.stop().await;
}

#[tokio::test]
async fn the_first_rule_waits_for_batches_that_know_of_none() {
    let server = Server::start().await;
    let mut worker = connect(&server.sandbox.database_url()).await;
    for (condition, waits) in [
        (LITERAL, true),
        (LITERAL, false),
        ("users_affected > 5 in 5m", true),
        ("users_affected > 5 in 5m", false),
    ] {
        let storing = worker.transaction().await.unwrap();
        let lock = "SELECT pg_advisory_xact_lock_shared($1, 1)";
        storing.query(lock, &[&LOCK_CLASS]).await.unwrap();
        let store = async {
            if waits {
                until_one_waits(&server).await;
                storing.commit().await.unwrap();
                return None;
            }
            Some(storing)
        };
        let (_, still_storing) = tokio::join!(make_rule(&server, condition), store);
        // Who knows of all that is watched holds nobody up.
        if let Some(storing) = still_storing {
            storing.commit().await.unwrap();
        }
    }
    let counts = "SELECT count(*) FROM alert_evaluations WHERE users_since IS NOT NULL";
    assert_eq!(server.number(counts).await, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_rule_of_a_project_that_is_deleted_is_gone_with_it() {
    let server = Server::start().await;
    let path = format!("{RULES}?project_id=2");
    let body = json!({"name": "r", "condition": LITERAL});
    let new = || server.post(&path).key(ADMIN).json(&body).send();
    made(&new().await);
    let delete = server.delete("/api/projects/2").key(ADMIN).send();
    let (answers, deleted) = tokio::join!(join_all((0..10).map(|_| new())), delete);
    assert_eq!(deleted.status, 204, "{}", deleted.json());
    for answer in &answers {
        assert!(matches!(answer.status, 201 | 404), "{}", answer.json());
    }
    for table in ["alert_rules", "alert_evaluations"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE project_id = 2");
        assert_eq!(server.number(&sql).await, 0, "{table}");
    }
    server.stop().await;
}
