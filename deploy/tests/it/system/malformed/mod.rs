//! Requests that something is wrong with: each is answered with its status, its code and the field, in
//! bounded memory; nothing of them reaches the worker, and nothing panics.

pub(super) mod exchange;
mod memory;
pub(super) mod row;
mod table;

use std::collections::BTreeSet;

use deploy::services::Service;
use futures_util::future::join_all;

use self::exchange::Answer;
use self::memory::Watch;
use self::row::{Cost, Expected, Row};
use super::client::{Client, System, database_client};

#[tokio::test]
async fn bad_requests_are_refused_in_bounded_memory_and_reach_nobody() {
    let system = System::start().await;
    let pid = system.services.pid(Service::Ingest).unwrap();
    let address = address(&system.services.url(Service::Ingest));
    let rows = table::rows();
    let slow = || table::slow_bodies().into_iter().chain(table::slow_heads()).collect::<Vec<_>>();
    let (mut faults, mut report, mut accepted) = (Vec::new(), Vec::new(), BTreeSet::new());

    let (first, mut highest) = (Watch::over(pid), 0);
    // The slow ones wait beside the others and cost next to nothing.
    let waiting = shared::lifecycle::spawn(all_at_once(address.clone(), slow()));
    for row in &rows {
        let watch = Watch::over(pid);
        let answer = exchange::send(&address, row).await;
        let peak = watch.peak();
        highest = highest.max(watch.peak_since(first));
        report.push(line(row, &answer, peak));
        faults.extend(check(row, &answer));
        if peak > row.cost.kib() {
            faults.push(format!("{}: cost {peak} KiB, not {}", row.name, row.cost.kib()));
        }
        accepted.extend(event_ids(&answer));
    }
    for (row, answer) in waiting.await.unwrap() {
        report.push(line(&row, &answer, 0));
        faults.extend(check(&row, &answer));
    }
    report.push(format!("the highest peak above the start: {highest} KiB"));
    write_down(&report);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // The dearest row, and what the allocator has kept of the others: they leave nothing that adds up.
    assert!(highest <= Cost::Mended.kib() + 2 * Cost::Body.kib(), "{highest} KiB");

    let stored = rows.iter().map(|row| row.expected.stored()).sum();
    assert_eq!(i64::try_from(accepted.len()).unwrap(), stored);
    only_these_arrived(&system, stored, &accepted).await;
    let invalid: u64 = rows.iter().chain(&slow()).map(|row| row.expected.invalid()).sum();
    let metrics = Client::new(system.services.url(Service::Ingest)).text("/metrics").await;
    assert_eq!(counted(&metrics, "invalid"), invalid);
    unharmed(&system, Service::Ingest, pid);
    system.stop().await;
}

