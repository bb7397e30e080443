//! A project's own rules, from the setting to the events that they name or discard, and errors that are merged
//! while their events come.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::client::{Answer, Client, System};

/// Posts an error until its id is, or is not, the given one: ingest polls for rules.
async fn until_named(client: &Client, body: &Value, fits: impl Fn(&Value) -> bool) -> (Value, i64) {
    let mut posted = 0;
    let named = async {
        loop {
            let error = client.report(body.clone()).await;
            posted += 1;
            if fits(&error["id"]) {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(10), named).await.unwrap();
    (error, posted)
}

async fn ledger(client: &Client) -> Value {
    client.get("/api/monitoring/ledger").await.data()["totals"].clone()
}

fn path(error: &Value, rest: &str) -> String {
    format!("/api/errors/{}{rest}", error["id"].as_str().unwrap())
}

async fn set_rules(client: &Client, rules: Value) -> Answer {
    let answer = client.put("/api/projects/1", &rules).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer
}

#[tokio::test]
async fn rules_name_and_discard_what_comes_through_every_door() {
    let mut system = System::start().await;
    let first = json!({"message": "query one is slow", "source": "rules"});
    let second = json!({"message": "lookup two is slow", "source": "rules"});
    let before = system.client.report(first.clone()).await;
    let rules = json!({
        "grouping_rules": "message:\"*is slow\" -> fingerprint(\"slow\")",
        "discard_rules": "message:noise -> discard # nobody reads it",
    });
    set_rules(&system.client, rules).await;
    let (named, posted) = until_named(&system.client, &first, |id| *id != before["id"]).await;
    let other = system.client.report(second.clone()).await;
    assert_eq!(other["id"], named["id"]);
    // The id that was answered leads to the error, and the one of before to the one of before.
    let read = system.client.get(&path(&named, "")).await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.body);
    let old = system.client.get(&path(&before, "")).await;
    assert_eq!(old.data()["count"], posted);
    let told = system.client.get(&path(&named, "/grouping")).await;
    let explanation = &told.data()["explanation"];
    assert_eq!(
        (&explanation["decided_by"], &explanation["is_current"]),
        (&json!("rule"), &json!(true))
    );

    // Discarded: answered like any other, and not kept. One by one, in a batch, and from an SDK.
    let noise = json!({"message": "noise", "source": "rules"});
    let answered = system.client.report(noise.clone()).await;
    assert!(answered["id"].is_string() && answered["event_id"].is_string());
    let batch = json!([noise, {"message": "kept", "source": "rules"}, noise]);
    let batch = system.client.post("/api/errors/batch", &batch).await;
    assert_eq!((&batch.data()["accepted"], &batch.data()["rejected"]), (&json!(3), &json!(0)));
    let projects = system.client.get("/api/projects").await;
    let dsn = projects.data()["projects"][0]["dsn"].as_str().unwrap().to_owned();
    let key = dsn.split("://").nth(1).unwrap().split('@').next().unwrap().to_owned();
    let event = json!({"event_id": "0".repeat(31) + "1", "message": "noise"});
    let door = format!("/api/1/store/?sentry_key={key}");
    let sent = system.client.with_key(None).post(&door, &event).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);

    let kept = posted + 3;
    system.drained(kept).await.assert_all(kept);
    system.services.terminate(deploy::services::Service::Ingest).await;
    let totals = ledger(&system.client).await;
    let count = |of: &str| totals[of].as_i64().unwrap();
    assert_eq!((count("accepted"), count("filtered")), (kept + 4, 4), "{totals}");
    assert_eq!((count("stored"), count("pending")), (kept, 0), "{totals}");
    let reasons = totals["reasons"].as_array().unwrap();
    let by_rule = |it: &&Value| it["outcome"] == "filtered" && it["reason"] == "discard_rule";
    assert_eq!(reasons.iter().find(by_rule).unwrap()["events"], 4, "{reasons:?}");
    system.stop().await;
}

#[tokio::test]
async fn events_of_merged_errors_count_together_while_they_come() {
    let system = System::start().await;
    let bodies = ["left side fails", "right side fails"]
        .map(|message| json!({"message": message, "source": "merging"}));
    let [left, right] = [
        system.client.report(bodies[0].clone()).await,
        system.client.report(bodies[1].clone()).await,
    ];
    assert_ne!(left["id"], right["id"]);
    system.drained(2).await;
    let sending = async {
        for _ in 0..20 {
            system
                .client
                .post("/api/errors/batch", &json!([bodies[0], bodies[1], bodies[1]]))
                .await;
        }
    };
    let merge = json!({"into": left["id"], "ids": [right["id"]]});
    let merging = async {
        // Through the edge, which sends other POSTs below this path to ingest.
        let merged = system.client.post("/api/errors/merge", &merge).await;
        assert_eq!(merged.status, StatusCode::OK, "{}", merged.body);
        assert_eq!(merged.data()["fingerprints"], 2);
    };
    tokio::join!(sending, merging);
    system.drained(62).await.assert_all(62);
    for error in [&left, &right] {
        let read = system.client.get(&path(error, "")).await;
        assert_eq!((&read.data()["id"], &read.data()["count"]), (&left["id"], &json!(62)));
    }
    let told = system.client.get(&path(&left, "/grouping")).await;
    let parts = told.data()["fingerprints"].as_array().unwrap();
    let counts: Vec<&Value> = parts.iter().map(|part| &part["count"]).collect();
    assert_eq!(counts, [&json!(21), &json!(41)]);
    let body = json!({"fingerprints": [right["fingerprint"]]});
    let taken = system.client.post(&path(&left, "/unmerge"), &body).await;
    assert_eq!(taken.data()["errors"][0]["count"], 41, "{}", taken.body);
    for (error, count) in [(&left, 21), (&right, 41)] {
        let read = system.client.get(&path(error, "")).await;
        assert_eq!((&read.data()["id"], &read.data()["count"]), (&error["id"], &json!(count)));
    }
    system.stop().await;
}
