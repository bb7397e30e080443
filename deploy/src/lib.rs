//! The development stack: everything needed to run the services on one machine.
//!
//! - [`engines`]: private instances of Postgres, Redis and RabbitMQ, for `make up` and for tests.
//! - [`services`]: our own services over such engines, with the edge in front.
//! - [`testing`]: what integration tests start from.
//! - [`guests`]: programs of others that ours are compared with.
//! - [`receivers`]: services outside, for tests of what is sent to them.
//! - [`stack`]: what the command `stack` does.
//!
//! The settings of the engines and of the edge lie beside this crate as the files that containers
//! mount, and are compiled in. Nothing here is part of a production installation.

mod account;
mod command;
mod docker;
mod edge;
pub mod engines;
mod error;
mod guard;
pub mod guests;
mod keeper;
mod packages;
mod part;
mod ports;
mod postgres_client;
mod process;
mod programs;
mod provision;
mod ready;
pub mod receivers;
pub mod services;
mod settings;
pub mod stack;
pub mod testing;

pub use error::Error;
pub use provision::{Program, ensure_installed};
pub use settings::Settings;
