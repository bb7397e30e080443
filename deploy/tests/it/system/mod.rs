//! The whole system, from a client's request to the JSON that people read.

mod broker_faults;
mod chaos;
mod client;
mod exact;
mod grouping;
mod hangs;
mod kills;
mod ledger;
mod lifecycle;
mod load;
mod once;
mod quiet;
mod reading;
mod relay;
mod secrets;
mod shutdown;
mod spool;
