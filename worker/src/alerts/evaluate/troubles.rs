//! Projects whose evaluation failed: because there was too much to do at once, or Postgres refused.
//!
//! They are tried again after the others, after a while that doubles, and in small steps until they have
//! caught up. Kept by each worker for itself: a project that fails for one is no reason for another not to
//! try.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::ids::ProjectId;
use tokio::time::Instant;

use super::agenda::Pace;

/// The rest after the first failure, which doubles with each further one.
const FIRST_REST: Duration = Duration::from_secs(5);

/// The longest rest. A failing evaluation may take as long as it is allowed to, while others wait.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// The projects in trouble.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    by_project: BTreeMap<ProjectId, Trouble>,
}

#[derive(Debug, Clone, Copy)]
struct Trouble {
    rest: Duration,
    until: Instant,
}

impl Troubles {
    /// The projects that are to be tried now, those in trouble last.
    pub(super) fn in_order(&self, due: Vec<ProjectId>, now: Instant) -> Vec<ProjectId> {
        let trouble = |project: &ProjectId| self.by_project.get(project);
        let mut due: Vec<ProjectId> =
            due.into_iter().filter(|one| trouble(one).is_none_or(|it| it.until <= now)).collect();
        due.sort_by_key(|project| trouble(project).is_some());
        due
    }

    /// How much of a project is worked off at once.
    pub(super) fn pace(&self, project: ProjectId) -> Pace {
        if self.by_project.contains_key(&project) { Pace::Careful } else { Pace::Usual }
    }

    /// Notes that the evaluation of a project failed.
    pub(super) fn note(&mut self, project: ProjectId, now: Instant) {
        let before = self.by_project.get(&project);
        let rest = before.map_or(FIRST_REST, |before| (before.rest * 2).min(LONGEST_REST));
        self.by_project.insert(project, Trouble { rest, until: now + rest });
    }

    /// Notes that a project was evaluated, and that nothing is left of its backlog.
    pub(super) fn end(&mut self, project: ProjectId) {
        self.by_project.remove(&project);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: ProjectId = ProjectId(2);
    const BAD: ProjectId = ProjectId(1);

    #[test]
    fn what_failed_comes_last_rests_longer_each_time_and_takes_small_steps() {
        let (mut troubles, mut now) = (Troubles::default(), Instant::now());
        assert_eq!(troubles.in_order(vec![BAD, QUIET], now), [BAD, QUIET]);
        for rest in [5, 10, 20, 40, 80, 160, 300, 300].map(Duration::from_secs) {
            troubles.note(BAD, now);
            let shortly_before = now + rest - Duration::from_millis(1);
            assert_eq!(troubles.in_order(vec![BAD, QUIET], shortly_before), [QUIET], "{rest:?}");
            now += rest;
            assert_eq!(troubles.in_order(vec![BAD, QUIET], now), [QUIET, BAD], "{rest:?}");
        }
        assert_eq!((troubles.pace(BAD), troubles.pace(QUIET)), (Pace::Careful, Pace::Usual));
        troubles.end(BAD);
        assert_eq!(troubles.in_order(vec![BAD, QUIET], now), [BAD, QUIET]);
    }
}
