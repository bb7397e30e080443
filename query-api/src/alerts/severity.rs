//! How much a rule or an incident matters, in requests and in rows.

use shared::channels::Severity;

use crate::fields::find_word;

/// All of them, the least first.
pub(crate) const ALL: [Severity; 4] =
    [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

/// What is meant where nothing is said.
pub(super) const DEFAULT: Severity = Severity::Medium;

/// The severity of a row; its table allows no other words.
pub(super) fn of_word(word: &str) -> Severity {
    find_word(word, &ALL, Severity::as_str).unwrap_or(DEFAULT)
}
