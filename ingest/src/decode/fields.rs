//! Takes fields out of a JSON object, gathering what is wrong with each.

use serde_json::Value;
use shared::api::{FieldError, FieldErrorKind};
use shared::event::Object;

/// Faults told of one report: a report of nothing but faults must not cost more than a good one.
const MAX_FAULTS: usize = 50;

/// The fields of one report that are still to be read.
#[derive(Debug)]
pub(crate) struct Fields {
    object: Object,
    pub(crate) errors: Vec<FieldError>,
}

impl Fields {
    pub(crate) fn new(object: Object) -> Self {
        Self { object, errors: Vec::new() }
    }

    /// The field's value; null counts as not given.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// Records a fault. Beyond some, a client has enough to mend.
    pub(crate) fn fault(&mut self, kind: FieldErrorKind, field: &str, message: &str) {
        if self.errors.len() < MAX_FAULTS {
            self.errors.push(FieldError::new(kind, field, message));
        }
    }

    /// A string that may be missing.
    pub(crate) fn string(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.fault(FieldErrorKind::WrongType, name, "must be a string");
                None
            }
        }
    }

    /// A string that must be there and say something.
    pub(crate) fn required_string(&mut self, name: &str) -> String {
        let missing = !self.object.contains_key(name) || self.object[name].is_null();
        let text = self.string(name);
        if missing {
            self.fault(FieldErrorKind::Missing, name, "is required");
        } else if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            self.fault(FieldErrorKind::Missing, name, "must not be empty");
        }
        text.unwrap_or_default()
    }

    /// An object that may be missing.
    pub(crate) fn object(&mut self, name: &str) -> Option<Object> {
        match self.take(name)? {
            Value::Object(object) => Some(object),
            _ => {
                self.fault(FieldErrorKind::WrongType, name, "must be an object");
                None
            }
        }
    }
}

/// A scalar as text: clients send numbers where texts belong, above all as ids and tags.
pub(crate) fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
