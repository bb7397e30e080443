//! What a change did, field by field.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// Fields with what they were and what they are.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Changes(Map<String, Value>);

impl Changes {
    /// No field so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// A field that is `to` now. Nothing is noted where it was the same before.
    #[must_use]
    pub fn field(mut self, name: &str, from: impl Serialize, to: impl Serialize) -> Self {
        let (from, to) = (json!(from), json!(to));
        if from != to {
            self.0.insert(name.to_owned(), json!({"from": from, "to": to}));
        }
        self
    }

    /// A secret that changed: neither value is kept.
    #[must_use]
    pub fn hidden(mut self, name: &str) -> Self {
        self.0.insert(name.to_owned(), json!({"hidden": true}));
        self
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By field, what it was (`from`) and what it is (`to`).
    pub fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_noted_and_secrets_have_no_value() {
        let changes = Changes::new()
            .field("name", "a", "b")
            .field("permissions", ["read"], ["read"])
            .field("expires_at", None::<&str>, Some("2025-08-29T12:00:00.000Z"))
            .hidden("secret");
        let expected = json!({
            "name": {"from": "a", "to": "b"},
            "expires_at": {"from": null, "to": "2025-08-29T12:00:00.000Z"},
            "secret": {"hidden": true},
        });
        assert_eq!(changes.into_json(), expected);
        assert!(Changes::new().field("name", "a", "a").is_empty());
    }
}
