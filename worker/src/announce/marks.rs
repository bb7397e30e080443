//! What is to be announced: projects, and as far as it is known which of their errors.

use std::collections::{BTreeMap, BTreeSet};

use shared::ids::ProjectId;

use crate::persist::{Stored, TouchedErrors};

/// Numbers that are remembered of one kind and project. Listeners are told of fifty, so this is for those
/// of which more is said elsewhere; memory and time stay bounded whatever is stored.
const MAX_ERRORS: usize = 1_000;

/// Projects with what is known of their changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(BTreeMap<ProjectId, Mark>);

/// What is known of a project's changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Errors that are new.
    pub(super) new: BTreeSet<i64>,
    /// Errors that came back and are not new.
    pub(super) regressed: BTreeSet<i64>,
    /// Errors that were seen again; those of the other sets may be among them.
    pub(super) counted: BTreeSet<i64>,
    /// There were more than are remembered.
    pub(super) more: bool,
    /// Something changed, and nobody knows what.
    pub(super) unknown: bool,
}

impl Marks {
    /// Adds what a transaction changed. Projects whose errors it left as they were are marked, too.
    pub(super) fn add(&mut self, stored: Stored) {
        for project in stored.projects {
            self.0.entry(project).or_default();
        }
        for (project, errors) in stored.touched.into_projects() {
            self.0.entry(project).or_default().add(errors);
        }
    }

    /// Adds changes of which nothing is known.
    pub(super) fn add_unknown(&mut self, projects: impl IntoIterator<Item = ProjectId>) {
        for project in projects {
            self.0.entry(project).or_default().unknown = true;
        }
    }

    /// Adds later marks.
    pub(super) fn merge(&mut self, later: Self) {
        for (project, mark) in later.0 {
            self.0.entry(project).or_default().merge(mark);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn projects(&self) -> impl Iterator<Item = ProjectId> + '_ {
        self.0.keys().copied()
    }

    pub(super) fn into_projects(self) -> impl Iterator<Item = (ProjectId, Mark)> {
        self.0.into_iter()
    }
}

impl Mark {
    fn add(&mut self, errors: TouchedErrors) {
        let TouchedErrors { new, regressed, counted, unknown } = errors;
        self.merge(Self { new, regressed, counted, more: false, unknown });
    }

    fn merge(&mut self, later: Self) {
        let sets = [
            (&mut self.new, later.new),
            (&mut self.regressed, later.regressed),
            (&mut self.counted, later.counted),
        ];
        for (own, more) in sets {
            let room = MAX_ERRORS.saturating_sub(own.len());
            self.more |= more.len() > room;
            own.extend(more.into_iter().take(room));
        }
        self.more |= later.more;
        self.unknown |= later.unknown;
    }

    /// Whether there is anything to tell.
    pub(super) fn says_nothing(&self) -> bool {
        let Self { new, regressed, counted, more, unknown } = self;
        new.is_empty() && regressed.is_empty() && counted.is_empty() && !more && !unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_remembered_than_is_allowed() {
        let mut mark = Mark::default();
        assert!(mark.says_nothing());
        let counted = |numbers: std::ops::Range<i64>| TouchedErrors {
            counted: numbers.collect(),
            ..TouchedErrors::default()
        };
        mark.add(counted(0..600));
        assert!(!mark.says_nothing() && !mark.more);
        mark.add(counted(600..1_200));
        assert!(mark.more && !mark.unknown);
        assert_eq!(mark.counted.len(), MAX_ERRORS);
    }
}
