//! What was measured.

use std::collections::{BTreeMap, HashMap};

use super::MeasureId;

/// What a measure gives at one moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of the project; none where there is nothing to compare with.
    Project(Option<f64>),
    /// Of errors by themselves; those that are missing have no value.
    Errors(BTreeMap<i64, f64>),
}

/// All measures at all moments.
#[derive(Debug, Default)]
pub struct Measured {
    values: HashMap<MeasureId, Vec<Value>>,
}

impl Measured {
    pub(super) fn put(&mut self, measure: MeasureId, values: Vec<Value>) {
        self.values.insert(measure, values);
    }

    /// What a measure gave at a moment, counted from the first.
    pub fn value(&self, measure: MeasureId, moment: usize) -> Option<&Value> {
        self.values.get(&measure)?.get(moment)
    }
}
