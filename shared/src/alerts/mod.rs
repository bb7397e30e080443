//! Alert rules: what they say and what they do.

pub mod condition;
