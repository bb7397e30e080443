//! The system under measurement, and what can be seen of it while it works.
//!
//! - [`machine`]: what it runs on.
//! - [`usage`]: processor time and memory of its processes.
//! - [`stand`]: all of it, set up and thrown away.
//! - [`start_engines`]: what it stands on.
//! - [`database`]: what is stored.
//! - [`queues`]: what waits to be stored.
//! - [`metrics`]: what the services say about themselves.

pub mod database;
mod engines;
pub mod machine;
pub mod metrics;
pub mod queues;
pub mod stand;
pub mod usage;

pub use engines::start_engines;
