//! The shop whose errors `make up DEMO=1` has reported: a newcomer finds every page alive.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::client::{Client, System};

/// A day of the past is told within seconds, and something happens every second.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kinds of errors of the shop.
const ERRORS: i64 = 12;

#[tokio::test]
async fn a_shop_has_a_past_a_present_and_people_who_care() {
    let system = System::start().await;
    let mut shop = open(&system.services.edge_url());
    let errors = until(&system.client, "/api/errors?limit=100", |page| {
        page["total"].as_i64() >= Some(ERRORS)
            && page["errors"]
                .as_array()
                .unwrap()
                .iter()
                .any(|error| !error["resolved_at"].is_null())
    });
    let page = errors.await;
    let values = |field: &str| -> BTreeSet<String> {
        let errors = page["errors"].as_array().unwrap().iter();
        errors.map(|error| error[field].to_string()).collect()
    };
    for (field, least) in
        [("level", 3), ("release", 5), ("environment", 2), ("project_id", 2), ("assigned_to", 2)]
    {
        assert!(values(field).len() >= least, "{field}: {:?}", values(field));
    }
    let yesterday =
        until(&system.client, "/api/analytics/trends?group_by=hour&period=day", |trends| {
            let points = trends["data_points"].as_array().unwrap();
            points.iter().filter(|point| point["error_count"].as_i64() > Some(0)).count() > 12
        });
    yesterday.await;
    let rules = system.client.get("/api/alerts/rules").await;
    assert_eq!(rules.data()["rules"].as_array().unwrap().len(), 3);
    // It goes on, and tells its past once.
    let told = total(&system.client).await;
    let grows = |stats: &Value| stats["events_total"].as_i64() > Some(told);
    until(&system.client, "/api/stats", grows).await;
    shop.kill().await.unwrap();
    let told = total(&system.client).await;
    let mut again = open(&system.services.edge_url());
    let grows = |stats: &Value| stats["events_total"].as_i64() > Some(told);
    until(&system.client, "/api/stats", grows).await;
    assert!(total(&system.client).await < told + 100, "the past is not told again");
    again.kill().await.unwrap();
    system.stop().await;
}

/// The program beside those of the services; it ends with the test.
fn open(url: &str) -> Child {
    let test = std::env::current_exe().unwrap();
    let folder: PathBuf = test.ancestors().nth(2).unwrap().to_owned();
    let mut command = Command::new(folder.join("demo"));
    command.args(["--url", url, "--days", "2"]).stderr(Stdio::null()).kill_on_drop(true);
    command.spawn().expect("it was built with the services")
}

async fn total(client: &Client) -> i64 {
    client.get("/api/stats").await.data()["events_total"].as_i64().unwrap()
}

async fn until(client: &Client, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let asking = async {
        loop {
            let data = client.get(path).await.data().clone();
            if holds(&data) {
                return data;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, asking).await.expect("it should come to hold")
}
