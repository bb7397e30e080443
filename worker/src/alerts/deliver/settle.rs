//! What is written down of an attempt.

use std::time::Duration;

use deadpool_postgres::Client;
use shared::channels::SendError;
use shared::integrations::{self, Integration, Name};
use shared::postgres::{self, DbError};
use shared::telemetry::ErrorChain;
use tokio::time::Instant;

use super::Deliverer;
use super::attempt::Outcome;
use super::claim::Due;

/// A statement by primary key.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Between two tries while Postgres is away.
const PAUSE: Duration = Duration::from_secs(1);

impl Deliverer {
    /// Writes down how an attempt went, again and again while the lease keeps others away.
    pub(super) async fn settle(&self, name: Name, due: &Due, outcome: &Outcome) {
        loop {
            let deadline = (Instant::now() + TIMEOUT).min(due.lease_ends);
            let written = postgres::use_until(&self.pool, deadline, async |client| {
                write(client, name, due, outcome).await
            });
            let Err(error) = written.await else { return };
            if Instant::now() + PAUSE >= due.lease_ends {
                let (error, outcome) = (ErrorChain(&error).to_string(), outcome.label());
                let delivery = due.delivery_id;
                tracing::warn!(error, %delivery, outcome, "how a delivery went could not be noted");
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(super) async fn note_outcome(
        &self,
        integration: &Integration,
        failure: Option<&SendError>,
    ) {
        let noted = postgres::use_until(&self.pool, Instant::now() + TIMEOUT, async |client| {
            integrations::note_outcome(client, integration, failure).await
        });
        if let Err(error) = noted.await {
            let error = ErrorChain(&error).to_string();
            tracing::warn!(error, "how a channel fares could not be noted");
        }
    }
}

async fn write(client: &Client, name: Name, due: &Due, outcome: &Outcome) -> Result<(), DbError> {
    let sql = match outcome {
        Outcome::Delivered { .. } => include_str!("sql/delivered.sql"),
        Outcome::Retried { .. } => include_str!("sql/retry.sql"),
        Outcome::Failed { .. } => include_str!("sql/failed.sql"),
    };
    let action = "note how a delivery went";
    let statement = client.prepare_cached(sql).await.map_err(DbError::statement(action))?;
    let (project, delivery, channel) = (due.project_id.0, due.delivery_id, name.as_str());
    let attempt = i32::try_from(due.attempt).unwrap_or(i32::MAX);
    let changed = match outcome {
        Outcome::Delivered { note } => {
            client.execute(&statement, &[&project, &delivery, &channel, note]).await
        }
        Outcome::Retried { error, within } => {
            let within = within.as_secs_f64();
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                [&project, &delivery, &channel, &attempt, error, &within];
            client.execute(&statement, &values).await
        }
        Outcome::Failed { error } => {
            client.execute(&statement, &[&project, &delivery, &channel, &attempt, error]).await
        }
    };
    if changed.map_err(DbError::statement(action))? == 0 {
        tracing::debug!(%delivery, channel, "another process has claimed the delivery meanwhile");
    }
    Ok(())
}
