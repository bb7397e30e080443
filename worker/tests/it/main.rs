//! The worker against a real Postgres and a real RabbitMQ.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod alerts;
mod budgets;
mod dead_letters;
mod merging;
mod migrate;
mod model;
mod once;
mod place;
mod poison;
mod statements;
mod upkeep;
mod versions;
