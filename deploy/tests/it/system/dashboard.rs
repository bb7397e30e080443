//! Stories that a browser plays on the dashboard, each on a system of its own. `deploy/tests/dashboard`
//! holds them; they fail on whatever a page complains of, too.

use std::time::Duration;

use tokio::time::timeout;

use super::client::System;
use super::programs::node;

/// No story is longer, on a machine with other work.
const LONGEST: Duration = Duration::from_secs(300);

async fn play(story: &str) {
    let system = System::start().await;
    let mut command = node("dashboard");
    command.arg(format!("{story}.mjs")).kill_on_drop(true);
    command.env("ERRATA_URL", system.services.edge_url()).env("ERRATA_KEY", "test-api-key");
    let status = timeout(LONGEST, command.status()).await.expect("it ends").unwrap();
    assert!(status.success(), "{story}: {status}");
    system.stop().await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn a_newcomer_sees_a_first_error() {
    play("first").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn an_error_is_found_read_and_settled() {
    play("triage").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn a_viewer_is_invited_and_changes_nothing() {
    play("invitation").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn every_page_is_whole_accessible_and_small() {
    play("pages").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn nothing_that_an_event_holds_runs() {
    play("scripts").await;
}
