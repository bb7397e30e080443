//! Tells the caches that data changed, and then those who listen to the live feed.
//!
//! Coalesced: however many batches touch a project, its generation moves at most twice a second. An
//! announcement that fails is made again until it works, and everything is announced at the start,
//! because the process before may have died between a commit and its announcement.
//!
//! Listeners come second, so that one who reads because of what it was told never finds an old answer.

mod feed;
mod marks;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{GenericClient, Pool};
use shared::generations::Generations;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use shared::telemetry::ErrorChain;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use self::feed::Feed;
use self::marks::Marks;
use crate::persist::Stored;

/// The shortest time between two moves of a generation: a cached answer lives at least that long
/// under load, and no reader sees data older than it.
const INTERVAL: Duration = Duration::from_millis(500);

/// Where batches say which projects they changed.
#[derive(Debug, Clone, Default)]
pub struct Announcer {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    changed: Mutex<Marks>,
    wake: Notify,
}

impl Announcer {
    /// Nothing to announce yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Marks projects as changed, nobody knows in what. Call it after the commit.
    pub fn changed(&self, projects: impl IntoIterator<Item = ProjectId>) {
        self.mark(|marks| marks.add_unknown(projects));
    }

    /// Marks what a transaction changed. Call it after the commit.
    pub fn stored(&self, stored: Stored) {
        self.mark(|marks| marks.add(stored));
    }

    fn mark(&self, mark: impl FnOnce(&mut Marks)) {
        mark(&mut self.inner.changed.lock().unwrap_or_else(PoisonError::into_inner));
        self.inner.wake.notify_one();
    }

    fn take(&self) -> Marks {
        std::mem::take(&mut *self.inner.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Announces what was marked, until the token is cancelled and nothing is left to announce.
pub async fn run(
    announcer: Announcer,
    generations: Generations,
    feed: Feed,
    pool: Pool,
    shutdown: CancellationToken,
) {
    let announced = CancellationToken::new();
    let announcing = async {
        tokio::select! {
            () = announce_all(&announcer, &pool) => {}
            () = shutdown.cancelled() => {}
        }
        move_generations(&announcer, &generations, &feed, &shutdown).await;
        announced.cancel();
    };
    tokio::join!(announcing, feed.run(&pool, &announced));
}

/// Moves the generations of what was marked and hands it on to the feed.
async fn move_generations(
    announcer: &Announcer,
    generations: &Generations,
    feed: &Feed,
    shutdown: &CancellationToken,
) {
    loop {
        let stopping = tokio::select! {
            () = announcer.inner.wake.notified() => false,
            () = shutdown.cancelled() => true,
        };
        let marks = announcer.take();
        if !marks.is_empty() {
            match generations.announce(marks.projects()).await {
                Ok(()) => feed.add(marks),
                Err(error) => {
                    let error = ErrorChain(&error);
                    tracing::warn!(%error, "an announcement failed and is made again");
                    announcer.changed(marks.projects());
                }
            }
        }
        if stopping {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

/// Marks all projects, as soon as Postgres can list them.
async fn announce_all(announcer: &Announcer, pool: &Pool) {
    loop {
        match all_projects_of(pool).await {
            Ok(projects) => return announcer.changed(projects),
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "can't announce all projects yet");
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn all_projects_of(pool: &Pool) -> Result<Vec<ProjectId>, DbError> {
    let client = pool.get().await.map_err(DbError::Pool)?;
    all_projects(&client).await
}

/// The ids of all projects, in ascending order.
pub(crate) async fn all_projects(client: &impl GenericClient) -> Result<Vec<ProjectId>, DbError> {
    let rows = client
        .query(include_str!("../sql/all_projects.sql"), &[])
        .await
        .map_err(DbError::statement("list projects"))?;
    Ok(rows.iter().map(|row| ProjectId(row.get("id"))).collect())
}
