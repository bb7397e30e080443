//! The commands with which an operator handles what could not be stored.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{System, database_client};

/// Waits until so many letters are listed, and returns the list.
async fn listed(system: &System, letters: u64) -> Value {
    let waiting = async {
        loop {
            let list = system.services.worker(&["dead-letters", "list", "--json"]).await.unwrap();
            let list: Value = serde_json::from_str(&list).unwrap();
            if list["total"] == letters {
                return list;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap()
}

/// Runs a command that must fail, and returns what it complained of.
async fn refused(system: &System, args: &[&str]) -> String {
    system.services.worker(args).await.unwrap_err().to_string()
}

#[tokio::test]
async fn an_operator_mends_the_cause_and_replays() {
    let system = System::start().await;
    let database = database_client(&system.sandbox.database_url()).await;
    let refuse = "ALTER TABLE events ADD CONSTRAINT refused CHECK (false) NOT VALID";
    database.batch_execute(refuse).await.unwrap();
    let mut ids = Vec::new();
    for number in 0..3 {
        let event = json!({"message": format!("refused {number}"), "source": "letters"});
        ids.push(system.client.report(event).await["event_id"].as_str().unwrap().to_owned());
    }
    let list = listed(&system, 3).await;
    let of_event = |id: &str| {
        let letters = list["letters"].as_array().unwrap();
        let letter = letters.iter().find(|letter| letter["event_ids"] == json!([id])).unwrap();
        letter["id"].as_str().unwrap().to_owned()
    };
    let letters: Vec<String> = ids.iter().map(|id| of_event(id)).collect();

    let table = system.services.worker(&["dead-letters", "list"]).await.unwrap();
    assert!(table.starts_with("LETTER") && table.lines().count() == 4, "{table}");
    let shown = system.services.worker(&["dead-letters", "show", &letters[1]]).await.unwrap();
    assert!(shown.contains("check constraint") && shown.contains("\"refused 1\""), "{shown}");

    let dropped = system.services.worker(&["dead-letters", "drop", &letters[0]]).await.unwrap();
    assert_eq!(dropped, format!("dropped {}\n", letters[0]));
    database.batch_execute("ALTER TABLE events DROP CONSTRAINT refused").await.unwrap();
    let replayed = system.services.worker(&["dead-letters", "replay", "--all"]).await.unwrap();
    assert_eq!(replayed, "replayed 2 letters with 2 events\n");
    system.drained(2).await.assert_all(2);
    listed(&system, 0).await;
    system.stop().await;
}

#[tokio::test]
async fn what_is_dangerous_or_unknown_is_refused() {
    let system = System::start().await;
    let list = system.services.worker(&["dead-letters", "list"]).await.unwrap();
    assert_eq!(list, "there are no dead letters\n");
    for command in ["show", "replay", "drop"] {
        let complaint = refused(&system, &["dead-letters", command, "nobody"]).await;
        assert!(complaint.contains("there is no dead letter nobody"), "{complaint}");
    }
    for args in [&["drop"][..], &["drop", "--all"], &["replay"]] {
        let complaint = refused(&system, &[&["dead-letters"], args].concat()).await;
        assert!(complaint.contains("required"), "{complaint}");
    }
    system.stop().await;
}
