//! Bounds the bytes that requests hold, whatever their number and size.

use std::sync::Arc;

use shared::telemetry::metrics::{self, Gauge};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of one permit; a semaphore counts to fewer than a large budget has bytes.
const UNIT: usize = 1024;

/// The bytes that all requests together may hold.
#[derive(Debug, Clone)]
pub(crate) struct MemoryBudget {
    free: Arc<Semaphore>,
    units: usize,
}

/// No memory is left for a request; it may try again soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the memory for requests is used up")]
pub(crate) struct OutOfMemory;

/// Bytes held by one request, free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: MemoryBudget,
    held: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl MemoryBudget {
    pub(crate) fn new(bytes: usize) -> Self {
        let units = (bytes / UNIT).min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(units)), units }
    }

    /// A reservation of nothing yet.
    pub(crate) fn reservation(&self) -> Reservation {
        Reservation { budget: self.clone(), held: None, bytes: 0 }
    }

    /// Writes the gauge of held bytes.
    pub(crate) fn report(&self) {
        let held = (self.units - self.free.available_permits()) * UNIT;
        metrics::set(Gauge::MemoryHeldBytes, "", held as u64);
    }
}

impl Reservation {
    /// Makes the reservation hold at least so many bytes in all.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        let (held, wanted) = (self.bytes.div_ceil(UNIT), bytes.div_ceil(UNIT));
        if wanted > held {
            let more = u32::try_from(wanted - held).map_err(|_| OutOfMemory)?;
            let permit = Arc::clone(&self.budget.free)
                .try_acquire_many_owned(more)
                .map_err(|_| OutOfMemory)?;
            match &mut self.held {
                Some(held) => held.merge(permit),
                None => self.held = Some(permit),
            }
            self.bytes = bytes;
        }
        Ok(())
    }

    /// Bytes of the whole budget.
    pub(crate) fn budget(&self) -> usize {
        self.budget.units * UNIT
    }

    /// A reservation of its own within the same budget, for what is dropped sooner.
    pub(crate) fn beside(&self) -> Self {
        self.budget.reservation()
    }

    /// Adds bytes to what is held.
    pub(crate) fn grow_by(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        // Counted in whole units, so that many small additions are not free.
        self.grow_to(self.bytes.div_ceil(UNIT) * UNIT + bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_free_again() {
        let budget = MemoryBudget::new(10 * UNIT);
        let mut first = budget.reservation();
        first.grow_to(6 * UNIT).unwrap();
        first.grow_to(5 * UNIT).unwrap();
        let mut second = budget.reservation();
        assert_eq!(second.grow_to(5 * UNIT), Err(OutOfMemory));
        drop(first);
        assert_eq!(second.grow_to(5 * UNIT), Ok(()));
        assert_eq!(second.grow_by(5 * UNIT), Ok(()));
        assert_eq!(second.grow_by(1), Err(OutOfMemory));
        assert_eq!(second.budget(), 10 * UNIT);
    }
}
