//! Tells those who listen to the live feed which errors changed.
//!
//! What nobody listens to costs one question to Redis for everything that was marked together. What
//! somebody does is read by one statement, as it is by then, and written to the stream.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use fred::clients::Client as Redis;
use shared::event::{Level, title};
use shared::ids::{ErrorId, ProjectId};
use shared::live::{
    Attendance, ErrorChanges, ErrorCount, ErrorNumbers, ErrorSummary, Item, LiveError, Publisher,
};
use shared::postgres::{DbError, use_until};
use shared::telemetry::ErrorChain;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_util::sync::CancellationToken;

use super::INTERVAL;
use super::marks::{Mark, Marks};

/// Errors of one list of an item: about what fits a screen, and 25 KiB with usual titles.
const MAX_LISTED: usize = 50;

/// Rows that are read at once. Listeners of projects beyond are told that something changed.
const MAX_ROWS: usize = 2_000;

/// What takes longer to read is of no use to anybody who watches.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// Tells listeners what was announced.
#[derive(Debug)]
pub struct Feed {
    attendance: Attendance,
    publisher: Publisher,
    waiting: Mutex<Marks>,
    wake: Notify,
}

/// Why listeners could not be told.
#[derive(Debug, thiserror::Error)]
enum FeedError {
    #[error("failed to tell listeners what changed")]
    Live(#[from] LiveError),
    #[error("failed to read what changed")]
    Database(#[from] DbError),
}

/// An error as it is now, by project and number.
type Rows = BTreeMap<(ProjectId, i64), ErrorSummary>;

impl Feed {
    /// Tells through the stream under the installation's namespace.
    pub fn new(redis: Redis, namespace: &str) -> Self {
        Self {
            attendance: Attendance::new(redis.clone(), namespace),
            publisher: Publisher::new(redis, namespace),
            waiting: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Has this told.
    pub(super) fn add(&self, marks: Marks) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).merge(marks);
        self.wake.notify_one();
    }

    fn take(&self) -> Marks {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells what was added, until the token is cancelled and everything was tried once.
    pub(super) async fn run(&self, pool: &Pool, until: &CancellationToken) {
        loop {
            let stopping = tokio::select! {
                () = self.wake.notified() => false,
                () = until.cancelled() => true,
            };
            let marks = self.take();
            let projects: Vec<ProjectId> = marks.projects().collect();
            let told = if projects.is_empty() { Ok(()) } else { self.tell(pool, marks).await };
            if stopping {
                return;
            }
            let Err(error) = told else { continue };
            tracing::warn!(error = %ErrorChain(&error), "listeners will be told to reload");
            let mut unknown = Marks::default();
            unknown.add_unknown(projects);
            self.add(unknown);
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = until.cancelled() => {}
            }
        }
    }

    async fn tell(&self, pool: &Pool, marks: Marks) -> Result<(), FeedError> {
        let projects: Vec<ProjectId> = marks.projects().collect();
        let listened = self.attendance.among(&projects).await?;
        let heard = marks.into_projects().filter(|(project, _)| listened.to(*project));
        let mut heard: Vec<(ProjectId, Mark)> =
            heard.filter(|(_, mark)| !mark.says_nothing()).collect();
        if heard.is_empty() {
            return Ok(());
        }
        let wanted = choose(&mut heard);
        let rows = if wanted.is_empty() {
            Rows::new()
        } else {
            let reading = async |client: &mut Client| read(client, &wanted).await;
            use_until(pool, Instant::now() + READ_TIMEOUT, reading).await?
        };
        let items: Vec<(ProjectId, Item)> =
            heard.iter().map(|(project, mark)| (*project, item(*project, mark, &rows))).collect();
        self.publisher.publish_all(&items).await?;
        Ok(())
    }
}

/// The errors to read. Shortens the lists of each mark to what an item may hold.
fn choose(heard: &mut [(ProjectId, Mark)]) -> Vec<(ProjectId, i64)> {
    let mut wanted = Vec::new();
    for (project, mark) in heard {
        let Mark { new, regressed, counted, more, unknown } = mark;
        regressed.retain(|error| !new.contains(error));
        counted.retain(|error| !new.contains(error) && !regressed.contains(error));
        for list in [&mut *new, &mut *regressed, &mut *counted] {
            *more |= list.len() > MAX_LISTED;
            // The latest numbers are those of the newest errors.
            while list.len() > MAX_LISTED {
                list.pop_first();
            }
        }
        let errors = || new.iter().chain(regressed.iter()).chain(counted.iter());
        *unknown |= wanted.len() + errors().count() > MAX_ROWS;
        if !*unknown {
            wanted.extend(errors().map(|error| (*project, *error)));
        }
    }
    wanted
}

/// What the listeners of a project are told.
fn item(project: ProjectId, mark: &Mark, rows: &Rows) -> Item {
    if mark.unknown {
        return Item::Refresh;
    }
    // One that was deleted meanwhile has no row.
    let find = |error: &i64| rows.get(&(project, *error)).cloned();
    let summaries = |errors: &BTreeSet<i64>| errors.iter().filter_map(find).collect();
    let count = |summary: ErrorSummary| ErrorCount { id: summary.id, numbers: summary.numbers };
    Item::Errors(ErrorChanges {
        new: summaries(&mark.new),
        regressed: summaries(&mark.regressed),
        changed: mark.counted.iter().filter_map(find).map(count).collect(),
        more: mark.more,
    })
}

async fn read(client: &Client, wanted: &[(ProjectId, i64)]) -> Result<Rows, DbError> {
    let failed = || DbError::statement("read errors that changed");
    let statement =
        client.prepare_cached(include_str!("sql/live_errors.sql")).await.map_err(failed())?;
    let (projects, errors): (Vec<i32>, Vec<i64>) =
        wanted.iter().map(|(project, error)| (project.0, *error)).unzip();
    let rows = client.query(&statement, &[&projects, &errors]).await.map_err(failed())?;
    Ok(rows.iter().map(summary).collect())
}

fn summary(row: &Row) -> ((ProjectId, i64), ErrorSummary) {
    let exception_type: Option<&str> = row.get("exception_type");
    let numbers = ErrorNumbers {
        count: row.get("event_count"),
        users_affected: row.get("user_count"),
        last_seen: row.get("last_seen"),
        status: row.get("status"),
    };
    let summary = ErrorSummary {
        id: ErrorId(row.get("public_id")),
        title: title(exception_type, row.get("message")),
        culprit: row.get("culprit"),
        level: Level::from_code(row.get("level")),
        source: row.get("source"),
        numbers,
        first_seen: row.get("first_seen"),
    };
    ((ProjectId(row.get("project_id")), row.get("error_id")), summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_rows_are_bounded() {
        let mark = |errors: i64| Mark { counted: (0..errors).collect(), ..Mark::default() };
        let mut heard: Vec<_> = (0..60).map(|project| (ProjectId(project), mark(90))).collect();
        let wanted = choose(&mut heard);
        assert_eq!(wanted.len(), MAX_ROWS);
        let (read, left) = heard.split_at(MAX_ROWS / MAX_LISTED);
        assert!(read.iter().all(|(_, mark)| mark.more && !mark.unknown));
        assert!(
            left.iter()
                .all(|(project, mark)| { item(*project, mark, &Rows::new()) == Item::Refresh })
        );
    }

    #[test]
    fn an_error_is_told_once() {
        let mark = Mark {
            new: [1].into(),
            regressed: [1, 2].into(),
            counted: [1, 2, 3].into(),
            ..Mark::default()
        };
        let wanted = choose(&mut [(ProjectId(7), mark)]);
        assert_eq!(wanted, [1, 2, 3].map(|error| (ProjectId(7), error)));
    }
}
