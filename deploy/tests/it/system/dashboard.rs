//! Stories that a browser plays on the dashboard, each on a system of its own. `deploy/tests/dashboard`
//! holds them; they fail on whatever a page complains of, too.

use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::client::System;
use super::programs::node;

/// No story is longer, on a machine with other work.
const LONGEST: Duration = Duration::from_secs(300);

async fn play(story: &str) {
    let began = shared::time::now().timestamp_millis();
    let system = System::start().await;
    let mut command = script(story);
    command.env("ERRATA_BEGAN", began.to_string());
    command.env("ERRATA_URL", system.services.edge_url()).env("ERRATA_KEY", "test-api-key");
    succeed(command).await;
    system.stop().await;
}

fn script(name: &str) -> Command {
    let mut command = node("dashboard");
    command.arg(format!("{name}.mjs")).kill_on_drop(true);
    command
}

async fn succeed(mut command: Command) {
    let status = timeout(LONGEST, command.status()).await.expect("it ends").unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

#[tokio::test]
#[ignore = "needs Node.js"]
async fn filters_and_conditions_are_read() {
    let mut command = script("units");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../query-api/dashboard");
    command.env("DASHBOARD_SOURCE", source);
    succeed(command).await;
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
async fn a_list_of_ten_thousand_errors_scrolls() {
    play("long").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn errors_are_merged_and_taken_apart() {
    play("merging").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn what_is_written_and_stood_on_stays() {
    play("keeping").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn who_comes_back_finds_what_was_left() {
    play("returning").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn events_are_followed_from_any_of_them() {
    play("events").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn a_rule_is_tried_before_it_is_made() {
    play("rules").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn what_moves_is_seen_and_leads_to_its_errors() {
    play("moving").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn keys_are_bounded_and_masking_is_tried() {
    play("settings").await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn nothing_that_an_event_holds_runs() {
    play("scripts").await;
}
