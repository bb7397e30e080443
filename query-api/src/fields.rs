//! Reads the known parameters of a query string and gathers everything that is wrong with them, so
//! that a client learns of all its mistakes at once.

use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use shared::api::{ApiError, FieldError, FieldErrorKind};
use uuid::Uuid;

/// Values between the commas of one parameter; each becomes an element of a bound array.
const MAX_LIST: usize = 100;

/// The known parameters, and what is wrong with them so far.
#[derive(Debug)]
pub(crate) struct QueryFields<'a> {
    pairs: &'a [(String, String)],
    problems: Vec<FieldError>,
}

impl<'a> QueryFields<'a> {
    pub(crate) fn new(pairs: &'a [(String, String)]) -> Self {
        Self { pairs, problems: Vec::new() }
    }

    /// Records a problem.
    pub(crate) fn problem(
        &mut self,
        kind: FieldErrorKind,
        field: &str,
        message: impl Into<String>,
    ) {
        self.problems.push(FieldError::new(kind, field, message));
    }

    /// Records problems that were found elsewhere.
    pub(crate) fn problems(&mut self, problems: impl IntoIterator<Item = FieldError>) {
        self.problems.extend(problems);
    }

    /// The problems, when there are any.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ApiError::validation(self.problems)) }
    }

    /// The parameter as it was sent; of several the last.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        let pair = self.pairs.iter().rev().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.as_str())
    }

    /// Free text of at most `max` characters; nothing between `=` and `&` counts as not given.
    pub(crate) fn text(&mut self, name: &str, max: usize) -> Option<&'a str> {
        let text = self.raw(name).filter(|text| !text.is_empty())?;
        self.check_text(name, text, max).then_some(text)
    }

    /// Free texts between commas, of at most `max` characters each.
    pub(crate) fn texts(&mut self, name: &str, max: usize) -> Option<Vec<String>> {
        let texts: Vec<String> = self.parts(name)?.map(str::to_owned).collect();
        if texts.is_empty() || !self.check_count(name, texts.len()) {
            return None;
        }
        let sound = texts.iter().all(|text| self.check_text(name, text, max));
        sound.then_some(texts)
    }

    /// Values of a type that reads from text, between commas.
    pub(crate) fn values<T: FromStr>(&mut self, name: &str, allowed: &str) -> Option<Vec<T>> {
        let parts: Vec<&str> = self.parts(name)?.collect();
        if !self.check_count(name, parts.len()) {
            return None;
        }
        let values: Option<Vec<T>> = parts.iter().map(|part| part.parse().ok()).collect();
        if values.as_ref().is_none_or(Vec::is_empty) {
            self.problem(FieldErrorKind::UnknownValue, name, allowed);
            return None;
        }
        values
    }

    /// One value of a type that reads from text.
    pub(crate) fn value<T: FromStr>(&mut self, name: &str, allowed: &str) -> Option<T> {
        let parsed = self.raw(name)?.parse().ok();
        if parsed.is_none() {
            self.problem(FieldErrorKind::UnknownValue, name, allowed);
        }
        parsed
    }

    /// One of some words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        name: &str,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> Option<T> {
        let word = find_word(self.raw(name)?, all, as_str);
        if word.is_none() {
            self.problem(FieldErrorKind::UnknownValue, name, must_be_one_of(all, as_str));
        }
        word
    }

    /// Some of these words, between commas.
    pub(crate) fn words<T: Copy>(
        &mut self,
        name: &str,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> Option<Vec<T>> {
        let parts: Vec<&str> = self.parts(name)?.collect();
        if !self.check_count(name, parts.len()) {
            return None;
        }
        let words: Option<Vec<T>> = parts.iter().map(|part| find_word(part, all, as_str)).collect();
        if words.as_ref().is_none_or(Vec::is_empty) {
            let message = format!("{}, or several by comma", must_be_one_of(all, as_str));
            self.problem(FieldErrorKind::UnknownValue, name, message);
            return None;
        }
        words
    }

    /// A UUID; nothing between `=` and `&` counts as not given.
    pub(crate) fn uuid(&mut self, name: &str) -> Option<Uuid> {
        let text = self.raw(name).filter(|text| !text.is_empty())?;
        let id = Uuid::try_parse(text);
        if id.is_err() {
            self.problem(FieldErrorKind::Malformed, name, "must be a UUID");
        }
        id.ok()
    }

    /// A whole number within bounds, or the default.
    pub(crate) fn number(&mut self, name: &str, default: i64, bounds: RangeInclusive<i64>) -> i64 {
        let Some(text) = self.raw(name) else {
            return default;
        };
        let message = format!("must be a whole number from {} to {}", bounds.start(), bounds.end());
        match text.parse::<i64>() {
            Ok(number) if bounds.contains(&number) => number,
            Ok(_) => {
                self.problem(FieldErrorKind::OutOfRange, name, message);
                default
            }
            Err(_) => {
                self.problem(FieldErrorKind::WrongType, name, message);
                default
            }
        }
    }

    /// A time in RFC 3339.
    pub(crate) fn time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let time = shared::time::parse(self.raw(name)?);
        if time.is_none() {
            let message = "must be a time in RFC 3339, such as 2025-08-29T12:00:00Z";
            self.problem(FieldErrorKind::Malformed, name, message);
        }
        time
    }

    fn parts(&self, name: &str) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
        let parts = self.raw(name)?.split(',').map(str::trim);
        Some(parts.filter(|part| !part.is_empty()))
    }

    fn check_count(&mut self, name: &str, count: usize) -> bool {
        if count > MAX_LIST {
            let message = format!("may hold at most {MAX_LIST} values");
            self.problem(FieldErrorKind::TooLong, name, message);
        }
        count <= MAX_LIST
    }

    fn check_text(&mut self, name: &str, text: &str, max: usize) -> bool {
        let problem = text_problem(text, max);
        if let Some((kind, message)) = problem {
            self.problem(kind, name, message);
            return false;
        }
        true
    }
}

