//! The system under measurement, and what can be seen of it while it works.
//!
//! - [`machine`]: what it runs on.
//! - [`usage`]: processor time and memory of its processes.
//! - [`database`]: what is stored.
//! - [`queues`]: what waits to be stored.
//! - [`metrics`]: what the services say about themselves.

pub mod database;
pub mod machine;
pub mod metrics;
pub mod queues;
pub mod usage;
