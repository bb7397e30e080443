//! Which projects submit more than their share: their events go through the bulk queue, so that a
//! flood of one project delays no other.

use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use shared::broker::topology::Queue;
use shared::ids::ProjectId;

/// The events each project may submit in a second before it counts as a flood.
#[derive(Debug)]
pub(crate) struct RateBudget {
    limiter: DefaultKeyedRateLimiter<ProjectId>,
}

impl RateBudget {
    /// One second's worth may come at once.
    pub(crate) fn new(events_per_second: u32) -> Self {
        let quota =
            Quota::per_second(NonZeroU32::new(events_per_second).unwrap_or(NonZeroU32::MIN));
        Self { limiter: RateLimiter::keyed(quota) }
    }

    /// The queue for the next events of a project.
    pub(crate) fn queue(&self, project: ProjectId, events: usize) -> Queue {
        let Some(events) = u32::try_from(events).ok().and_then(NonZeroU32::new) else {
            return Queue::Events;
        };
        match self.limiter.check_key_n(&project, events) {
            Ok(Ok(())) => Queue::Events,
            // Above the rate now, or more at once than a whole second's worth.
            Ok(Err(_)) | Err(_) => Queue::Bulk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_goes_to_the_bulk_queue_and_leaves_others_alone() {
        let budget = RateBudget::new(10);
        assert_eq!(budget.queue(ProjectId(1), 10), Queue::Events);
        assert_eq!(budget.queue(ProjectId(1), 5), Queue::Bulk);
        assert_eq!(budget.queue(ProjectId(1), 1_000), Queue::Bulk);
        assert_eq!(budget.queue(ProjectId(2), 1), Queue::Events);
    }
}
