//! How often projects have changed, as Postgres said a moment ago.
//!
//! Part of the key of each cached answer, besides the generation: a change that was committed and never
//! announced, because its process died or could not reach Redis, is noticed with the next poll. No
//! request waits for it; while Postgres is away the last known revisions hold.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use deadpool_postgres::{Client, Pool};
use shared::generations::Scope;
use shared::ids::ProjectId;
use shared::postgres::{DbError, use_until};
use shared::telemetry::ErrorChain;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::Xxh3;

/// A change that nobody announced is to be seen within two seconds; half a second of it is the wait for
/// this, the rest is for a Postgres that has much to do.
const POLL: Duration = Duration::from_millis(500);

/// A Postgres that needs longer for some numbers has gone silent: what was known holds meanwhile, and
/// another connection is asked next time.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// The revisions, once they were read for the first time.
#[derive(Debug, Default)]
pub(super) struct Revisions(ArcSwapOption<Known>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    /// Of the projects that have changed at all.
    projects: HashMap<ProjectId, i64>,
    /// Differs whenever one of them does, or one is gone.
    all: u128,
}

impl Revisions {
    /// What the data of the scope was at most a moment ago, in a word that changes with it.
    pub(super) fn current(&self, scope: Scope) -> Option<String> {
        let known = self.0.load();
        known.as_ref().map(|known| known.word(scope))
    }

    /// Reads the revisions again and again, until the token is cancelled.
    /// Projects whose revision is another than before go to `moved`.
    pub(super) async fn keep_fresh(
        &self,
        pool: &Pool,
        moved: impl Fn(ProjectId),
        until: CancellationToken,
    ) {
        let mut failing = false;
        while !until.is_cancelled() {
            let read = use_until(pool, Instant::now() + READ_TIMEOUT, read).await;
            if let (Err(error), false) = (&read, failing) {
                let error = ErrorChain(error);
                tracing::warn!(%error, "revisions can't be read; the last known ones hold");
            }
            failing = read.is_err();
            if let Ok(known) = read {
                let known = Arc::new(known);
                if let Some(before) = self.0.swap(Some(Arc::clone(&known))) {
                    known.moved_since(&before).for_each(&moved);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = until.cancelled() => {}
            }
        }
    }
}

impl Known {
    /// From revisions in the order of their projects.
    fn new(revisions: impl Iterator<Item = (ProjectId, i64)>) -> Self {
        let (mut projects, mut hash) = (HashMap::new(), Xxh3::new());
        for (project, revision) in revisions {
            hash.update(&project.0.to_le_bytes());
            hash.update(&revision.to_le_bytes());
            projects.insert(project, revision);
        }
        Self { projects, all: hash.digest128() }
    }

    fn moved_since(&self, before: &Self) -> impl Iterator<Item = ProjectId> {
        let moved =
            |(project, revision): &(_, &i64)| before.projects.get(project) != Some(*revision);
        self.projects
            .iter()
            .map(|(project, revision)| (*project, revision))
            .filter(moved)
            .map(|(project, _)| project)
    }

    fn word(&self, scope: Scope) -> String {
        match scope {
            Scope::Project(project) => {
                self.projects.get(&project).copied().unwrap_or_default().to_string()
            }
            Scope::Installation => format!("{:032x}", self.all),
            // What is measured does not change by requests; its times to live are short.
            Scope::Monitoring => "0".to_owned(),
        }
    }
}

async fn read(client: &mut Client) -> Result<Known, DbError> {
    let failed = || DbError::statement("read revisions");
    let sql = include_str!("sql/revisions.sql");
    let statement = client.prepare_cached(sql).await.map_err(failed())?;
    let rows = client.query(&statement, &[]).await.map_err(failed())?;
    Ok(Known::new(rows.iter().map(|row| (ProjectId(row.get("project_id")), row.get("revision")))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(revisions: &[(i32, i64)]) -> [String; 2] {
        let known = Known::new(
            revisions.iter().map(|(project, revision)| (ProjectId(*project), *revision)),
        );
        [Scope::Project(ProjectId(1)), Scope::Installation].map(|scope| known.word(scope))
    }

    #[test]
    fn a_scopes_word_changes_with_its_projects() {
        let [one, all] = words(&[(1, 7), (2, 3)]);
        assert_eq!(words(&[(1, 7), (2, 3)]), [one.clone(), all.clone()]);
        let [same, moved] = words(&[(1, 7), (2, 4)]);
        assert_eq!(same, one);
        assert_ne!(moved, all);
        // What one gains and the other loses, or a project that is gone, is a change, too.
        assert_ne!(words(&[(1, 8), (2, 2)])[1], all);
        assert_ne!(words(&[(1, 10)])[1], all);
        assert_ne!(words(&[])[1], all);
    }

    #[test]
    fn nothing_is_known_before_the_first_poll() {
        assert_eq!(Revisions::default().current(Scope::Installation), None);
    }
}
