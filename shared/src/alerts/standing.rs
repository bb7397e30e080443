//! What a measurement means for a rule, or for a rule and one error: whether it fires, recovers, or goes
//! on as it is.
//!
//! A rule fires when its condition becomes true, once, and not again before it was false. After that it
//! is quiet until its cooldown has passed. Pure: the worker keeps standings as firings, the query API
//! plays them through over the past.

use chrono::{DateTime, Utc};

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its condition was false, or it cooled down.
    Ready,
    /// It does not fire before then.
    Quiet {
        /// Until then.
        until: DateTime<Utc>,
    },
    /// Its condition became true and has been since.
    Firing {
        /// When it became true.
        since: DateTime<Utc>,
    },
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It begins to fire.
    Fires,
    /// It ends to fire.
    Recovers,
}

impl Standing {
    /// What it means that the condition holds, or does not, at a moment.
    pub fn turn(self, holds: bool, at: DateTime<Utc>) -> Option<Turn> {
        match self {
            Self::Ready => holds.then_some(Turn::Fires),
            Self::Quiet { until } => (holds && at >= until).then_some(Turn::Fires),
            // What was measured before it began to fire says nothing about it.
            Self::Firing { since } => (!holds && at > since).then_some(Turn::Recovers),
        }
    }

    /// As [`Standing::turn`], for a moment that was measured before and is measured again because events
    /// came late. More events may show that the rule should have fired then; they never show that it
    /// recovered.
    pub fn late_turn(self, holds: bool, at: DateTime<Utc>) -> Option<Turn> {
        match self {
            Self::Ready | Self::Quiet { .. } => self.turn(holds, at),
            Self::Firing { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[track_caller]
    fn check(standing: Standing, holds: bool, second: i64, turn: Option<Turn>, late: Option<Turn>) {
        assert_eq!(standing.turn(holds, at(second)), turn, "{standing:?} {holds}");
        assert_eq!(standing.late_turn(holds, at(second)), late, "{standing:?} {holds}, late");
    }

    #[test]
    fn a_rule_fires_once_recovers_once_and_cools_down() {
        let (fires, recovers) = (Some(Turn::Fires), Some(Turn::Recovers));
        check(Standing::Ready, false, 100, None, None);
        check(Standing::Ready, true, 100, fires, fires);
        let firing = Standing::Firing { since: at(100) };
        check(firing, true, 110, None, None);
        check(firing, false, 110, recovers, None);
        // Late: what was measured before it began.
        check(firing, false, 90, None, None);
        let quiet = Standing::Quiet { until: at(200) };
        check(quiet, true, 199, None, None);
        check(quiet, true, 200, fires, fires);
        check(quiet, false, 300, None, None);
    }
}
