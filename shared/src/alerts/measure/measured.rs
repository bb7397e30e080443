//! What was measured.

use std::collections::HashMap;

use super::MeasureId;

/// What a measure gives at one moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of the project; none where there is nothing to compare with.
    Project(Option<f64>),
    /// Of errors by themselves, in ascending order; those that are missing have no value.
    Errors(Vec<(i64, f64)>),
}

impl Value {
    /// The value of the project.
    pub fn of_project(&self) -> Option<f64> {
        match self {
            Self::Project(value) => *value,
            Self::Errors(_) => None,
        }
    }

    /// The value of an error.
    pub fn of_error(&self, error: i64) -> Option<f64> {
        let Self::Errors(values) = self else { return None };
        let place = values.binary_search_by_key(&error, |(error, _)| *error).ok()?;
        values.get(place).map(|(_, value)| *value)
    }
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
