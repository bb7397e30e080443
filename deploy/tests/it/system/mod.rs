//! The whole system, from a client's request to the JSON that people read.

mod account;
mod broker_faults;
mod cache;
mod chaos;
mod client;
mod dead_letters;
mod exact;
mod failures;
mod grouping;
mod hangs;
mod keys;
mod kills;
mod ledger;
mod lifecycle;
mod load;
mod malformed;
mod model;
mod monitoring;
mod once;
mod quiet;
mod reading;
mod relay;
mod secrets;
mod shutdown;
mod spool;
mod storm;
