//! What is our fault: production says that something went wrong, the others say what, and the log of the
//! service says it everywhere, under the id that the client sent.

use deploy::engines::{EngineKind, Engines};
use deploy::services::Service;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::super::client::database_client;
use super::super::malformed::exchange::Answer;
use super::super::malformed::row::Ask;
use super::{ENVIRONMENTS, Place, check};

#[tokio::test]
async fn a_cause_is_logged_everywhere_and_told_outside_production() {
    let mut engines = Engines::start(&[EngineKind::RabbitMq]).await.unwrap();
    let starting = ENVIRONMENTS.map(|environment| Place::start_with(environment, Some(&engines)));
    let places = join_all(starting).await;
    for place in &places {
        without_a_table(place).await;
        without_the_database(place).await;
    }
    engines.kill(EngineKind::RabbitMq).await;
    for place in places {
        without_the_broker(&place).await;
        place.system.stop().await;
    }
    engines.stop().await;
}

/// A statement fails for a reason that does not pass by itself.
async fn without_a_table(place: &Place) {
    let database = database_client(&place.system.sandbox.database_url()).await;
    database.batch_execute("ALTER TABLE error_stats RENAME TO away").await.unwrap();
    let answer = place.ask(None, "no-table", read(place)).await;
    database.batch_execute("ALTER TABLE away RENAME TO error_stats").await.unwrap();
    check("no-table", &answer, 500, "INTERNAL_ERROR");
    let cause = check_cause(place, Service::QueryApi, "no-table", &answer);
    assert!(cause.contains("failed to") && cause.contains("error_stats"), "{cause}");
}

/// Postgres hangs up and takes no new connections.
async fn without_the_database(place: &Place) {
    let database = place.system.sandbox.namespace();
    let elsewhere = place.system.sandbox.database_url().replace(database, "postgres");
    let client = database_client(&elsewhere).await;
    let allow = |allowed: bool| format!("ALTER DATABASE {database} ALLOW_CONNECTIONS {allowed}");
    client.batch_execute(&allow(false)).await.unwrap();
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1";
    client.execute(sql, &[&database]).await.unwrap();
    let answer = place.ask(Some(Service::QueryApi), "no-database", read(place)).await;
    client.batch_execute(&allow(true)).await.unwrap();
    check("no-database", &answer, 503, "SERVICE_UNAVAILABLE");
    check_cause(place, Service::QueryApi, "no-database", &answer);
}

/// Neither the broker nor a spool takes what was submitted.
async fn without_the_broker(place: &Place) {
    let error = json!({"message": "nowhere to go", "source": "failures"}).to_string();
    let ask = Ask::error(error).set("X-API-Key", place.admin.as_str());
    let answer = place.ask(Some(Service::Ingest), "no-broker", ask).await;
    check("no-broker", &answer, 503, "SERVICE_UNAVAILABLE");
    check_cause(place, Service::Ingest, "no-broker", &answer);
}

fn read(place: &Place) -> Ask {
    Ask::new("GET /api/errors?limit=7", "").set("X-API-Key", place.reader.as_str())
}

/// The cause stands in the log, and in the answer where it may. What was logged comes back.
#[track_caller]
fn check_cause(place: &Place, service: Service, name: &str, answer: &Answer) -> String {
    let line = place.logged(service, name);
    let line = line.unwrap_or_else(|| panic!("{name} is not in the log of {service}"));
    assert!(line.contains("ERROR") && line.contains("request failed"), "{line}");
    let (told, sentence) = (&answer.body["details"]["cause"], &answer.body["error"]);
    if place.environment == "production" {
        assert_eq!(answer.body["details"], json!({}), "{name}");
        let sentence = sentence.as_str().unwrap();
        assert!(sentence.ends_with("; try again later"), "{name}: {sentence}");
        let word = ["database", "durably", "table", "broker"]
            .into_iter()
            .find(|word| sentence.contains(word));
        assert_eq!(word, None, "{name}: {sentence}");
        assert!(line.contains(r#""cause":""#), "{line}");
        return line;
    }
    let causes: Vec<&str> = told.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(!causes.is_empty(), "{name}: {}", answer.body);
    if place.environment == "staging" {
        let logged: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(logged["cause"], causes.join(": "), "{name}");
    } else {
        assert!(line.contains(causes[0]), "{name}: {line}");
    }
    line
}
