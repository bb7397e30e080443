//! Changes that Redis was not told of yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::generations::Scope;
use shared::ids::ProjectId;
use tokio::sync::Notify;

/// The projects whose cached answers may be too old. Bounded by the number of projects.
#[derive(Debug)]
pub(super) struct Pending {
    state: Mutex<State>,
    stuck: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Counts marks, so that an announcement settles no change that came after its start.
    mark: u64,
    projects: BTreeMap<ProjectId, u64>,
}

impl Pending {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), stuck: Notify::new() }
    }

    /// Remembers a change of the projects; the number goes to [`Pending::settle`].
    pub(super) fn mark(&self, projects: &[ProjectId]) -> u64 {
        let mut state = self.lock();
        state.mark += 1;
        let mark = state.mark;
        state.projects.extend(projects.iter().map(|project| (*project, mark)));
        mark
    }

    /// Wakes who waits in [`Pending::any`]: what is marked could not be announced at once.
    pub(super) fn wake(&self) {
        self.stuck.notify_one();
    }

    /// Forgets changes of the projects up to the mark: Redis knows of them.
    pub(super) fn settle(&self, projects: &[ProjectId], up_to: u64) {
        let mut state = self.lock();
        for project in projects {
            if state.projects.get(project).is_some_and(|mark| *mark <= up_to) {
                state.projects.remove(project);
            }
        }
    }

    /// Whether answers about the scope may be too old.
    pub(super) fn concerns(&self, scope: Scope) -> bool {
        let state = self.lock();
        match scope {
            Scope::Project(project) => state.projects.contains_key(&project),
            Scope::Installation => !state.projects.is_empty(),
            // No change that is made here concerns it.
            Scope::Monitoring => false,
        }
    }

    /// All of it, and the mark up to which it reaches.
    pub(super) fn snapshot(&self) -> (Vec<ProjectId>, u64) {
        let state = self.lock();
        (state.projects.keys().copied().collect(), state.mark)
    }

    /// Waits until something is stuck.
    pub(super) async fn any(&self) {
        loop {
            self.stuck.notified().await;
            if !self.lock().projects.is_empty() {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, and a map is whole between two calls anyway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_change_is_not_settled_by_an_earlier_announcement() {
        let pending = Pending::new();
        let project = ProjectId(1);
        let first = pending.mark(&[project]);
        let second = pending.mark(&[project]);
        pending.settle(&[project], first);
        assert!(pending.concerns(Scope::Project(project)));
        assert!(pending.concerns(Scope::Installation));
        assert!(!pending.concerns(Scope::Project(ProjectId(2))));
        pending.settle(&[project], second);
        assert!(!pending.concerns(Scope::Installation));
    }
}
