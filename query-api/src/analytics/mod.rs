//! `/api/analytics`: numbers over time. What is counted anyway is read, never events, and nothing is kept
//! here.

mod performance;
mod trends;

pub(crate) use performance::performance;
pub(crate) use trends::{GroupBy, Period, trends};
