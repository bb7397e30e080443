//! Projects with the keys that the captures name.

use std::time::Duration;

use uuid::Uuid;

use super::super::client::{System, database_client};

/// The public keys of projects 1 to 7.
pub(super) const KEYS: [&str; 7] = [
    "3b1f0c9e7d5a4862b0c4e6f8a1d2c3b4",
    "5d4e3f2a1b0c49d8a7b6c5d4e3f2a1b0",
    "4c5b6a7988776655443322110ffeeddc",
    "7e6d5c4b3a29180716253445566778ff",
    "9c2a7d1e5b3f4860a1d2e3f4b5c6d7e8",
    "1f2e3d4c5b6a79888796a5b4c3d2e1f0",
    "2a3b4c5d6e7f80919f8e7d6c5b4a3928",
];

/// Creates them and waits until ingest knows the keys, which it loads all at once.
pub(super) async fn create(system: &System) {
    let keys: Vec<Uuid> = KEYS.iter().map(|key| key.parse().unwrap()).collect();
    let ids: Vec<i32> = (1..).take(keys.len()).collect();
    let client = database_client(&system.sandbox.database_url()).await;
    client.execute(include_str!("projects.sql"), &[&ids, &keys]).await.unwrap();
    let last = format!("/api/7/envelope/?sentry_key={}", KEYS[6]);
    let known = async {
        while send(system, &last).await != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), known).await.expect("new keys work within a poll");
}

async fn send(system: &System, path: &str) -> u16 {
    let nobody = system.client.with_key(None);
    let answer = nobody.send(http::Method::POST, path, &[], b"{}\n".to_vec()).await;
    answer.unwrap().status.as_u16()
}
