//! Makes events durable: gathers those that wait together into one message, has the broker confirm
//! it, and falls back to the spool.

mod batcher;
mod broker;
mod rate;

pub(crate) use batcher::{Batcher, Pending, Undurable};
pub(crate) use broker::{Broker, PublishError};
pub(crate) use rate::RateBudget;
