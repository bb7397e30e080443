//! The domain of Errata, and the access to Postgres, RabbitMQ and Redis that several services use.
//!
//! What only one service needs lives in that service, not here.

pub mod event;
pub mod fingerprint;
pub mod ids;
pub mod sanitise;
pub mod stacktrace;
