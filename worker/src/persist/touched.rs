//! Which errors a transaction changed, for those who are told of it after the commit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::ids::ProjectId;

use super::arrival::{Arrival, Delivered};
use super::changes::ErrorKey;

/// Errors that were changed, by project.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Touched(BTreeMap<ProjectId, TouchedErrors>);

/// Errors of one project that were changed, by their numbers in Postgres. Each stands in one of the sets.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TouchedErrors {
    /// Seen for the first time.
    pub new: BTreeSet<i64>,
    /// Resolved before.
    pub regressed: BTreeSet<i64>,
    /// All others.
    pub counted: BTreeSet<i64>,
    /// There were others that nobody remembers: a message was stored before, and came again.
    pub unknown: bool,
}

impl Touched {
    pub(super) fn new(
        all: impl Iterator<Item = ErrorKey>,
        new: &[ErrorKey],
        regressed: &[ErrorKey],
    ) -> Self {
        let mut touched = Self::default();
        for (project, error) in all {
            touched.0.entry(project).or_default().counted.insert(error);
        }
        for (project, error) in new {
            let errors = touched.0.entry(*project).or_default();
            errors.counted.remove(error);
            errors.new.insert(*error);
        }
        for (project, error) in regressed {
            let errors = touched.0.entry(*project).or_default();
            errors.counted.remove(error);
            errors.regressed.insert(*error);
        }
        touched
    }

    /// Adds errors of these projects that nobody remembers.
    pub(super) fn add_unknown(&mut self, projects: BTreeSet<ProjectId>) {
        for project in projects {
            self.0.entry(project).or_default().unknown = true;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (project, errors) in other.0 {
            let own = self.0.entry(project).or_default();
            own.new.extend(errors.new);
            own.regressed.extend(errors.regressed);
            own.counted.extend(errors.counted);
            own.unknown |= errors.unknown;
        }
    }

    /// The errors by project.
    pub fn into_projects(self) -> impl Iterator<Item = (ProjectId, TouchedErrors)> {
        self.0.into_iter()
    }
}

/// The projects of events that were delivered and are not among the fresh ones.
pub(super) fn again(delivered: &Delivered, fresh: &[Arrival<'_>]) -> BTreeSet<ProjectId> {
    let mut left: HashMap<ProjectId, usize> = HashMap::new();
    for entry in delivered.entries() {
        *left.entry(entry.project_id).or_default() += 1;
    }
    for arrival in fresh {
        if let Some(left) = left.get_mut(&arrival.project_id) {
            *left = left.saturating_sub(1);
        }
    }
    left.into_iter().filter(|(_, left)| *left > 0).map(|(project, _)| project).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stands_where_most_is_said_of_it() {
        let (one, two) = (ProjectId(1), ProjectId(2));
        let all = [(one, 1), (one, 2), (one, 3), (two, 4)];
        let mut touched = Touched::new(all.into_iter(), &[(one, 1)], &[(one, 2)]);
        touched.merge(Touched::new([(two, 5)].into_iter(), &[], &[]));
        touched.add_unknown([two].into());
        let expected = [
            (
                one,
                TouchedErrors {
                    new: [1].into(),
                    regressed: [2].into(),
                    counted: [3].into(),
                    unknown: false,
                },
            ),
            (two, TouchedErrors { counted: [4, 5].into(), unknown: true, ..Default::default() }),
        ];
        assert_eq!(touched.into_projects().collect::<Vec<_>>(), expected);
    }
}