#[tokio::test]
async fn through_the_edge_they_are_answered_alike() {
    let system = System::start().await;
    let pid = system.services.pid(Service::Ingest).unwrap();
    let address = address(&system.services.edge_url());
    let rows = table::through_the_edge();
    let waiting = shared::lifecycle::spawn(all_at_once(address.clone(), table::slow_bodies()));
    let (mut faults, mut accepted) = (Vec::new(), BTreeSet::new());
    for row in &rows {
        let answer = exchange::send(&address, row).await;
        faults.extend(check(row, &answer));
        accepted.extend(event_ids(&answer));
    }
    for (row, answer) in waiting.await.unwrap() {
        faults.extend(check(&row, &answer));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let stored = rows.iter().map(|row| row.expected.stored()).sum();
    only_these_arrived(&system, stored, &accepted).await;
    unharmed(&system, Service::Ingest, pid);
    system.stop().await;
}

#[tokio::test]
async fn bad_reads_and_changes_are_refused_in_bounded_memory() {
    let system = System::start().await;
    let pid = system.services.pid(Service::QueryApi).unwrap();
    let address = address(&system.services.url(Service::QueryApi));
    let (mut faults, mut report) = (Vec::new(), Vec::new());
    for row in table::reads() {
        let watch = Watch::over(pid);
        let answer = exchange::send(&address, &row).await;
        let peak = watch.peak();
        report.push(line(&row, &answer, peak));
        faults.extend(check(&row, &answer));
        if peak > row.cost.kib() {
            faults.push(format!("{}: cost {peak} KiB, not {}", row.name, row.cost.kib()));
        }
    }
    write_down(&report);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    unharmed(&system, Service::QueryApi, pid);
    system.stop().await;
}

#[tokio::test]
async fn every_service_refuses_what_is_no_http() {
    let system = System::start().await;
    for service in Service::ALL {
        let address = address(&system.services.url(service));
        for row in table::garbage() {
            let faults = check(&row, &exchange::send(&address, &row).await);
            assert!(faults.is_empty(), "{service}: {faults:?}");
        }
    }
    system.stop().await;
}

fn address(url: &str) -> String {
    url.replace("http://", "")
}

async fn all_at_once(address: String, rows: Vec<Row>) -> Vec<(Row, Answer)> {
    join_all(rows.into_iter().map(async |row| {
        let answer = exchange::send(&address, &row).await;
        (row, answer)
    }))
    .await
}

/// What is wrong with an answer.
fn check(row: &Row, answer: &Answer) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |what: &str, is: Option<&str>, should: Option<&str>| {
        if is != should {
            faults.push(format!("{}: {what} is {is:?}, not {should:?}: {answer:?}", row.name));
        }
    };
    let status = answer.status.to_string();
    expect("status", Some(&status), Some(&row.expected.status().to_string()));
    let body = &answer.body;
    match row.expected {
        Expected::Stored => expect("form", body["status"].as_str(), Some("success")),
        Expected::Batch { accepted, codes } => {
            expect(
                "accepted",
                Some(&body["data"]["accepted"].to_string()),
                Some(&accepted.to_string()),
            );
            let results = body["data"]["results"].as_array().into_iter().flatten();
            let found: Vec<&str> = results.filter_map(|result| result["code"].as_str()).collect();
            expect("codes", Some(&found.join(" ")), Some(&codes.join(" ")));
        }
        Expected::Refused { code, field, .. } | Expected::NoEvent { code, field, .. } => {
            expect("code", body["code"].as_str(), Some(code));
            expect("field", body["details"]["errors"][0]["field"].as_str(), field);
            expect("form", body["status"].as_str(), Some("error"));
            expect("type", answer.header("content-type"), Some("application/json"));
            expect("request id", body["request_id"].as_str(), answer.header("x-request-id"));
            let whole = body["error"].is_string() && body["details"].is_object();
            expect("sentence and details", whole.then_some("there"), Some("there"));
            let is_retry = answer.status != 405 || answer.header("allow").is_some();
            expect("Allow", is_retry.then_some("there"), Some("there"));
        }
    }
    faults
}

/// The ids under which the answer's events were taken.
fn event_ids(answer: &Answer) -> Vec<uuid::Uuid> {
    let data = &answer.body["data"];
    let results = data["results"].as_array().map_or(std::slice::from_ref(data), Vec::as_slice);
    results.iter().filter_map(|item| item["event_id"].as_str()?.parse().ok()).collect()
}

/// The worker stored what was accepted, and nothing else was ever published for it.
async fn only_these_arrived(system: &System, stored: i64, accepted: &BTreeSet<uuid::Uuid>) {
    system.drained(stored).await.assert_all(stored);
    let database = database_client(&system.sandbox.database_url()).await;
    let rows = database.query("SELECT event_id FROM events", &[]).await.unwrap();
    let found: BTreeSet<uuid::Uuid> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(&found, accepted);
    let metrics = Client::new(system.services.url(Service::Ingest)).text("/metrics").await;
    assert_eq!(counted(&metrics, "accepted"), accepted.len() as u64);
    let metrics = Client::new(system.services.url(Service::Worker)).text("/metrics").await;
    assert_eq!(counted(&metrics, "stored"), accepted.len() as u64);
    assert_eq!(counted(&metrics, "dead_lettered"), 0);
}

/// The events that a service counts under an outcome.
fn counted(metrics: &str, outcome: &str) -> u64 {
    let wanted = format!("outcome=\"{outcome}\"");
    let lines = metrics.lines().filter(|line| line.starts_with("errata_events_total{"));
    let counts = lines.filter(|line| line.contains(&wanted));
    counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

/// The same process still runs, and none has panicked.
fn unharmed(system: &System, service: Service, pid: i32) {
    assert_eq!(system.services.pid(service), Some(pid));
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists());
    for service in Service::ALL {
        let log = std::fs::read_to_string(system.services.log(service)).unwrap();
        assert!(!log.contains("panicked"), "{service}: {log}");
    }
}

/// One line of the table as people read it.
fn line(row: &Row, answer: &Answer, peak: u64) -> String {
    let code = answer.body["code"].as_str().unwrap_or("-");
    let field = answer.body["details"]["errors"][0]["field"].as_str().unwrap_or("-");
    format!("{:<60} {:>3} {code:<22} {field:<16} {peak:>7}", row.name, answer.status)
}

#[expect(clippy::print_stdout, reason = "the table is for people: run with --no-capture")]
fn write_down(report: &[String]) {
    println!("{:<60} {:>3} {:<22} {:<16} {:>7}", "request", "", "code", "field", "KiB");
    for line in report {
        println!("{line}");
    }
}
