//! What the edge answers when a service can't: it knows no cause, so it tells none, and it is the same
//! in every environment.

use std::time::Duration;

use deploy::services::Service;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::super::client::database_client;
use super::super::malformed::row::Ask;
use super::{Place, check};
use crate::processes::soon;

#[tokio::test]
async fn the_edge_answers_for_services_that_can_not() {
    let mut place = Place::start("development").await;
    killed_in_the_middle(&mut place).await;
    let ingest = || Ask::error("{}").set("X-API-Key", "test-api-key");

    // A process that hangs: the kernel still takes connections for it.
    let pid = Pid::from_raw(place.system.services.pid(Service::Ingest).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    let hanging = place.ask(None, "hangs", ingest()).await;
    kill_process(pid, Signal::CONT).unwrap();
    check("hangs", &hanging, 504, "SERVICE_UNAVAILABLE");
    assert_eq!(hanging.body["details"], json!({}));

    place.system.services.kill(Service::Ingest).await;
    let stopped = place.ask(None, "stopped", ingest()).await;
    check("stopped", &stopped, 503, "SERVICE_UNAVAILABLE");
    assert_eq!(stopped.body["details"], json!({}));
    assert_eq!(stopped.header("access-control-allow-origin"), None);
    let door = place.ask(None, "door", Ask::new("POST /api/1/envelope/", "{}")).await;
    check("door", &door, 503, "SERVICE_UNAVAILABLE");
    assert_eq!(door.header("access-control-allow-origin"), Some("*"));
    assert!(door.header("access-control-expose-headers").unwrap().contains("retry-after"));

    let log = place.system.services.folder().join("log/edge.log");
    for (name, status) in [("killed", " 502 "), ("hangs", " 504 "), ("stopped", " 503 ")] {
        let is_logged = || {
            let log = std::fs::read_to_string(&log).unwrap();
            log.lines().any(|line| line.ends_with(name) && line.contains(status))
        };
        soon(name, is_logged).await;
    }
    place.system.stop().await;
}

/// The query API is killed while it waits for a table that the test has locked.
async fn killed_in_the_middle(place: &mut Place) {
    let database = database_client(&place.system.sandbox.database_url()).await;
    database.batch_execute("BEGIN; LOCK TABLE error_stats").await.unwrap();
    let pid = Pid::from_raw(place.system.services.pid(Service::QueryApi).unwrap()).unwrap();
    let asking = place.ask(
        None,
        "killed",
        Ask::new("GET /api/errors", "").set("X-API-Key", place.reader.as_str()),
    );
    let killing = async {
        let sql = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while database.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        kill_process(pid, Signal::KILL).unwrap();
    };
    let (answer, ()) = tokio::join!(asking, killing);
    database.batch_execute("ROLLBACK").await.unwrap();
    check("killed", &answer, 502, "EXTERNAL_SERVICE_ERROR");
    assert_eq!(answer.body["details"], json!({"service": "query-api"}));
}
