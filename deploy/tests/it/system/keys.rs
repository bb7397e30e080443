//! Keys over all services: what one of them changes holds in the others.

use std::time::Duration;

use deploy::services::Service;
use http::StatusCode;
use serde_json::{Value, json};

use super::client::{Client, System};

/// A change of a key holds everywhere within a second; the other one is for a busy machine.
const SPREADS: Duration = Duration::from_secs(2);

const KEYS: &str = "/api/settings/api-keys";

/// Makes a key that may submit: its id, and a client that has it.
async fn make_key(system: &System, name: &str) -> (String, Client) {
    let body = json!({"name": name, "permissions": ["ingest"]});
    let made = system.client.post(KEYS, &body).await.data().clone();
    let id = made["id"].as_str().unwrap().to_owned();
    (id, system.client.with_key(made["api_key"].as_str()))
}

/// Submits until that is answered with the status, and fails when it takes too long. Answers how many
/// events were accepted meanwhile.
async fn submit_until(client: &Client, status: StatusCode) -> i64 {
    let mut accepted = 0;
    let submitting = async {
        loop {
            let answer = client.post("/api/errors", &json!({"message": "m", "source": "s"})).await;
            accepted += i64::from(answer.status == StatusCode::CREATED);
            if answer.status == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SPREADS, submitting).await.expect("the change should hold in time");
    accepted
}

#[tokio::test]
async fn ingest_knows_of_new_and_revoked_keys_and_notes_their_use() {
    let mut system = System::start().await;
    let (_, used) = make_key(&system, "used").await;
    let (revoked_id, revoked) = make_key(&system, "revoked").await;
    let mut accepted = submit_until(&used, StatusCode::CREATED).await;
    accepted += submit_until(&revoked, StatusCode::CREATED).await;

    let ended = system.client.delete(&format!("{KEYS}/{revoked_id}")).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    accepted += submit_until(&revoked, StatusCode::UNAUTHORIZED).await;
    accepted += submit_until(&used, StatusCode::CREATED).await;

    // Ingest writes at its end what it has noted since its last write.
    system.services.terminate(Service::Ingest).await;
    let list = system.client.get(KEYS).await.data().clone();
    let keys = list["api_keys"].as_array().unwrap();
    let last_used =
        |name: &str| keys.iter().find(|key| key["name"] == name).map(|key| &key["last_used"]);
    assert!(last_used("used").is_some_and(Value::is_string), "{list}");
    assert_eq!(last_used("revoked"), None);
    system.drained(accepted).await.assert_all(accepted);
    system.stop().await;
}
