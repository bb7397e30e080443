//! `GET /api/monitoring/ledger`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::support::{ADMIN, READER, READER_1, Server};

const LEDGER: &str = "/api/monitoring/ledger";

/// Writes a row as ingest or the worker would.
async fn write(
    server: &Server,
    (project, hour, instance): (i32, DateTime<Utc>, Uuid),
    (outcome, reason, events): (&str, &str, i64),
) {
    let sql = "INSERT INTO ledger (project_id, hour, instance, outcome, reason, events)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&project, &hour, &instance, &outcome, &reason, &events];
    server.db.execute(sql, &values).await.unwrap();
}

fn hour(hours_ago: i64) -> DateTime<Utc> {
    shared::ledger::hour(shared::time::now()) - TimeDelta::hours(hours_ago)
}

#[tokio::test]
async fn accepted_is_what_was_reported_or_what_arrived() {
    let server = Server::start().await;
    let (sound, killed, queued) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    for row in [
        ((1, hour(1), sound), ("accepted", "events", 10)),
        ((1, hour(1), sound), ("stored", "", 7)),
        ((1, hour(1), sound), ("counted_only", "error_budget", 2)),
        ((1, hour(1), sound), ("deduplicated", "", 1)),
        ((1, hour(1), sound), ("invalid", "VALIDATION_ERROR", 4)),
        // Killed before it could report its last three.
        ((1, hour(1), killed), ("accepted", "events", 2)),
        ((1, hour(1), killed), ("stored", "", 5)),
        // Five of these are on their way. What the killed one lacks must not hide them.
        ((1, hour(1), queued), ("accepted", "events.bulk", 6)),
        ((1, hour(1), queued), ("stored", "", 1)),
        // An outcome that a later version writes.
        ((1, hour(1), queued), ("teleported", "", 1)),
        ((2, hour(0), sound), ("rate_limited", "RATE_LIMITED", 3)),
        ((0, hour(0), sound), ("invalid", "AUTHENTICATION_ERROR", 9)),
        ((1, hour(40), sound), ("accepted", "events", 1)),
        // Of a project that has been deleted since.
        ((77, hour(0), sound), ("accepted", "events", 2)),
        ((77, hour(0), sound), ("filtered", "project_deleted", 2)),
    ] {
        write(&server, row.0, row.1).await;
    }
    let data = server.get(LEDGER).key(READER).send().await.data();
    let hours = data["hours"].as_array().unwrap();
    let of = |project: serde_json::Value| {
        hours.iter().find(|hour| hour["project_id"] == project).unwrap()
    };
    assert_eq!(hours.len(), 4);
    assert_eq!(of(json!(77))["filtered"], 2);
    let first = of(json!(1));
    for (field, events) in [
        ("accepted", 21),
        ("stored", 13),
        ("counted_only", 2),
        ("deduplicated", 1),
        ("filtered", 0),
        ("dead_lettered", 0),
        ("pending", 5),
        ("invalid", 4),
    ] {
        assert_eq!(first[field], events, "{field}");
    }
    assert_eq!(
        first["reasons"],
        json!([
            {"outcome": "counted_only", "reason": "error_budget", "events": 2},
            {"outcome": "invalid", "reason": "VALIDATION_ERROR", "events": 4},
        ])
    );
    assert_eq!(of(json!(2))["rate_limited"], 3);
    assert_eq!(of(json!(null))["invalid"], 9);
    let totals = &data["totals"];
    assert_eq!((&totals["accepted"], &totals["invalid"]), (&json!(23), &json!(13)));
    assert_eq!(data["truncated"], false);

    let one = server.get(&format!("{LEDGER}?project_id=2")).key(READER).send().await.data();
    assert_eq!(one["hours"].as_array().unwrap().len(), 1);
    let all = server.get(&format!("{LEDGER}?since={}", hour(50).format("%FT%TZ")));
    assert_eq!(all.key(READER).send().await.data()["totals"]["accepted"], 24);
    let newest = server.get(&format!("{LEDGER}?limit=3")).key(READER).send().await.data();
    assert_eq!((&newest["truncated"], &newest["totals"]["stored"]), (&json!(true), &json!(0)));
    server.stop().await;
}

#[tokio::test]
async fn the_ledger_belongs_to_the_installation() {
    let server = Server::start().await;
    assert_eq!(server.get(LEDGER).send().await.status, 401);
    assert_eq!(server.get(LEDGER).key(READER_1).send().await.status, 403);
    let empty = server.get(LEDGER).key(ADMIN).send().await.data();
    assert_eq!((&empty["hours"], &empty["totals"]["accepted"]), (&json!([]), &json!(0)));
    server.stop().await;
}

#[tokio::test]
async fn a_range_that_makes_no_sense_is_refused() {
    let server = Server::start().await;
    for (query, field) in [
        ("since=2025-01-01T00:00:00Z", "since"),
        ("since=2025-01-02T00:00:00Z&until=2025-01-01T00:00:00Z", "since"),
        ("until=yesterday", "until"),
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("project_id=x", "project_id"),
    ] {
        let answer = server.get(&format!("{LEDGER}?{query}")).key(READER).send().await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["details"]["errors"][0]["field"], field, "{query}");
    }
    server.stop().await;
}
