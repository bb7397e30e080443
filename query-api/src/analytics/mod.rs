//! Numbers over time. What is stored is read, and nothing is kept here.

mod performance;

pub(crate) use performance::performance;
