//! From bytes to a checked report: JSON that is read leniently where real clients need it, and
//! fields whose faults are all reported at once.

pub(crate) mod batch;
pub(crate) mod bounds;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod report;
