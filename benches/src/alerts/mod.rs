//! Alert rules: how soon they tell, and what evaluating thousands of them costs.
//!
//! - [`api`]: the requests that set them up and report events.
//! - [`rules`]: the rules of a project that has thousands.
//! - [`latency`]: from an accepted event to the webhook.
//! - [`cost`]: the processor time of the same load without and with rules.
//! - [`page`]: the report.

pub mod api;
pub mod cost;
pub mod latency;
pub mod page;
pub mod rules;
