//! What operators ask about the system itself.
//!
//! Only stored figures stand here; what a process knows of itself is in its metrics.

mod ledger;

pub(crate) use ledger::ledger;
