//! From the ids that clients name to errors, and the wait for an id that was answered a moment ago.

use std::collections::HashSet;
use std::time::Duration;

use deadpool_postgres::GenericClient;
use shared::api::ApiError;
use shared::ids::{ErrorId, ProjectId};
use shared::postgres::DbError;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

use crate::app::App;
use crate::call::Reach;
use crate::db;

/// An event is visible within a second of its acceptance; so long is an unknown id worth a wait.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(1);

/// How often a waiting request looks again.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Requests that wait at once; each costs twenty small queries a second. Others are told at once.
const MAX_WAITERS: usize = 64;

/// The seats of those who wait for an id that nothing has yet.
#[derive(Debug)]
pub(crate) struct Waiters(Semaphore);

impl Waiters {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(MAX_WAITERS))
    }

    /// Looks again and again until there is something, or the wait is over, or no seat is free.
    pub(super) async fn wait_for<T>(
        &self,
        mut look: impl AsyncFnMut() -> Result<Option<T>, DbError>,
    ) -> Result<Option<T>, DbError> {
        let Ok(_seat) = self.0.try_acquire() else {
            return Ok(None);
        };
        let deadline = Instant::now() + MAX_WAIT;
        while Instant::now() < deadline {
            tokio::time::sleep(LOOK_AGAIN).await;
            if let Some(found) = look().await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// An error that an id leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(super) name: ErrorId,
    pub(super) project: ProjectId,
    pub(super) error_id: i64,
}

/// The error that the id leads to; waits for an id that was never seen.
pub(super) async fn find_one(app: &App, reach: &Reach, name: ErrorId) -> Result<Found, ApiError> {
    let found = find(app, reach, &[name]).await.map_err(db::failure)?;
    found.first().copied().ok_or_else(|| ApiError::not_found("error", name))
}

/// The errors that ids lead to; waits for ids that were never seen.
pub(super) async fn find(
    app: &App,
    reach: &Reach,
    names: &[ErrorId],
) -> Result<Vec<Found>, DbError> {
    let (found, awaited) = {
        let client = db::client(&app.pool).await?;
        let found = find_now(&client, &reach.ids(), names).await?;
        let missing = missing(names, &found);
        let awaited = if missing.is_empty() {
            Vec::new()
        } else {
            never_seen(&client, reach, missing).await?
        };
        (found, awaited)
    };
    if awaited.is_empty() {
        return Ok(found);
    }
    app.waiters
        .wait_for(async || {
            let client = db::client(&app.pool).await?;
            let arrived = find_now(&client, &reach.ids(), &awaited).await?;
            Ok(missing(&awaited, &arrived).is_empty().then_some(()))
        })
        .await?;
    // Of several ids some may have arrived, and none of the others.
    let client = db::client(&app.pool).await?;
    find_now(&client, &reach.ids(), names).await
}

/// The errors that ids lead to now.
pub(super) async fn find_now(
    client: &impl GenericClient,
    projects: &[i32],
    names: &[ErrorId],
) -> Result<Vec<Found>, DbError> {
    let names: Vec<Uuid> = names.iter().map(|name| name.0).collect();
    let sql = include_str!("sql/find.sql");
    let rows = db::query(client, "find errors", sql, &[&projects, &names]).await?;
    Ok(rows
        .iter()
        .map(|row| Found {
            name: ErrorId(row.get("name")),
            project: ProjectId(row.get("project_id")),
            error_id: row.get("error_id"),
        })
        .collect())
}

fn missing(names: &[ErrorId], found: &[Found]) -> Vec<ErrorId> {
    let found: HashSet<ErrorId> = found.iter().map(|found| found.name).collect();
    names.iter().copied().filter(|name| !found.contains(name)).collect()
}

async fn never_seen(
    client: &impl GenericClient,
    reach: &Reach,
    names: Vec<ErrorId>,
) -> Result<Vec<ErrorId>, DbError> {
    let wanted: Vec<Uuid> = names.iter().map(|name| name.0).collect();
    let sql = include_str!("sql/deleted.sql");
    let rows = db::query(client, "find deleted ids", sql, &[&reach.ids(), &wanted]).await?;
    let deleted: HashSet<Uuid> = rows.iter().map(|row| row.get("name")).collect();
    Ok(names.into_iter().filter(|name| !deleted.contains(&name.0)).collect())
}
