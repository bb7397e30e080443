//! What conditions measure at some moments.
//!
//! All conditions of a project are measured together: whatever their number, there is one statement for
//! the project's events, one for those of errors by themselves, and few for what only some conditions ask.
//! Windows are cut at their boundaries, so that one reading serves windows of every length.
//!
//! What is not here: comparing with thresholds, and which errors are worth a look.

mod counts;
mod facets;
mod measured;
mod read;
mod take;

use std::collections::HashMap;

use chrono::{DateTime, Utc};

pub use self::measured::{Measured, Value};
pub use self::read::{active_errors, errors_that_match};

use self::facets::Facets;
use super::condition::{Metric, ResolvedCondition, Scope, Span};
use super::slots::{self, Stretch};

/// Which of the measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MeasureId(usize);

/// When is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moments {
    /// The time now, which says how fine the slots are.
    pub now: DateTime<Utc>,
    /// The ends of windows, each the end of a slot, in ascending order.
    pub ends: Vec<DateTime<Utc>>,
}

/// What the conditions of one project measure. Conditions that differ in comparison and threshold alone
/// share a measure.
#[derive(Debug, Default)]
pub struct Measures {
    list: Vec<Measure>,
    known: HashMap<Key, MeasureId>,
    facets: Facets,
}

type Key = (Metric, Span, Scope, String);

/// One thing that is measured.
#[derive(Debug)]
struct Measure {
    condition: ResolvedCondition,
    /// What messages must contain.
    texts: Vec<String>,
    /// Whether each known facet counts, by its place in [`Facets`].
    admits: Vec<bool>,
}

/// How a measure is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Events,
    Arrivals { regressed: bool },
    Users,
}

impl Measure {
    fn family(&self) -> Family {
        match self.condition.metric {
            Metric::ErrorCount | Metric::ErrorRate | Metric::ErrorCountChange => Family::Events,
            Metric::NewErrorCount => Family::Arrivals { regressed: false },
            Metric::RegressionCount => Family::Arrivals { regressed: true },
            Metric::UsersAffected => Family::Users,
        }
    }

    fn window(&self, end: DateTime<Utc>, now: DateTime<Utc>) -> Stretch {
        slots::window(end, self.condition.window, now)
    }

    /// The window that this one is compared with.
    fn window_before(&self, end: DateTime<Utc>, now: DateTime<Utc>) -> Option<Stretch> {
        (self.condition.metric == Metric::ErrorCountChange)
            .then(|| slots::window_before(end, self.condition.window, now))
    }

    fn is_of_each_error(&self) -> bool {
        self.condition.scope == Scope::EachError
    }
}

impl Measures {
    /// Nothing is measured yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what a condition measures.
    pub fn add(&mut self, condition: &ResolvedCondition) -> MeasureId {
        let filters: Vec<String> = condition.filters.iter().map(ToString::to_string).collect();
        let key = (condition.metric, condition.window, condition.scope, filters.join(" and "));
        *self.known.entry(key).or_insert_with(|| {
            let texts = condition.message_texts().map(str::to_owned).collect();
            self.list.push(Measure { condition: condition.clone(), texts, admits: Vec::new() });
            MeasureId(self.list.len() - 1)
        })
    }

    /// Whether something is measured of each error by itself.
    pub fn look_at_each_error(&self) -> bool {
        self.list.iter().any(Measure::is_of_each_error)
    }

    /// The time that measures of single errors look at, of those that are picked.
    pub fn reach_of_errors(
        &self,
        moments: &Moments,
        picked: impl IntoIterator<Item = MeasureId>,
    ) -> Option<Stretch> {
        let measures = picked.into_iter().filter_map(|id| self.list.get(id.0));
        let stretches = measures
            .filter(|one| one.is_of_each_error())
            .flat_map(|measure| measure.stretches(moments));
        stretches.reduce(|all, one| Stretch {
            start: all.start.min(one.start),
            end: all.end.max(one.end),
        })
    }

    /// The facets that count for a measure, of those seen so far; none: all of them.
    pub fn admitted_facets(&self, measure: MeasureId) -> Option<Vec<i32>> {
        let measure = self.list.get(measure.0)?;
        let filters = measure.condition.filters.len();
        let asks_for_facets = filters > measure.texts.len();
        asks_for_facets.then(|| self.facets.admitted(&measure.admits))
    }

    /// The window of a measure.
    pub fn window(&self, measure: MeasureId, end: DateTime<Utc>, now: DateTime<Utc>) -> Stretch {
        let measure = self.list.get(measure.0);
        measure.map_or(Stretch { start: end, end }, |measure| measure.window(end, now))
    }
}
