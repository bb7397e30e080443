//! What Sentry's SDKs send, byte for byte, through the edge: 172 requests of real SDKs, recorded once.

mod answers;
mod capture;
mod check;
mod projects;
mod refused;
mod secrets;

use std::collections::HashMap;

use serde_json::Value;

use self::capture::Capture;
use super::client::System;

#[tokio::test]
async fn every_capture_is_answered_stored_named_and_grouped() {
    let system = System::start().await;
    projects::create(&system).await;
    let captures = capture::all();
    assert_eq!(captures.len(), 172);
    let mut complaints = Vec::new();
    for capture in &captures {
        let answer = capture.send(&system).await;
        complaints.extend(check::answer(capture, &answer));
    }
    let events: i64 =
        captures.iter().map(|capture| capture.expected["error_events"].as_i64().unwrap()).sum();
    system.drained(events).await.assert_all(events);

    let mut groups: Vec<(&str, String)> = Vec::new();
    for capture in captures.iter().filter(|capture| capture.expected.get("event").is_some()) {
        let event = stored(&system, capture).await;
        complaints.extend(check::event(capture, &event));
        let label = capture.expected["event"]["group"].as_str().unwrap();
        groups.push((label, event["error_id"].as_str().unwrap_or_default().to_owned()));
    }
    complaints.extend(grouping(&groups));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    system.stop().await;
}

/// The event of a capture, as the API shows it.
async fn stored(system: &System, capture: &Capture) -> Value {
    let id = capture.expected["event"]["event_id"].as_str().unwrap();
    let answer = system.client.get(&format!("/api/events/{id}")).await;
    assert_eq!(answer.status, 200, "{}: {}", capture.case, answer.body);
    answer.data().clone()
}

/// Events with one label belong together; those with two do not, but for the sets that may.
fn grouping(groups: &[(&str, String)]) -> Vec<String> {
    let tolerated: Vec<Vec<String>> =
        serde_json::from_str(include_str!("../../../fixtures/sdk/tolerated.json")).unwrap();
    let may_meet = |a: &str, b: &str| {
        tolerated.iter().any(|set| [a, b].iter().all(|label| set.iter().any(|it| it == label)))
    };
    let mut error_of: HashMap<&str, &str> = HashMap::new();
    let mut label_of: HashMap<&str, &str> = HashMap::new();
    let mut complaints = Vec::new();
    for (label, error) in groups {
        if *error_of.entry(label).or_insert(error) != error {
            complaints.push(format!("{label} is in several groups"));
        }
        let other = *label_of.entry(error).or_insert(label);
        if other != *label && !may_meet(other, label) {
            complaints.push(format!("{label} and {other} share a group"));
        }
    }
    complaints
}
