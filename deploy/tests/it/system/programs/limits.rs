//! SDKs that are told to wait.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::client::System;
use super::program::Program;

/// A limit is one of a minute; SDKs say what they held back within another.
const WAIT: Duration = Duration::from_secs(100);

/// What the usual limits let a key submit in a minute.
const A_MINUTE: i64 = 1_000;

#[tokio::test]
#[ignore = "needs packages of Python and Node.js, and a minute"]
async fn a_limited_sdk_holds_back_errors_alone_and_comes_back() {
    let system = System::start_with(|options| options.set("RATE_LIMITS", "on")).await;
    let python = Program::fastapi(&system).await;
    let node = Program::express(&system).await;
    use_up_the_limit(&system).await;

    // Each is refused once, and told for how long.
    fail(&python, &node).await;
    until(&system, |ledger| part(ledger, "rate_limited", None) == 2).await;
    let others = |ledger: &Value| part(ledger, "discarded", None);
    let before = others(&ledger(&system).await);
    for _ in 0..3 {
        fail(&python, &node).await;
    }
    // What is no error goes on: six requests more were traced.
    until(&system, |ledger| others(ledger) >= before + 6).await;
    assert_eq!(part(&ledger(&system).await, "rate_limited", None), 2);

    // The minute is over, and nobody has told them so.
    let back = async {
        while system.counts().await.counted < A_MINUTE + 2 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            fail(&python, &node).await;
        }
    };
    tokio::time::timeout(WAIT, back).await.expect("they come back");
    assert_eq!(part(&ledger(&system).await, "rate_limited", None), 2);
    let told = |ledger: &Value| part(ledger, "client_discarded", Some("ratelimit_backoff"));
    until(&system, |ledger| told(ledger) >= 6).await;
    node.end().await;
    python.end().await;
    system.stop().await;
}

/// Both fail once. Each answers when it is done with the request, and may still be sending.
async fn fail(python: &Program, node: &Program) {
    assert_eq!(python.get("/orders/average").await, 500);
    assert_eq!(node.get("/carts/7/total").await, 500);
}

async fn use_up_the_limit(system: &System) {
    let dsn = system.services.worker(&["admin", "dsn"]).await.unwrap();
    let key = dsn.split(['/', '@']).nth(2).unwrap();
    let batch = vec![json!({"message": "m", "source": "s"}); A_MINUTE.try_into().unwrap()];
    let answer = system.client.with_key(Some(key)).post("/api/errors/batch", &json!(batch)).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    system.drained(A_MINUTE).await.assert_all(A_MINUTE);
}

/// Waits until the ledger says so.
async fn until(system: &System, is_so: impl Fn(&Value) -> bool) {
    let waiting = async {
        while !is_so(&ledger(system).await) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    if tokio::time::timeout(WAIT, waiting).await.is_err() {
        panic!("{}", ledger(system).await);
    }
}

async fn ledger(system: &System) -> Value {
    system.client.get("/api/monitoring/ledger").await.data()["totals"].clone()
}

/// How many events or items had an outcome, for a reason or any.
fn part(ledger: &Value, outcome: &str, reason: Option<&str>) -> i64 {
    let parts = ledger["reasons"].as_array().unwrap().iter();
    let is_it = |it: &&Value| {
        it["outcome"] == outcome && reason.is_none_or(|reason| it["reason"] == reason)
    };
    parts.filter(is_it).map(|it| it["events"].as_i64().unwrap()).sum()
}
