//! `/api/analytics`: how numbers move over time. Reads roll-ups, never events.

mod trends;

pub(crate) use trends::{GroupBy, Period, trends};
