//! The whole system, from a client's request to the JSON that people read.

mod account;
mod client;
mod dead_letters;
mod grouping;
mod kills;
mod ledger;
mod lifecycle;
mod model;
mod once;
mod reading;
mod shutdown;
mod storm;
