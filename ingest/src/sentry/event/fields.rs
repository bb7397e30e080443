//! Takes fields out of an event of an SDK. Nothing is refused: a value of another type than expected is
//! read as what it can be, or counts as not given.

use serde_json::Value;
use shared::event::{Change, Object};

use crate::decode::bounds::{self, Notes};

/// The fields of an event that are still to be read, and what was changed about those that were.
#[derive(Debug)]
pub(super) struct Fields {
    object: Object,
    pub(super) notes: Notes,
}

impl Fields {
    pub(super) fn new(object: Object) -> Self {
        Self { object, notes: Notes::default() }
    }

    /// The field's value; null counts as not given.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// The value of a field that the oldest clients call by another name.
    pub(super) fn take_either(&mut self, name: &str, old_name: &str) -> Option<Value> {
        self.take(name).or_else(|| self.take(old_name))
    }

    /// A text within its bound; a blank one counts as not given.
    pub(super) fn text(&mut self, name: &str, limit: usize) -> Option<String> {
        let text = text_of(self.take(name)?)?;
        (!text.trim().is_empty()).then(|| self.notes.bounded(name, text, limit))
    }

    /// Free data within its bounds. What is no object stands in one, under the field's name.
    pub(super) fn free_object(&mut self, name: &str, limit: usize) -> Option<Object> {
        let object = match self.take(name)? {
            Value::Object(object) => object,
            other => Object::from_iter([(name.to_owned(), other)]),
        };
        bounded(name, object, limit, &mut self.notes)
    }
}

/// Free data within its bounds; none when there is none.
pub(super) fn bounded(
    field: &str,
    mut object: Object,
    limit: usize,
    notes: &mut Notes,
) -> Option<Object> {
    for value in object.values_mut() {
        if bounds::cut_deep(value, bounds::DEPTH - 1) {
            notes.add(field, Change::Truncated);
        }
    }
    let object = notes.bounded_object(field, object, limit);
    (!object.is_empty()).then_some(object)
}

/// A value as text: numbers and switches as they are written, lists and objects as JSON.
pub(super) fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        // As Python prints them, whose clients send them as texts.
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        other => Some(other.to_string()),
    }
}

/// The values of a list: `{"values": […]}`, the bare list, or the only one by itself.
pub(super) fn values(value: Option<Value>) -> Vec<Value> {
    let values = match value {
        Some(Value::Object(mut object)) => match object.remove("values") {
            Some(Value::Array(values)) => values,
            Some(_) => Vec::new(),
            None => vec![Value::Object(object)],
        },
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    };
    values.into_iter().filter(|value| !value.is_null()).collect()
}

/// Names and values: an object, a list of pairs, or a list of objects with `key` and `value`.
pub(super) fn pairs(value: Option<Value>) -> Vec<(String, Value)> {
    match value {
        Some(Value::Object(object)) => object.into_iter().collect(),
        Some(Value::Array(items)) => items.into_iter().filter_map(pair).collect(),
        _ => Vec::new(),
    }
}

fn pair(item: Value) -> Option<(String, Value)> {
    match item {
        Value::Array(pair) => {
            let [key, value] = <[Value; 2]>::try_from(pair).ok()?;
            Some((text_of(key)?, value))
        }
        Value::Object(mut pair) => Some((text_of(pair.remove("key")?)?, pair.remove("value")?)),
        _ => None,
    }
}
