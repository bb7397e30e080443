//! The protocol of Sentry's SDKs: which doors there are, where a key may stand, how envelopes are framed,
//! and how an event of an SDK becomes the one [`shared::event::Event`].
//!
//! What happens to an event after that is the same as for every other door, and stands in `prepare` and
//! `endpoints`. Nothing here waits or keeps anything.

pub(crate) mod credentials;
mod door;
pub(crate) mod envelope;
pub(crate) mod event;
pub(crate) mod items;
pub(crate) mod store;

pub(crate) use door::{Door, Form};
