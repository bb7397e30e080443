//! Events by level.

use serde::Serialize;
use shared::event::Level;

/// How many events of each level there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Levels {
    fatal: i64,
    error: i64,
    warning: i64,
    info: i64,
    debug: i64,
}

impl Levels {
    pub(super) fn add(&mut self, level: Level, events: i64) {
        *self.of(level) += events;
    }

    /// Events of all levels.
    pub(super) fn all(&self) -> i64 {
        self.critical() + self.warning + self.info + self.debug
    }

    /// Events of level error and above.
    pub(super) fn critical(&self) -> i64 {
        self.fatal + self.error
    }

    fn of(&mut self, level: Level) -> &mut i64 {
        match level {
            Level::Fatal => &mut self.fatal,
            Level::Error => &mut self.error,
            Level::Warning => &mut self.warning,
            Level::Info => &mut self.info,
            Level::Debug => &mut self.debug,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_counts_once() {
        let mut levels = Levels::default();
        for (level, events) in Level::ALL.into_iter().zip([1, 10, 100, 1_000, 10_000]) {
            levels.add(level, events);
        }
        assert_eq!(levels.all(), 11_111);
        assert_eq!(levels.critical(), 11_000);
    }
}
