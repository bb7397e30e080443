//! The whole system, from a client's request to the JSON that people read.

mod client;
mod failures;
mod grouping;
mod kills;
mod ledger;
mod lifecycle;
mod malformed;
mod once;
mod reading;
mod shutdown;
