//! What begins to fire and what recovers. Pure: no I/O.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use shared::alerts::measure::{Measured, Value};
use shared::alerts::slots;
use shared::alerts::standing::Turn;
use uuid::Uuid;

use super::agenda::{Agenda, Moment};
use super::rules::{ProjectRules, Rule};
use super::standings::{Firing, Standings, WHOLE_PROJECT};

/// A rule that began or ended to fire.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Turned {
    /// The place of the rule.
    pub(super) rule: usize,
    /// The error, or 0.
    pub(super) error: i64,
    pub(super) firing: Firing,
    /// When it turned.
    pub(super) at: DateTime<Utc>,
    /// The end of the window that showed it.
    pub(super) window_end: DateTime<Utc>,
    pub(super) value: f64,
    pub(super) turn: Turn,
    /// Whether the rule fires about anything after all.
    pub(super) still_firing: bool,
}

impl Turned {
    pub(super) fn is_firing(&self) -> bool {
        self.turn == Turn::Fires
    }
}

/// Everything that turns, in order of time.
pub(super) fn turned(
    rules: &ProjectRules,
    agenda: &Agenda,
    measured: &Measured,
    standings: &mut Standings,
) -> Vec<Turned> {
    let mut turned = Vec::new();
    for moment in agenda.each() {
        for (place, rule) in rules.rules.iter().enumerate() {
            // What rises only by events may have been missed; whatever else came late is past.
            if moment.late && !rule.needs_events() {
                continue;
            }
            let Some(value) = measured.value(rule.measure, moment.place) else { continue };
            // What was looked at before and is kept less finely since must not seem to be less.
            let start =
                || rules.measures.window(rule.measure, moment.end, agenda.moments.now).start;
            let coarse = moment.late && !slots::are_fine(start(), agenda.moments.now);
            let looking = Looking { place, rule, moment, coarse };
            looking.at_all(value, standings, &mut turned);
        }
    }
    for one in &mut turned {
        one.still_firing =
            rules.rules.get(one.rule).is_some_and(|rule| standings.is_firing(rule.id()));
    }
    turned
}

/// A rule that is looked at, at a moment.
#[derive(Clone, Copy)]
struct Looking<'a> {
    place: usize,
    rule: &'a Rule,
    moment: Moment,
    coarse: bool,
}

impl Looking<'_> {
    fn at_all(self, value: &Value, standings: &mut Standings, turned: &mut Vec<Turned>) {
        match value {
            Value::Project(value) => turned.extend(self.at_one(WHOLE_PROJECT, *value, standings)),
            Value::Errors(values) => {
                // What neither holds nor fires stays as it is.
                let mut errors: BTreeSet<i64> = standings.firing_errors(self.rule.id()).collect();
                let holding = values.iter().filter(|(_, value)| self.holds(Some(*value)));
                errors.extend(holding.map(|(error, _)| *error));
                for error in errors {
                    turned.extend(self.at_one(error, value.of_error(error), standings));
                }
            }
        }
    }

    /// No value is never true.
    fn holds(self, value: Option<f64>) -> bool {
        let condition = &self.rule.condition;
        value.is_some_and(|value| condition.comparison.holds(value, condition.threshold))
    }

    fn at_one(self, error: i64, value: Option<f64>, standings: &mut Standings) -> Option<Turned> {
        let (rule, Moment { at, end, .. }) = (self.rule, self.moment);
        let (standing, holds) = (standings.of(rule.id(), error), self.holds(value));
        let turn =
            if self.coarse { standing.coarse_turn(holds, at) } else { standing.turn(holds, at) }?;
        let firing = match turn {
            Turn::Fires => self.begin(error, standings)?,
            Turn::Recovers => standings.end(rule.id(), error, at)?,
        };
        let value = value.unwrap_or_default();
        let (rule, window_end) = (self.place, end);
        Some(Turned { rule, error, firing, at, window_end, value, turn, still_firing: false })
    }

    /// None when the rule fires about too much already.
    fn begin(self, error: i64, standings: &mut Standings) -> Option<Firing> {
        let (rule, at) = (self.rule, self.moment.at);
        if !standings.has_room(rule.id()) {
            return None;
        }
        let firing = Firing {
            firing_id: Uuid::now_v7(),
            started_at: at,
            cooldown_until: at + rule.cooldown,
            muted: rule.is_muted(at),
            incident_id: None,
        };
        standings.begin(rule.id(), error, firing.clone());
        Some(firing)
    }
}
