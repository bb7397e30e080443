//! Which payloads are kept. Budgets bound what one error may take on disk in an hour, and one project
//! in all; past them an event is counted and keeps its row, without its payload.
//!
//! What is used is read in the transaction and not locked, so that workers do not wait for each other:
//! a budget may be passed by what the transactions that run at the same time keep.

use std::collections::HashMap;

use chrono::{DateTime, Timelike as _, Utc};
use shared::ids::ProjectId;
use shared::ledger;
use shared::payload::Payload;

use super::arrival::Arrival;
use super::changes::ErrorKey;
use super::names::Name;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Payloads of one error among the events received in one hour.
    pub error_payloads_per_hour: u32,
    /// Bytes of all payloads of one project.
    pub project_bytes: u64,
}

/// Why a payload was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// The error has used up its hour.
    ErrorBudget,
    /// The project has used up its bytes.
    ProjectBudget,
    /// The message brought none.
    BySender,
}

impl LeftOut {
    /// The reason in metrics and in the ledger.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ErrorBudget => "error_budget",
            Self::ProjectBudget => "project_budget",
            Self::BySender => "sender",
        }
    }
}

/// What has been used, as the events of a transaction are looked at one after the other.
#[derive(Debug)]
pub(super) struct Spending<'a> {
    budgets: Budgets,
    project_bytes: HashMap<ProjectId, u64>,
    stored_bytes: &'a HashMap<ProjectId, u64>,
    /// The hour that is being used, and the payloads kept in it.
    errors: HashMap<ErrorKey, (Option<DateTime<Utc>>, u32)>,
}

impl<'a> Spending<'a> {
    /// Starts from the bytes that the projects hold.
    pub(super) fn new(budgets: Budgets, stored_bytes: &'a HashMap<ProjectId, u64>) -> Self {
        Self { budgets, project_bytes: HashMap::new(), stored_bytes, errors: HashMap::new() }
    }

    /// The payload of an event if it is to be kept, which uses up a piece of both budgets.
    pub(super) fn spend<'e>(
        &mut self,
        arrival: Arrival<'e>,
        name: Name,
    ) -> Result<&'e Payload, LeftOut> {
        let payload = arrival.entry.payload.as_ref().ok_or(LeftOut::BySender)?;
        let project = arrival.project_id;
        let bytes = self
            .project_bytes
            .entry(project)
            .or_insert_with(|| self.stored_bytes.get(&project).copied().unwrap_or_default());
        let held = bytes.saturating_add(payload.bytes.len() as u64);
        if held > self.budgets.project_bytes {
            return Err(LeftOut::ProjectBudget);
        }
        let hour = ledger::hour(arrival.received_at);
        let (used_hour, used) = self
            .errors
            .entry((project, name.error_id))
            .or_insert((name.payload_hour, name.payloads));
        // An event of an earlier hour, out of a spool, counts in the hour that is being used.
        if used_hour.is_none_or(|used_hour| used_hour < hour) {
            (*used_hour, *used) = (Some(hour), 0);
        }
        if *used >= allowance(self.budgets.error_payloads_per_hour, arrival.received_at) {
            return Err(LeftOut::ErrorBudget);
        }
        *used += 1;
        *bytes = held;
        Ok(payload)
    }
}

/// Payloads that an error may have used by a moment of the hour: nine tenths at any time, the last
/// tenth minute by minute, so that an error that rages for an hour still shows a fresh example.
fn allowance(budget: u32, at: DateTime<Utc>) -> u32 {
    let spread = budget / 10;
    let minutes = u64::from(at.minute() + 1);
    let released = u64::from(spread) * minutes / 60;
    budget - spread + u32::try_from(released).unwrap_or(spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(budget: u32, minute: u32, expected: u32) {
        let at = shared::time::parse(&format!("2025-08-29T12:{minute:02}:59Z")).unwrap();
        assert_eq!(allowance(budget, at), expected);
    }

    #[test]
    fn the_last_tenth_is_given_out_minute_by_minute() {
        check(1_000, 0, 901);
        check(1_000, 29, 950);
        check(1_000, 59, 1_000);
        check(5, 0, 5);
        check(1, 59, 1);
        check(u32::MAX, 59, u32::MAX);
    }
}
