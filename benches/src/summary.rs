//! What a run says about itself in words.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::load::Outcome;
use crate::load::tally::{Latencies, Second};

/// A line about one second.
#[derive(Debug)]
pub struct Progress<'a>(pub &'a Second);

impl Display for Progress<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Second { at, sent, answered, accepted, failed, p99, .. } = self.0;
        write!(
            f,
            "{:>4} s  sent {sent:>6}  answered {answered:>6}  accepted events {accepted:>6}  failures {failed:>4}  p99 {} ms",
            at + 1,
            millis(*p99),
        )
    }
}

/// A page about a whole run.
#[derive(Debug)]
pub struct Summary<'a>(pub &'a Outcome);

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Outcome { tally, elapsed, busy, .. } = self.0;
        writeln!(f, "requests sent      {}", tally.requests)?;
        writeln!(f, "events sent        {} of {} errors", tally.events, self.0.errors())?;
        writeln!(f, "events accepted    {}", tally.accepted)?;
        for (status, count) in &tally.statuses {
            writeln!(f, "answers {status}        {count}")?;
        }
        for (failure, count) in &tally.failures {
            writeln!(f, "no answer          {count} ({})", failure.as_label())?;
        }
        writeln!(f, "elapsed            {:.2} s", elapsed.as_secs_f64())?;
        writeln!(f, "accepted a second  {:.0}", per_second(tally.accepted, *elapsed))?;
        writeln!(f, "latency ms         {}", Quantiles(&tally.latencies))?;
        writeln!(f, "generator's lag ms {}", Quantiles(&tally.lag))?;
        writeln!(f, "connections busy   {} requests had to wait for one", tally.crowded)?;
        writeln!(f, "generator busy     {:.0} % of the time", busy * 100.0)?;
        if !self.0.kept_up() {
            writeln!(f, "WARNING: the generator could not keep to its schedule; see its lag")?;
        }
        Ok(())
    }
}

/// The usual quantiles in milliseconds.
#[derive(Debug)]
pub struct Quantiles<'a>(pub &'a Latencies);

/// The quantiles that are reported, by name.
pub const QUANTILES: [(&str, f64); 4] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

impl Display for Quantiles<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (name, share) in QUANTILES {
            write!(f, "{name} {}  ", millis(self.0.quantile(share)))?;
        }
        write!(f, "max {}", millis(self.0.max()))
    }
}

/// Milliseconds with as many digits as mean something.
#[must_use]
pub fn millis(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1e3;
    if millis < 100.0 { format!("{millis:.2}") } else { format!("{millis:.0}") }
}

/// How many a second.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
pub fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::load::tally::Tally;

    #[test]
    fn a_slow_generator_says_so() {
        let warning = "could not keep to its schedule";
        let (begun, elapsed) = (Instant::now(), Duration::from_secs(1));
        let tally = Tally::default();
        let mut outcome = Outcome { tally, seen: vec![true], begun, elapsed, busy: 0.3 };
        assert!(!Summary(&outcome).to_string().contains(warning));
        outcome.tally.lag.record(Duration::from_millis(50));
        assert!(Summary(&outcome).to_string().contains(warning));
    }

    #[test]
    fn milliseconds_are_readable() {
        assert_eq!(millis(Duration::from_micros(1_234)), "1.23");
        assert_eq!(millis(Duration::from_micros(1_234_567)), "1235");
    }
}
