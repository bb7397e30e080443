//! What the two are compared by.

use super::turn::Turn;

/// Which of two values is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The larger.
    More,
    /// The smaller.
    Less,
}

/// A figure of a turn.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// In what it is counted.
    pub unit: &'static str,
    /// Which is better.
    pub better: Better,
    /// Where it comes from.
    pub of: fn(&Turn) -> f64,
}

/// All of them, the most telling first.
pub const FIGURES: [Figure; 7] = [
    Figure { name: "stored end to end", unit: "events/s", better: Better::More, of: Turn::rate },
    Figure { name: "accepted", unit: "events/s", better: Better::More, of: Turn::accepted_rate },
    Figure {
        name: "CPU for 1,000 stored events",
        unit: "s",
        better: Better::Less,
        of: Turn::cpu_for_thousand,
    },
    Figure {
        name: "database for an event",
        unit: "bytes",
        better: Better::Less,
        of: |turn| real(turn.event_bytes),
    },
    Figure { name: "answer p50", unit: "ms", better: Better::Less, of: |turn| answer(turn, 0.5) },
    Figure { name: "answer p99", unit: "ms", better: Better::Less, of: |turn| answer(turn, 0.99) },
    Figure {
        name: "most memory",
        unit: "MB",
        better: Better::Less,
        of: |turn| real(turn.memory) / 1e6,
    },
];

impl Figure {
    /// How many times better the second turn is; below one it is worse.
    #[must_use]
    pub fn times_better(&self, first: &Turn, second: &Turn) -> f64 {
        let (first, second) = ((self.of)(first), (self.of)(second));
        let (better, worse) = match self.better {
            Better::More => (second, first),
            Better::Less => (first, second),
        };
        better / worse.max(f64::EPSILON)
    }
}

/// A number with three digits that mean something.
#[must_use]
pub fn readable(value: f64) -> String {
    match value {
        value if value >= 100.0 => thousands(&format!("{value:.0}")),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 1.0 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

/// Digits in groups of three.
fn thousands(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn answer(turn: &Turn, share: f64) -> f64 {
    turn.sent.latencies.quantile(share).as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
fn real(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::compare::Product;
    use crate::compare::client::Sent;
    use crate::load::tally::Latencies;
    use crate::sdk::Size;

    /// A turn in which all was stored within ten seconds.
    pub(crate) fn turn(product: Product, stored: u64, millis: u64) -> Turn {
        let mut latencies = Latencies::default();
        latencies.record(Duration::from_millis(millis));
        Turn {
            product,
            size: Size::Small,
            sent: Sent { accepted: stored, latencies, ..Sent::default() },
            stored,
            answering: Duration::from_secs(5),
            until_stored: Duration::from_secs(10),
            cpu: Duration::from_secs(8),
            client_cpu: Duration::from_secs(1),
            memory: 50_000_000,
            event_bytes: 1_000,
        }
    }

    #[track_caller]
    fn check(name: &str, value: f64, times_better: f64) {
        let figure = FIGURES.iter().find(|figure| figure.name == name).unwrap();
        let (first, second) = (turn(Product::Bugsink, 500, 40), turn(Product::Errata, 5_000, 10));
        assert!(((figure.of)(&first) - value).abs() < value * 0.01, "{}", (figure.of)(&first));
        let found = figure.times_better(&first, &second);
        assert!((found - times_better).abs() < times_better * 0.01, "{found}");
    }

    #[test]
    fn figures_are_those_of_the_turn() {
        check("stored end to end", 50.0, 10.0);
        check("accepted", 100.0, 10.0);
        check("CPU for 1,000 stored events", 16.0, 10.0);
        check("database for an event", 1_000.0, 1.0);
        check("answer p50", 40.0, 4.0);
        check("most memory", 50.0, 1.0);
    }

    #[test]
    fn numbers_are_readable() {
        let texts = [0.02345, 3.456, 34.56, 345.6, 1_234_567.0].map(readable);
        assert_eq!(texts, ["0.023", "3.46", "34.6", "346", "1,234,567"]);
    }
}
