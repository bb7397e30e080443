//! One request of the document, and what must hold for its answer.

use serde_json::Value;

/// The type of a documented field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Uuid,
    Time,
    Text,
    Number,
    Whole,
    Flag,
    Object,
    List,
    /// One of some words.
    OneOf(&'static [&'static str]),
    /// What is not known is null.
    OrNull(&'static Kind),
}

/// Fields by name and type.
pub(super) type Fields = &'static [(&'static str, Kind)];

impl Kind {
    fn holds(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Uuid => {
                text.is_some_and(|text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok())
            }
            Self::Time => text.is_some_and(|text| {
                text.len() == 24 && text.ends_with('Z') && shared::time::parse(text).is_some()
            }),
            Self::Text => text.is_some(),
            Self::Number => value.is_number(),
            Self::Whole => value.is_i64(),
            Self::Flag => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::List => value.is_array(),
            Self::OneOf(words) => text.is_some_and(|text| words.contains(&text)),
            Self::OrNull(kind) => value.is_null() || kind.holds(value),
        }
    }
}

/// A request and its documented answer.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Method and path, as the summary of the document has them.
    pub(super) summary: (&'static str, &'static str),
    pub(super) path: String,
    pub(super) body: Option<Value>,
    pub(super) status: u16,
    /// Where in the answer the fields are: a JSON pointer; of a list, every element has them.
    pub(super) fields: Vec<(&'static str, Fields)>,
    /// Documented failures: another path or body, with status and code.
    pub(super) failures: Vec<(String, Option<Value>, u16, &'static str)>,
}

impl Row {
    /// A row whose path is that of the summary.
    pub(super) fn new(method: &'static str, path: &'static str, status: u16) -> Self {
        Self {
            summary: (method, path),
            path: path.to_owned(),
            body: None,
            status,
            fields: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// The path that is really asked.
    pub(super) fn at(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }

    pub(super) fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// What is found at a pointer has these fields.
    pub(super) fn has(mut self, pointer: &'static str, fields: Fields) -> Self {
        self.fields.push((pointer, fields));
        self
    }

    /// The same request to another path fails.
    pub(super) fn fails_at(mut self, path: &str, status: u16, code: &'static str) -> Self {
        self.failures.push((path.to_owned(), self.body.clone(), status, code));
        self
    }

    /// The same request with another body fails.
    pub(super) fn fails_with(mut self, body: Value, status: u16, code: &'static str) -> Self {
        self.failures.push((self.path.clone(), Some(body), status, code));
        self
    }

    /// What is wrong with the fields of an answer.
    pub(super) fn faults(&self, answer: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        for (pointer, fields) in &self.fields {
            match answer.pointer(pointer) {
                Some(Value::Array(items)) if !items.is_empty() => {
                    items.iter().for_each(|item| check(pointer, item, fields, &mut faults));
                }
                Some(object @ Value::Object(_)) => check(pointer, object, fields, &mut faults),
                other => faults.push(format!("{pointer} is {other:?}")),
            }
        }
        faults
    }
}

fn check(at: &str, object: &Value, fields: Fields, faults: &mut Vec<String>) {
    for (name, kind) in fields {
        match object.get(name) {
            None => faults.push(format!("{at}/{name} is missing")),
            Some(value) if !kind.holds(value) => {
                faults.push(format!("{at}/{name} is {value}, not {kind:?}"));
            }
            Some(_) => {}
        }
    }
}
