//! What the live feed tells of firings.

use shared::alerts::standing::Turn;
use shared::ids::ErrorId;
use shared::live::{Firing, FiringState, Item};

use super::decide::Turned;
use super::rules::ProjectRules;
use super::tell::Facts;

/// Firings that are told one by one; of more the feed tells that there is something to look at.
const MAX_TOLD: usize = 50;

/// The firings that began and ended.
pub(super) fn firings(rules: &ProjectRules, turned: &[Turned], facts: &Facts) -> Vec<Item> {
    if turned.len() > MAX_TOLD {
        return vec![Item::Refresh];
    }
    let told = turned.iter().filter_map(|one| {
        let rule = &rules.rules.get(one.rule)?.told;
        let state = match one.turn {
            Turn::Fires => FiringState::Firing,
            Turn::Recovers => FiringState::Ended,
        };
        Some(Item::Firing(Firing {
            firing_id: one.firing.firing_id,
            rule_id: rule.id,
            rule_name: rule.name.clone(),
            severity: rule.severity.as_str().to_owned(),
            state,
            error_id: facts.name(one.error).map(ErrorId),
            value: one.value,
            threshold: rule.threshold,
            at: one.at,
        }))
    });
    told.collect()
}
