//! `/api/analytics`: numbers over time. What is counted anyway is read, never events, and nothing is kept
//! here.

mod levels;
mod minutes;
mod movers;
mod performance;
mod range;
mod trends;

pub(crate) use minutes::minutes;
pub(crate) use movers::movers;
pub(crate) use performance::performance;
pub(crate) use range::{GroupBy, Period, Range};
pub(crate) use trends::trends;
