//! The texts of a project's rules, as requests bring them.

use serde_json::Value;
use shared::api::FieldErrorKind;
use shared::fingerprint::rules::{List, ProjectRules, Rules};

use crate::body::BodyFields;

/// A text that was read.
#[derive(Debug)]
pub(super) struct Read {
    /// As it was written, comments included.
    pub(super) text: String,
    /// What it says.
    pub(super) rules: Rules,
}

/// Reads the field of a list, and notes every line that is no rule with its place. An empty text is no rules;
/// null counts as not given.
pub(super) fn read(body: &mut BodyFields, list: List) -> Option<Read> {
    let field = list.field();
    let Value::String(text) = body.take(field)? else {
        body.problem(FieldErrorKind::WrongType, field, "must be a string");
        return None;
    };
    match ProjectRules::parse(list, &text) {
        Ok(rules) => Some(Read { text, rules }),
        Err(errors) => {
            for error in errors {
                body.problem(FieldErrorKind::Malformed, field, error.to_string());
            }
            None
        }
    }
}
