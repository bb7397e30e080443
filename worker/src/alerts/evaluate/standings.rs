//! How the rules of a project stand, read from their firings.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use shared::alerts::standing::Standing;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::statement::Statement;

const STANDING_FIRINGS: Statement =
    Statement { sql: include_str!("sql/standing_firings.sql"), action: "read how rules stand" };

/// The error of a rule that looks at the whole project.
pub(super) const WHOLE_PROJECT: i64 = 0;

/// The most firings of one rule that go on at once. A rule that fires about more errors tells nobody
/// anything, and what goes on is read with every evaluation.
const MAX_FIRING: usize = 10_000;

/// A firing as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Firing {
    pub(super) firing_id: Uuid,
    pub(super) started_at: DateTime<Utc>,
    pub(super) cooldown_until: DateTime<Utc>,
    pub(super) muted: bool,
    pub(super) incident_id: Option<Uuid>,
}

/// How a rule stands towards an error, or the project.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stands {
    Firing(Firing),
    Quiet { until: DateTime<Utc> },
}

/// All standings of a project but those of rules that are simply ready.
#[derive(Debug, Default)]
pub(super) struct Standings {
    by_rule: HashMap<Uuid, OfRule>,
}

/// The standings of a rule, by error.
#[derive(Debug, Default)]
struct OfRule {
    errors: HashMap<i64, Stands>,
    firing: usize,
}

impl Standings {
    /// Those that matter at a moment or later.
    pub(super) async fn read(
        tx: &Transaction<'_>,
        project: ProjectId,
        moment: DateTime<Utc>,
    ) -> Result<Self, DbError> {
        let mut standings = Self::default();
        for row in STANDING_FIRINGS.rows(tx, &[&project.0, &moment]).await? {
            standings.add(&row);
        }
        Ok(standings)
    }

    fn add(&mut self, row: &Row) {
        let firing = Firing {
            firing_id: row.get("firing_id"),
            started_at: row.get("started_at"),
            cooldown_until: row.get("cooldown_until"),
            muted: row.get("muted"),
            incident_id: row.get("incident_id"),
        };
        let (rule, error) = (row.get("rule_id"), row.get("error_id"));
        if row.get::<_, Option<DateTime<Utc>>>("ended_at").is_none() {
            self.begin(rule, error, firing);
            return;
        }
        let errors = &mut self.by_rule.entry(rule).or_default().errors;
        let until = match errors.get(&error) {
            Some(Stands::Firing(_)) => return,
            Some(Stands::Quiet { until }) => (*until).max(firing.cooldown_until),
            None => firing.cooldown_until,
        };
        errors.insert(error, Stands::Quiet { until });
    }

    /// How a rule stands.
    pub(super) fn of(&self, rule: Uuid, error: i64) -> Standing {
        match self.by_rule.get(&rule).and_then(|of| of.errors.get(&error)) {
            None => Standing::Ready,
            Some(Stands::Firing(firing)) => Standing::Firing { since: firing.started_at },
            Some(Stands::Quiet { until }) => Standing::Quiet { until: *until },
        }
    }

    /// Whether one more firing of the rule is told.
    pub(super) fn has_room(&self, rule: Uuid) -> bool {
        self.by_rule.get(&rule).is_none_or(|of| of.firing < MAX_FIRING)
    }

    pub(super) fn begin(&mut self, rule: Uuid, error: i64, firing: Firing) {
        let of = self.by_rule.entry(rule).or_default();
        if !matches!(of.errors.insert(error, Stands::Firing(firing)), Some(Stands::Firing(_))) {
            of.firing += 1;
        }
    }

    /// Ends a firing, after which the rule is quiet as long as it cools down.
    pub(super) fn end(&mut self, rule: Uuid, error: i64, at: DateTime<Utc>) -> Option<Firing> {
        let of = self.by_rule.get_mut(&rule)?;
        let stands = of.errors.get_mut(&error)?;
        let Stands::Firing(firing) = stands else { return None };
        let firing = firing.clone();
        *stands = Stands::Quiet { until: firing.cooldown_until.max(at) };
        of.firing -= 1;
        Some(firing)
    }

    /// The errors about which a rule fires.
    pub(super) fn firing_errors(&self, rule: Uuid) -> impl Iterator<Item = i64> {
        let errors = self.by_rule.get(&rule).into_iter().flat_map(|of| &of.errors);
        errors.filter(|(_, stands)| matches!(stands, Stands::Firing(_))).map(|(error, _)| *error)
    }

    /// Whether a rule fires about anything.
    pub(super) fn is_firing(&self, rule: Uuid) -> bool {
        self.by_rule.get(&rule).is_some_and(|of| of.firing > 0)
    }

    /// All errors towards which a rule does not simply stand ready.
    pub(super) fn errors(&self) -> BTreeSet<i64> {
        let all = self.by_rule.values().flat_map(|of| of.errors.keys()).copied();
        all.filter(|error| *error != WHOLE_PROJECT).collect()
    }

    /// Whether a rule fires, or is quiet beyond a moment: then time changes something.
    pub(super) fn is_any(&self, now: DateTime<Utc>) -> bool {
        self.by_rule.values().flat_map(|of| of.errors.values()).any(|stands| match stands {
            Stands::Firing(_) => true,
            Stands::Quiet { until } => *until > now,
        })
    }
}
