//! Ingest against a real Postgres and a real RabbitMQ.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accepted;
mod broker;
mod doors;
mod ledger;
mod limits;
mod mutated;
mod origins;
mod place;
mod refused;
