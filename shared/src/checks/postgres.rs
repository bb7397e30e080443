//! The check of Postgres.

use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::CHECK_TIMEOUT;
use super::round::Answer;
use crate::postgres::{DbError, use_until};
use crate::telemetry::ErrorChain;

/// Whether Postgres answers a statement.
pub(super) async fn check(pool: &Pool) -> Answer {
    let asked = Instant::now();
    match use_until(pool, asked + CHECK_TIMEOUT, ask).await {
        Ok((took, details)) => Answer::healthy(took, details),
        Err(error) => {
            tracing::debug!(error = %ErrorChain(&error), "the check of Postgres failed");
            Answer::unhealthy(asked.elapsed(), problem(&error))
        }
    }
}

/// What is said to people about an error, without the database's own words.
fn problem(error: &DbError) -> &'static str {
    match error {
        DbError::Pool(_) => "Postgres can't be connected to",
        DbError::Timeout => "Postgres does not answer in time",
        DbError::Statement { .. } => "Postgres refuses the check",
    }
}

async fn ask(client: &mut Client) -> Result<(Duration, Value), DbError> {
    let failed = || DbError::statement("check Postgres");
    let asked = Instant::now();
    client.simple_query("SELECT 1").await.map_err(failed())?;
    let took = asked.elapsed();
    let row = client.query_one(include_str!("sql/database.sql"), &[]).await.map_err(failed())?;
    let number = |name: &str| row.get::<_, i64>(name);
    let details = json!({
        "connections": number("connections"),
        "max_connections": number("max_connections"),
        "database_bytes": number("database_bytes"),
    });
    Ok((took, details))
}
