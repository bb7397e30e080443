//! Alert rules: what they say, and what they measure.
//!
//! - `condition`: the language in which a rule says when it fires.
//! - `slots`: which time a window covers.
//! - `measure`: what conditions measure at some moments, read from the roll-ups.
//! - `standing`: what a measurement means for a rule that fires, or is quiet, or does neither.
//!
//! Reading and deciding are here because the worker, which evaluates rules, and the query API, which shows
//! what a rule would have done, must not differ. What follows from a decision is the worker's business.

pub mod condition;
pub mod measure;
pub mod slots;
pub mod standing;
