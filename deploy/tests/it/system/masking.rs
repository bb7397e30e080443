//! A project's own rules of sanitising, from the setting to what is stored.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::client::System;

#[tokio::test]
async fn a_projects_own_keys_are_masked_before_anything_is_kept() {
    let system = System::start().await;
    let body = json!({
        "message": "a customer left", "source": "masking",
        "context": {"oldCustomerNumber": "4711", "password": "hunter2", "note": "4111 1111 1111 1111"},
    });
    let before = system.client.report(body.clone()).await;
    assert_eq!(before["context"]["oldCustomerNumber"], "4711");
    assert_eq!(before["context"]["password"], "[Filtered]");
    let rules = json!({"sanitising_rules": {
        "extra_keys": ["customer number"], "safe_keys": ["password"], "off": ["card_numbers"],
    }});
    let answer = system.client.put("/api/projects/1", &rules).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);

    // Ingest polls for rules.
    let mut posted = 1;
    let masked = async {
        loop {
            let error = system.client.report(body.clone()).await;
            posted += 1;
            if error["context"]["oldCustomerNumber"] == "[Filtered]" {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(10), masked).await.unwrap();
    system.drained(posted).await.assert_all(posted);
    let event = format!("/api/events/{}", error["event_id"].as_str().unwrap());
    let stored = system.client.get(&event).await;
    let text = stored.body.to_string();
    assert!(!text.contains("4711"), "{text}");
    assert!(text.contains("hunter2") && text.contains("4111 1111 1111 1111"), "{text}");
    system.stop().await;
}
