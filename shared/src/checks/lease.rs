//! Which process checks.

use std::time::Duration;

use deadpool_postgres::Client;
use uuid::Uuid;

use super::ROUND;
use crate::postgres::DbError;

/// A lease that was not renewed for so long is stale: one round was missed.
const STALE_AFTER: Duration = ROUND.saturating_add(Duration::from_secs(3));

/// The right to check, as this process asks for it.
#[derive(Debug)]
pub(super) struct Lease {
    holder: Uuid,
}

impl Lease {
    pub(super) fn new() -> Self {
        Self { holder: Uuid::new_v4() }
    }

    /// Takes or renews it; whether this process holds it now.
    pub(super) async fn take(&self, client: &Client) -> Result<bool, DbError> {
        let taken = async {
            let statement = client.prepare_cached(include_str!("sql/take_lease.sql")).await?;
            client.query_opt(&statement, &[&self.holder, &STALE_AFTER.as_secs_f64()]).await
        };
        let row = taken.await.map_err(DbError::statement("take the lease of the checks"))?;
        Ok(row.is_some())
    }

    /// Leaves it to the others.
    pub(super) async fn leave(&self, client: &Client) -> Result<(), DbError> {
        let sql = include_str!("sql/drop_lease.sql");
        let left = client.execute(sql, &[&self.holder]).await;
        left.map_err(DbError::statement("leave the lease of the checks")).map(drop)
    }
}