/// The word among those that are known.
pub(crate) fn find_word<T: Copy>(
    text: &str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Option<T> {
    all.iter().copied().find(|known| as_str(*known) == text)
}

/// What to say of a word that is not known.
pub(crate) fn must_be_one_of<T: Copy>(all: &[T], as_str: fn(T) -> &'static str) -> String {
    let words: Vec<&str> = all.iter().copied().map(as_str).collect();
    format!("must be one of {}", words.join(", "))
}

/// What is wrong with a text that goes to Postgres, where NUL can't be stored or compared.
pub(crate) fn text_problem(text: &str, max: usize) -> Option<(FieldErrorKind, String)> {
    if text.contains('\0') {
        return Some((FieldErrorKind::Malformed, "must not contain NUL".to_owned()));
    }
    if text.chars().count() > max {
        let message = format!("must have at most {max} characters");
        return Some((FieldErrorKind::TooLong, message));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(query: &[(&str, &str)], read: impl FnOnce(&mut QueryFields<'_>)) -> Vec<String> {
        let pairs: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut fields = QueryFields::new(&pairs);
        read(&mut fields);
        fields.problems.iter().map(|problem| problem.field.clone()).collect()
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let query = [("limit", "x"), ("offset", "-1"), ("since", "today"), ("q", "a\0b")];
        let named = problems(&query, |fields| {
            fields.number("limit", 50, 1..=100);
            fields.number("offset", 0, 0..=10);
            fields.time("since");
            fields.text("q", 10);
        });
        assert_eq!(named, ["limit", "offset", "since", "q"]);
    }

    #[test]
    fn lists_are_split_at_commas() {
        let pairs = [("source".to_owned(), "a, b,,c".to_owned())];
        let mut fields = QueryFields::new(&pairs);
        assert_eq!(fields.texts("source", 5), Some(vec!["a".into(), "b".into(), "c".into()]));
        assert_eq!(fields.texts("other", 5), None);
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn the_last_of_several_counts() {
        let pairs = [("limit".to_owned(), "1".to_owned()), ("limit".to_owned(), "2".to_owned())];
        assert_eq!(QueryFields::new(&pairs).number("limit", 50, 1..=100), 2);
    }
}
