//! Reads the known fields of a JSON body and gathers everything that is wrong with them. The
//! counterpart of `fields`, which reads query strings.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use shared::api::{ApiError, FieldError, FieldErrorKind};

use crate::fields::{find_word, must_be_one_of, text_problem};

/// The known fields of a body, and what is wrong with them so far.
#[derive(Debug)]
pub(crate) struct BodyFields {
    object: Map<String, Value>,
    problems: Vec<FieldError>,
}

impl BodyFields {
    pub(crate) fn new(object: Map<String, Value>) -> Self {
        Self { object, problems: Vec::new() }
    }

    /// Records a problem.
    pub(crate) fn problem(
        &mut self,
        kind: FieldErrorKind,
        field: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.problems.push(FieldError::new(kind, field, message));
    }

    /// The problems, when there are any.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ApiError::validation(self.problems)) }
    }

    /// The problems, for whoever adds more of them later.
    pub(crate) fn into_problems(self) -> Vec<FieldError> {
        self.problems
    }

    /// Takes a field out; null counts as not given.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// Whether a field is there, be it null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Whether a field holds a text of nothing but blanks.
    pub(crate) fn is_blank(&self, name: &str) -> bool {
        self.object.get(name).and_then(Value::as_str).is_some_and(|text| text.trim().is_empty())
    }

    /// Records that a required field is missing.
    pub(crate) fn missing(&mut self, name: &str) {
        self.problem(FieldErrorKind::Missing, name, "is required");
    }

    /// A text of 1 to `max` characters, without the blanks around it.
    pub(crate) fn text(&mut self, name: &str, max: usize) -> Option<String> {
        let value = self.take(name)?;
        let Value::String(text) = value else {
            self.problem(FieldErrorKind::WrongType, name, "must be a string");
            return None;
        };
        let text = text.trim();
        if text.is_empty() {
            self.problem(FieldErrorKind::OutOfRange, name, "must not be empty");
            return None;
        }
        if let Some((kind, message)) = text_problem(text, max) {
            self.problem(kind, name, message);
            return None;
        }
        Some(text.to_owned())
    }

    /// As [`BodyFields::text`], for texts that stand in one line wherever they are shown.
    pub(crate) fn line(&mut self, name: &str, max: usize) -> Option<String> {
        let text = self.text(name, max)?;
        if text.chars().any(char::is_control) {
            self.problem(FieldErrorKind::Malformed, name, "must not contain control characters");
            return None;
        }
        Some(text)
    }

    /// As the readers, for a field that must be given: null is of the wrong type.
    pub(crate) fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        match self.object.get(name) {
            None => self.missing(name),
            Some(Value::Null) => {
                self.problem(FieldErrorKind::WrongType, name, "must not be null");
            }
            Some(_) => return read(self),
        }
        None
    }

    /// A whole number within bounds.
    pub(crate) fn number(&mut self, name: &str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let value = self.take(name)?;
        let message = format!("must be a whole number from {} to {}", bounds.start(), bounds.end());
        match whole(&value) {
            Some(number) if bounds.contains(&number) => Some(number),
            Some(_) => {
                self.problem(FieldErrorKind::OutOfRange, name, message);
                None
            }
            None => {
                self.problem(FieldErrorKind::WrongType, name, message);
                None
            }
        }
    }

    /// True or false.
    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?.as_bool();
        if value.is_none() {
            self.problem(FieldErrorKind::WrongType, name, "must be true or false");
        }
        value
    }

    /// One of some words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        name: &str,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> Option<T> {
        let value = self.take(name)?;
        let Value::String(text) = value else {
            self.problem(FieldErrorKind::WrongType, name, "must be a string");
            return None;
        };
        let word = find_word(&text, all, as_str);
        if word.is_none() {
            self.problem(FieldErrorKind::UnknownValue, name, must_be_one_of(all, as_str));
        }
        word
    }

    /// An array of at most `max` texts.
    pub(crate) fn texts(&mut self, name: &'static str, max: usize) -> Option<Vec<String>> {
        let Value::Array(items) = self.take(name)? else {
            self.problem(FieldErrorKind::WrongType, name, "must be an array of strings");
            return None;
        };
        if items.len() > max {
            let message = format!("may hold at most {max} values");
            self.problem(FieldErrorKind::TooLong, name, message);
            return None;
        }
        let mut texts = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text),
                _ => {
                    let field = format!("{name}[{index}]");
                    self.problem(FieldErrorKind::WrongType, field, "must be a string");
                    return None;
                }
            }
        }
        Some(texts)
    }

    /// A time in RFC 3339.
    pub(crate) fn time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let value = self.take(name)?;
        let time = value.as_str().and_then(shared::time::parse);
        if time.is_none() {
            let message = "must be a time in RFC 3339, such as 2025-08-29T12:00:00Z";
            self.problem(FieldErrorKind::Malformed, name, message);
        }
        time
    }
}

/// A whole number, also one that is written as `5.0`: JSON knows one kind of number only.
#[expect(clippy::cast_possible_truncation, reason = "whole and far below the bounds of the type")]
pub(crate) fn whole(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: below it every whole number has its own float
    let float = || value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < EXACT);
    value.as_i64().or_else(|| float().map(|float| float as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        for (value, expected) in [
            (json!(5), Some(5)),
            (json!(5.0), Some(5)),
            (json!(-2e3), Some(-2_000)),
            (json!(5.5), None),
            (json!(1e300), None),
            (json!("5"), None),
        ] {
            assert_eq!(whole(&value), expected, "{value}");
        }
    }
}
