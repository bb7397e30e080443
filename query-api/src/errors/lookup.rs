//! From the ids that clients name to errors, and the wait for an id that was answered a moment ago.

use std::collections::HashSet;
use std::time::Duration;

use deadpool_postgres::GenericClient;
use shared::api::ApiError;
use shared::ids::{ErrorId, ProjectId};
use shared::postgres::DbError;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use uuid::Uuid;

use crate::app::App;
use crate::call::Reach;
use crate::db;

/// An event is visible within a second of its acceptance; so long is an unknown id worth a wait.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// How often a waiting request looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Requests that wait at once; each costs twenty small queries a second. Others are told at once.
const MAX_WAITERS: usize = 64;

/// The seats of those who wait for an id that nothing has yet.
#[derive(Debug)]
pub(crate) struct Waiters(Semaphore);

impl Waiters {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(MAX_WAITERS))
    }

    /// Takes a seat, if one is free.
    pub(super) fn enter(&self) -> Option<Wait<'_>> {
        let seat = self.0.try_acquire().ok()?;
        Some(Wait { _seat: seat, until: Instant::now() + MAX_WAIT })
    }
}

/// The wait of one request.
#[derive(Debug)]
pub(super) struct Wait<'a> {
    _seat: SemaphorePermit<'a>,
    until: Instant,
}

impl Wait<'_> {
    /// Sleeps until it is time to look again; false when the wait is over.
    pub(super) async fn look_again(&self) -> bool {
        if Instant::now() >= self.until {
            return false;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
        true
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
    let projects = reach.ids();
    let (mut found, awaited) = look(app, &projects, names).await?;
    if awaited.is_empty() {
        return Ok(found);
    }
    let Some(wait) = app.waiters.enter() else {
        return Ok(found);
    };
    while wait.look_again().await {
        let client = db::client(&app.pool).await?;
        found = find_now(&client, &projects, names).await?;
        if missing(&awaited, &found).is_empty() {
            break;
        }
    }
    Ok(found)
}

/// The errors there are, and the ids worth a wait.
async fn look(
    app: &App,
    projects: &[i32],
    names: &[ErrorId],
) -> Result<(Vec<Found>, Vec<ErrorId>), DbError> {
    let client = db::client(&app.pool).await?;
    let found = find_now(&client, projects, names).await?;
    let missing = missing(names, &found);
    if missing.is_empty() {
        return Ok((found, missing));
    }
    let awaited = never_seen(&client, projects, missing).await?;
    Ok((found, awaited))
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
    projects: &[i32],
    names: Vec<ErrorId>,
) -> Result<Vec<ErrorId>, DbError> {
    let wanted: Vec<Uuid> = names.iter().map(|name| name.0).collect();
    let sql = include_str!("sql/deleted.sql");
    let rows = db::query(client, "find deleted ids", sql, &[&projects, &wanted]).await?;
    let deleted: HashSet<Uuid> = rows.iter().map(|row| row.get("name")).collect();
    Ok(names.into_iter().filter(|name| !deleted.contains(&name.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_and_gives_its_seat_back() {
        let waiters = Waiters::new();
        let started = Instant::now();
        let wait = waiters.enter().unwrap();
        while wait.look_again().await {}
        assert_eq!(started.elapsed(), MAX_WAIT);
        drop(wait);
        assert_eq!(waiters.0.available_permits(), MAX_WAITERS);
    }

    #[tokio::test]
    async fn beyond_the_seats_nobody_waits() {
        let waiters = Waiters::new();
        let seated: Vec<_> = (0..MAX_WAITERS).map(|_| waiters.enter().unwrap()).collect();
        assert!(waiters.enter().is_none());
        drop(seated);
        assert!(waiters.enter().is_some());
    }
}
