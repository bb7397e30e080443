//! Which moments an evaluation looks at.
//!
//! The window that ends now, and those that ended with each slot that changed: events that waited in a
//! spool or behind an outage may have made a rule true that is no longer. Many such moments are worked off
//! in pieces, oldest first.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use deadpool_postgres::Transaction;
use shared::alerts::measure::Moments;
use shared::alerts::slots::{self, SLOT};
use shared::ids::ProjectId;
use shared::postgres::DbError;

use super::Claim;
use crate::statement::Statement;

const CHANGED_SLOTS: Statement =
    Statement { sql: include_str!("sql/changed_slots.sql"), action: "read which slots changed" };
const FORGET_SLOTS: Statement =
    Statement { sql: include_str!("sql/forget_slots.sql"), action: "forget which slots changed" };

/// How much one evaluation works off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Ten minutes of a backlog.
    Usual,
    /// As little as can be, after that took too long.
    Careful,
}

impl Pace {
    fn slots(self) -> i64 {
        match self {
            Self::Usual => 60,
            Self::Careful => 1,
        }
    }
}

/// What is looked at.
#[derive(Debug)]
pub(super) struct Agenda {
    pub(super) moments: Moments,
    marks: Vec<Mark>,
    /// Up to when all was evaluated before.
    evaluated_at: Option<DateTime<Utc>>,
    unfinished: bool,
}

/// A slot that changed, in the version that is evaluated.
#[derive(Debug, Clone, Copy)]
struct Mark {
    slot: DateTime<Utc>,
    version: i64,
}

impl Agenda {
    pub(super) async fn read(
        tx: &Transaction<'_>,
        claim: &Claim,
        pace: Pace,
    ) -> Result<Self, DbError> {
        let (end, most) = (slots::end_of_slot(claim.now), pace.slots());
        let rows = CHANGED_SLOTS.rows(tx, &[&claim.project.id.0, &end, &most]).await?;
        let mark =
            |row: &tokio_postgres::Row| Mark { slot: row.get("slot"), version: row.get("version") };
        Ok(Self::new(rows.iter().map(mark).collect(), pace, (claim.now, claim.evaluated_at)))
    }

    fn new(
        marks: Vec<Mark>,
        pace: Pace,
        (now, evaluated_at): (DateTime<Utc>, Option<DateTime<Utc>>),
    ) -> Self {
        let end = slots::end_of_slot(now);
        let unfinished = i64::try_from(marks.len()).is_ok_and(|count| count >= pace.slots());
        let mut ends: Vec<DateTime<Utc>> = marks.iter().map(|mark| mark.slot + SLOT).collect();
        if !unfinished && ends.last() != Some(&end) {
            ends.push(end);
        }
        Self { moments: Moments { now, ends }, marks, evaluated_at, unfinished }
    }

    /// Whether there is more to work off.
    pub(super) fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// The moments, each with its place among the ends. A window that is still running is seen now.
    pub(super) fn each(&self) -> impl Iterator<Item = Moment> {
        self.moments.ends.iter().enumerate().map(|(place, end)| Moment {
            place,
            end: *end,
            at: (*end).min(self.moments.now),
            late: self.evaluated_at.is_some_and(|evaluated| *end <= evaluated),
        })
    }

    /// Since when it matters how rules stood: the earliest moment, or when they were evaluated last. A rule
    /// whose quiet ended in between is to be looked at.
    pub(super) fn since(&self) -> DateTime<Utc> {
        let first = self.each().map(|moment| moment.at).min().unwrap_or(self.moments.now);
        self.evaluated_at.map_or(first, |evaluated_at| first.min(evaluated_at))
    }

    /// Up to when all is evaluated after this.
    pub(super) fn evaluated_up_to(&self) -> DateTime<Utc> {
        let last = self.each().map(|moment| moment.at).max().unwrap_or(self.moments.now);
        last.max(self.evaluated_at.unwrap_or(last))
    }

    /// Whether windows have slid since the last evaluation.
    pub(super) fn has_slid(&self) -> bool {
        let seen = self.evaluated_at.map(slots::end_of_slot);
        seen.is_none_or(|seen| self.moments.ends.last().is_some_and(|end| *end > seen))
    }

    /// The slots that changed, under every name that upkeep may have given them.
    pub(super) fn touched_slots(&self) -> Vec<DateTime<Utc>> {
        let names = |mark: &Mark| {
            let coarse = [TimeDelta::minutes(1), TimeDelta::hours(1)];
            let coarse = coarse.map(|width| mark.slot.duration_trunc(width).unwrap_or(mark.slot));
            [mark.slot, coarse[0], coarse[1]]
        };
        // What is younger has its own name only.
        let is_old = |mark: &&Mark| self.moments.now - mark.slot > TimeDelta::minutes(110);
        let old = self.marks.iter().filter(is_old).flat_map(names);
        let mut all: Vec<DateTime<Utc>> =
            self.marks.iter().map(|mark| mark.slot).chain(old).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Removes the marks of what was evaluated.
    pub(super) async fn forget(
        &self,
        tx: &Transaction<'_>,
        project: ProjectId,
    ) -> Result<(), DbError> {
        if self.marks.is_empty() {
            return Ok(());
        }
        let slots: Vec<DateTime<Utc>> = self.marks.iter().map(|mark| mark.slot).collect();
        let versions: Vec<i64> = self.marks.iter().map(|mark| mark.version).collect();
        FORGET_SLOTS.execute(tx, &[&project.0, &slots, &versions]).await
    }
}

/// A moment that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Its place among the ends.
    pub(super) place: usize,
    /// The end of the windows.
    pub(super) end: DateTime<Utc>,
    /// The moment itself: the end, or now where the last slot is running.
    pub(super) at: DateTime<Utc>,
    /// Whether it was looked at before, without what has come since.
    pub(super) late: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn agenda(slots: &[i64], now: i64, evaluated_at: Option<i64>) -> Agenda {
        let marks = slots.iter().map(|slot| Mark { slot: at(*slot), version: 1 }).collect();
        Agenda::new(marks, Pace::Usual, (at(now), evaluated_at.map(at)))
    }

    fn moments(agenda: &Agenda) -> Vec<(i64, i64, bool)> {
        let second = |time: DateTime<Utc>| (time - at(0)).num_seconds();
        agenda.each().map(|one| (second(one.end), second(one.at), one.late)).collect()
    }

    #[test]
    fn the_running_window_is_always_looked_at() {
        assert_eq!(moments(&agenda(&[], 3, None)), [(10, 3, false)]);
        assert_eq!(moments(&agenda(&[0], 3, Some(2))), [(10, 3, false)]);
        assert_eq!(moments(&agenda(&[-10, 0], 3, Some(-1))), [(0, 0, false), (10, 3, false)]);
    }

    #[test]
    fn what_came_late_is_looked_at_again() {
        let late = agenda(&[-600], 3, Some(2));
        assert_eq!(moments(&late), [(-590, -590, true), (10, 3, false)]);
        assert_eq!(late.since(), at(-590));
        assert!(!late.has_slid());
    }

    #[test]
    fn a_backlog_is_worked_off_in_pieces_oldest_first() {
        let slots: Vec<i64> = (0..60).map(|slot| slot * 10 - 6_000).collect();
        let backlog = agenda(&slots, 3, Some(-6_000));
        assert!(backlog.is_unfinished());
        assert_eq!(backlog.moments.ends.len(), 60);
        assert_eq!(backlog.evaluated_up_to(), at(-5_400));
    }
}
