//! When keys were used last: noted in memory by whoever authenticates, and written every few seconds.
//!
//! Noting is one store to memory, so that it costs a request nothing. A process that is killed loses
//! what it noted since its last write.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::{Client, Pool};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Access;
use crate::postgres::{DbError, use_until};
use crate::telemetry::ErrorChain;

/// How often it is written.
const PERIOD: Duration = Duration::from_secs(10);

/// The wait for a write; what it held comes again with the next.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// The wait for the last write before the process ends.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// When a key was used last by this process, in microseconds since 1970; 0 for never. Tables that are
/// loaded anew go on with the cells of the table before.
#[derive(Debug, Clone, Default)]
pub(super) struct LastUse(Arc<AtomicI64>);

impl LastUse {
    /// Notes a use.
    pub(super) fn note(&self, now: DateTime<Utc>) {
        // Nothing else hangs on the order in which others see it.
        self.0.store(now.timestamp_micros(), Ordering::Relaxed);
    }

    fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What has been written so far, by key.
#[derive(Debug, Default)]
struct Written(HashMap<Uuid, i64>);

impl Written {
    /// The keys that were used since they were written, in the order of their ids.
    fn due(&self, access: &Access) -> Vec<(Uuid, i64)> {
        let Some(table) = access.table() else {
            return Vec::new();
        };
        let uses = table.keys.values().map(|key| (key.id, key.last_use.get()));
        let is_due = |(id, at): &(Uuid, i64)| *at > self.0.get(id).copied().unwrap_or_default();
        let mut due: Vec<(Uuid, i64)> = uses.filter(is_due).collect();
        due.sort_unstable();
        due
    }

    fn note(&mut self, access: &Access, rows: Vec<(Uuid, i64)>) {
        self.0.extend(rows);
        if let Some(table) = access.table() {
            let known: std::collections::HashSet<Uuid> =
                table.keys.values().map(|key| key.id).collect();
            self.0.retain(|id, _| known.contains(id));
        }
    }
}

impl Access {
    /// Writes when keys were used until the token is cancelled, and then once more.
    pub async fn keep_usage_written(self, pool: Pool, shutdown: CancellationToken) {
        let mut written = Written::default();
        while !shutdown.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                () = shutdown.cancelled() => break,
            }
            // One that is under way at the end is given up: the last one holds what it held.
            tokio::select! {
                () = self.write_usage(&pool, &mut written, WRITE_TIMEOUT) => {}
                () = shutdown.cancelled() => {}
            }
        }
        self.write_usage(&pool, &mut written, LAST_WRITE_TIMEOUT).await;
    }

    async fn write_usage(&self, pool: &Pool, written: &mut Written, patience: Duration) {
        let due = written.due(self);
        if due.is_empty() {
            return;
        }
        let deadline = Instant::now() + patience;
        match use_until(pool, deadline, async |client| write(client, &due).await).await {
            Ok(()) => written.note(self, due),
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "the use of keys is written later");
            }
        }
    }
}

async fn write(client: &Client, rows: &[(Uuid, i64)]) -> Result<(), DbError> {
    let sql = include_str!("sql/write_usage.sql");
    let statement =
        client.prepare_cached(sql).await.map_err(DbError::statement("prepare writing usage"))?;
    let (ids, times): (Vec<Uuid>, Vec<Option<DateTime<Utc>>>) =
        rows.iter().map(|(id, micros)| (*id, DateTime::from_timestamp_micros(*micros))).unzip();
    let written = client.execute(&statement, &[&ids, &times]).await;
    written.map(drop).map_err(DbError::statement("write the use of keys"))
}
