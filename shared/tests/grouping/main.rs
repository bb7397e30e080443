//! What the fingerprint promises: the same error under all that varies, other errors apart, and not a
//! bit of change without a new version.

mod corpus;
mod golden;
mod invariance;
mod properties;
mod score;
