//! What can't be stored whatever is tried: kept in a queue of its own, with the reason, for a person
//! to look at.
//!
//! [`bury`] is the side of the service, which puts letters there. The other side is the operator's:
//! [`commands`] are what `worker dead-letters` does, at the [`desk`], where each letter is [`found`].

pub mod bury;
pub mod commands;
pub mod desk;
pub mod found;
mod text;
mod view;

pub use bury::{DeadLetters, Letter, Refused};
