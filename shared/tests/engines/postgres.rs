//! Connections that do not answer.

use std::time::Duration;

use deploy::testing::Sandbox;
use shared::config::{PostgresConfig, Settings};
use shared::postgres::{DbError, pool, use_until};
use tokio::time::Instant;

/// No test is as slow as that.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn nobody_gets_a_connection_that_did_not_answer_in_time() {
    let sandbox = Sandbox::new().await.unwrap();
    let url = sandbox.database_url();
    let lookup = |name: &str| (name == "DATABASE_URL").then(|| url.clone());
    let config =
        PostgresConfig { pool_size: 1, ..PostgresConfig::read(&Settings::new(&lookup), 1) };
    let pool = pool(&config, "test", Duration::from_secs(600)).unwrap();
    let run = async |sql: &'static str, patience| {
        use_until(&pool, Instant::now() + patience, async |client| {
            client.simple_query(sql).await.map(drop).map_err(DbError::statement("run a statement"))
        })
        .await
    };
    // The one connection is there, so that the statement and not the connecting takes the time.
    run("SELECT 1", PATIENCE).await.unwrap();
    let asked = run("SELECT pg_sleep(60)", Duration::from_millis(100)).await;
    assert!(matches!(asked, Err(DbError::Timeout)), "{asked:?}");
    // On the same connection this would have to wait for the minute to pass.
    run("SELECT 1", PATIENCE).await.unwrap();
    pool.close();
    sandbox.close().await.unwrap();
}
