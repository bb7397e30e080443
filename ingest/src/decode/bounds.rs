//! Bounds on what a report may hold. What is over-long is cut with a mark and a note in the event;
//! it is never a reason to lose the event.

use serde_json::Value;
use shared::event::{Change, Note, Object};

/// Bytes of a message.
pub(crate) const MESSAGE: usize = 8 * 1024;
/// Bytes of a stack trace.
pub(crate) const STACK_TRACE: usize = 64 * 1024;
/// Bytes of a context, as JSON.
pub(crate) const CONTEXT: usize = 256 * 1024;
/// Nesting of a context.
pub(crate) const DEPTH: usize = 32;
/// Number of tags.
pub(crate) const TAGS: usize = 100;
/// Bytes of a tag's key or value, of a release and of a source.
pub(crate) const NAME: usize = 200;
/// Bytes of an environment.
pub(crate) const ENVIRONMENT: usize = 64;
/// Bytes of a URL.
pub(crate) const URL: usize = 4 * 1024;
/// Bytes of an exception's type.
pub(crate) const EXCEPTION_TYPE: usize = 256;
/// Parts of a client's fingerprint, each as long as a message may be at most.
pub(crate) const FINGERPRINT_PARTS: usize = 32;

/// What stands at the end of a text that was cut.
const MARK: &str = "…";

/// Gathers the changes that bounds make.
#[derive(Debug, Default)]
pub(crate) struct Notes(pub(crate) Vec<Note>);

impl Notes {
    /// Notes a change, once for each field, and only as many as somebody would read.
    pub(crate) fn add(&mut self, field: &str, change: Change) {
        let is_known = |note: &Note| note.field == field && note.change == change;
        if self.0.len() < MAX_NOTES && !self.0.iter().any(is_known) {
            self.0.push(Note { field: field.to_owned(), change });
        }
    }

    /// Cuts a text to so many bytes, at a character, and replaces NUL, which Postgres can't store.
    pub(crate) fn bounded(&mut self, field: &str, mut text: String, limit: usize) -> String {
        replace_nul(&mut text);
        if text.len() > limit {
            let end = text.floor_char_boundary(limit - MARK.len());
            text.truncate(end);
            text.push_str(MARK);
            self.add(field, Change::Truncated);
        }
        text
    }

    /// Cuts a context to its bound by leaving out its last entries, and mends its strings.
    pub(crate) fn bounded_context(&mut self, context: Object) -> Object {
        self.bounded_object("context", context, CONTEXT)
    }

    /// Cuts an object to so many bytes of JSON by leaving out its last entries, and mends its strings.
    pub(crate) fn bounded_object(
        &mut self,
        field: &str,
        mut object: Object,
        limit: usize,
    ) -> Object {
        mend_entries(&mut object);
        let mut left = limit;
        let mut noted = true;
        object.retain(|key, value| {
            // Nothing is dropped without a note, until there are so many that nobody reads on.
            if !noted {
                return false;
            }
            let size = key.len() + json_size(value) + 4;
            if size > left {
                let shown = key.get(..key.floor_char_boundary(NAME)).unwrap_or_default();
                self.add(&format!("{field}.{shown}"), Change::Dropped);
                noted = self.0.len() < MAX_NOTES;
                return false;
            }
            left -= size;
            true
        });
        object
    }
}

/// Notes tell a reader what is missing; beyond some nobody reads on.
const MAX_NOTES: usize = 50;

/// Replaces NUL by the replacement character.
fn replace_nul(text: &mut String) {
    if text.contains('\0') {
        *text = text.replace('\0', "\u{fffd}");
    }
}

/// Mends every string inside a value, keys included. The depth was checked before.
pub(crate) fn mend_strings(value: &mut Value) {
    match value {
        Value::String(text) => replace_nul(text),
        Value::Array(items) => items.iter_mut().for_each(mend_strings),
        Value::Object(entries) => mend_entries(entries),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn mend_entries(entries: &mut Object) {
    if entries.keys().any(|key| key.contains('\0')) {
        *entries = std::mem::take(entries)
            .into_iter()
            .map(|(key, value)| (key.replace('\0', "\u{fffd}"), value))
            .collect();
    }
    entries.values_mut().for_each(mend_strings);
}

/// Whether a value nests deeper than allowed.
pub(crate) fn too_deep(value: &Value, allowed: usize) -> bool {
    match value {
        Value::Array(items) => allowed == 0 || items.iter().any(|item| too_deep(item, allowed - 1)),
        Value::Object(entries) => {
            allowed == 0 || entries.values().any(|entry| too_deep(entry, allowed - 1))
        }
        _ => false,
    }
}

/// Puts a mark in the place of what nests deeper than allowed. Returns whether there was any.
pub(crate) fn cut_deep(value: &mut Value, allowed: usize) -> bool {
    if allowed == 0 && (value.is_array() || value.is_object()) {
        *value = MARK.into();
        return true;
    }
    let deeper = allowed.saturating_sub(1);
    match value {
        Value::Array(items) => {
            items.iter_mut().fold(false, |cut, item| cut | cut_deep(item, deeper))
        }
        Value::Object(entries) => {
            entries.values_mut().fold(false, |cut, entry| cut | cut_deep(entry, deeper))
        }
        _ => false,
    }
}

/// About how many bytes a value has as JSON.
pub(crate) fn json_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(|item| json_size(item) + 1).sum::<usize>(),
        Value::Object(entries) => {
            2 + entries.iter().map(|(key, entry)| key.len() + json_size(entry) + 4).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_cut_at_a_character_with_a_mark_and_a_note() {
        let mut notes = Notes::default();
        assert_eq!(notes.bounded("message", "short".to_owned(), 10), "short");
        assert_eq!(notes.bounded("message", "äöüäöü".to_owned(), 10), "äöü…");
        assert_eq!(notes.0.len(), 1);
        assert_eq!(notes.0[0].change, Change::Truncated);
        assert_eq!(notes.bounded("message", "a\0b".to_owned(), 10), "a\u{fffd}b");
    }

    #[test]
    fn a_large_context_loses_entries_and_not_the_event() {
        let mut notes = Notes::default();
        let Value::Object(context) =
            json!({"a": 1, "big": "x".repeat(CONTEXT), "z\0": {"n\0": ["\0"]}})
        else {
            unreachable!()
        };
        let kept = notes.bounded_context(context);
        assert_eq!(Value::Object(kept), json!({"a": 1, "z\u{fffd}": {"n\u{fffd}": ["\u{fffd}"]}}));
        assert_eq!(notes.0[0].field, "context.big");
        assert_eq!(notes.0[0].change, Change::Dropped);
    }

    #[test]
    fn what_nests_too_deep_is_cut() {
        let mut value = json!({"a": [[1]], "b": 2});
        assert!(!cut_deep(&mut value, 3));
        assert!(cut_deep(&mut value, 2));
        assert_eq!(value, json!({"a": ["…"], "b": 2}));
        assert!(cut_deep(&mut value, 0));
        assert_eq!(value, json!("…"));
    }

    #[test]
    fn depth_is_counted_by_nesting() {
        assert!(!too_deep(&json!([[1]]), 2));
        assert!(too_deep(&json!([[1]]), 1));
        assert!(too_deep(&json!({"a": {"b": []}}), 2));
    }
}
