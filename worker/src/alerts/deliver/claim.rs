//! What is due, and what it takes to send it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::{Pool, Transaction};
use serde_json::Value;
use shared::channels::{Channel, Email};
use shared::ids::ProjectId;
use shared::integrations::{self, Integration, Name, Unusable};
use shared::postgres::{self, DbError};
use shared::secrets::Secrets;
use tokio::time::Instant;
use tokio_postgres::Row;
use uuid::Uuid;

use super::LEASE;

/// Some statements by primary key or a small index.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What was claimed of one channel.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) route: Route,
    pub(super) due: Vec<Due>,
}

/// Where deliveries of a channel go.
#[derive(Debug)]
pub(super) struct Route {
    /// Which channel this is.
    pub(super) name: Name,
    /// The settings, on which is noted how messages fare.
    pub(super) integration: Option<Integration>,
    /// What they come to.
    pub(super) channel: Result<Channel, Unusable>,
}

/// A claimed delivery.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) project_id: ProjectId,
    pub(super) delivery_id: Uuid,
    /// The number of this attempt, from one.
    pub(super) attempt: u32,
    pub(super) created_at: DateTime<Utc>,
    /// What it tells; none if that is gone.
    pub(super) content: Option<Value>,
    /// When others may claim it.
    pub(super) lease_ends: Instant,
}

/// Claims what is due of a channel, in a transaction with what is read of its settings: if they can't
/// be read, nothing is claimed.
pub(super) async fn claim(
    pool: &Pool,
    secrets: &Secrets,
    name: Name,
    places: usize,
) -> Result<Claimed, DbError> {
    let began = Instant::now();
    postgres::use_until(pool, began + TIMEOUT, async |client| {
        let tx = client.transaction().await.map_err(DbError::statement("begin a claim"))?;
        let due = due(&tx, name, places, began + LEASE).await?;
        let route =
            if due.is_empty() { Route::none(name) } else { route(&tx, secrets, name).await? };
        tx.commit().await.map_err(DbError::statement("commit a claim"))?;
        Ok(Claimed { route, due })
    })
    .await
}

async fn due(
    tx: &Transaction<'_>,
    name: Name,
    places: usize,
    lease_ends: Instant,
) -> Result<Vec<Due>, DbError> {
    let sql = include_str!("sql/claim.sql");
    let action = "claim deliveries";
    let statement = tx.prepare_cached(sql).await.map_err(DbError::statement(action))?;
    let places = i64::try_from(places).unwrap_or(1);
    let rows = tx
        .query(&statement, &[&name.as_str(), &places, &LEASE.as_secs_f64()])
        .await
        .map_err(DbError::statement(action))?;
    Ok(rows.iter().map(|row| Due::from_row(row, lease_ends)).collect())
}

impl Due {
    fn from_row(row: &Row, lease_ends: Instant) -> Self {
        Self {
            project_id: ProjectId(row.get("project_id")),
            delivery_id: row.get("delivery_id"),
            attempt: u32::try_from(row.get::<_, i32>("attempts")).unwrap_or(u32::MAX),
            created_at: row.get("created_at"),
            content: row.get("content"),
            lease_ends,
        }
    }
}

impl Route {
    fn none(name: Name) -> Self {
        Self { name, integration: None, channel: Err(Unusable::NotConfigured) }
    }
}

async fn route(tx: &Transaction<'_>, secrets: &Secrets, name: Name) -> Result<Route, DbError> {
    let Some(integration) = integrations::load(tx, name).await? else {
        return Ok(Route::none(name));
    };
    let channel = match integration.channel(secrets) {
        Ok(Channel::Email(email)) if email.recipients.is_empty() => {
            let recipients = integrations::members(tx).await?;
            Ok(Channel::Email(Email { recipients, ..email }))
        }
        other => other,
    };
    Ok(Route { name, integration: Some(integration), channel })
}
