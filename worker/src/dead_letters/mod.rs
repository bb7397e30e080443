//! What can't be stored whatever is tried: kept in a queue of its own, with the reason, for a person
//! to look at.
//!
//! [`bury`] is the side of the service, which puts letters there.

pub mod bury;

pub use bury::{DeadLetters, Letter};
