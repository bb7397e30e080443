//! What is wrong with a condition, and where.

use super::number::BadNumber;
use super::{MAX_FILTERS, MAX_VALUE_CHARS, MAX_VALUES};

/// Why a text is no condition. The message is one sentence that says where and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {problem}")]
pub struct ParseError {
    position: usize,
    problem: Problem,
}

impl ParseError {
    pub(super) fn new(position: usize, problem: Problem) -> Self {
        Self { position, problem }
    }

    /// The place in the text, in characters from 1 on; one past the last when something is missing
    /// at the end.
    pub fn position(&self) -> usize {
        self.position
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("expected {expected}, found {found}")]
    Unexpected { expected: String, found: String },
    #[error("expected {expected}, found {found}; did you mean {meant}?")]
    Misspelt { expected: String, found: String, meant: &'static str },
    #[error("{0:?} has no meaning outside quotes")]
    NoToken(char),
    #[error("the text that begins here has no closing quote")]
    Unclosed,
    #[error("a backslash stands before a quote or a backslash only")]
    BadEscape,
    #[error("control characters are not allowed")]
    ControlCharacter,
    #[error("\"{0}\" is a word of the language, put it in quotes to use it as a value")]
    Reserved(String),
    #[error("{0}")]
    Number(BadNumber),
    #[error("the window must be between 1 minute and 30 days")]
    WindowOutOfRange,
    #[error("the condition is longer than 2,000 characters")]
    TooLong,
    #[error("with all words and spaces written out, the condition is longer than 2,000 characters")]
    TooLongWrittenOut,
    #[error("a condition has at most {MAX_FILTERS} filters")]
    TooManyFilters,
    #[error("a list has at most {MAX_VALUES} values")]
    TooManyValues,
    #[error("a value has at most {MAX_VALUE_CHARS} characters")]
    ValueTooLong,
    #[error("the text to look for is empty")]
    EmptyText,
    #[error("of a single error {0} could only ever be 0 or 1, leave out \"per error\"")]
    CountsErrors(super::Metric),
}

/// The names as a sentence lists them.
pub(super) fn listed(names: &[&'static str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The name that a word most likely stands for, when it is off by little.
pub(super) fn nearest(word: &str, names: &[&'static str]) -> Option<&'static str> {
    /// Longer than any name by more than what may be off.
    const MAX_CHARS: usize = 30;
    if word.chars().nth(MAX_CHARS).is_some() {
        return None;
    }
    let word: Vec<char> = word.to_ascii_lowercase().chars().collect();
    let closest = names.iter().map(|name| (distance(&word, name), *name)).min()?;
    // A third of the letters may be wrong, so that short words are not taken for one another.
    (closest.0 * 3 <= word.len()).then_some(closest.1)
}

/// How many letters must be put in, left out or changed to make a name of the word (Levenshtein).
fn distance(word: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (above, letter) in name.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        row[0] = left;
        for (cell, own) in row.iter_mut().skip(1).zip(word) {
            left = (diagonal + usize::from(*own != letter)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, left);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["error_count", "error_rate", "level", "release"];

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(nearest(word, &NAMES), expected, "{word}");
    }

    #[test]
    fn a_misspelt_name_is_known() {
        check("eror_count", Some("error_count"));
        check("ERRORS_COUNT", Some("error_count"));
        check("error-rate", Some("error_rate"));
        check("lvel", Some("level"));
        check("releases", Some("release"));
        check("environment", None);
        check("", None);
        check("le", None);
        check(&"error_count".repeat(20), None);
    }

    #[track_caller]
    fn check_distance(word: &str, name: &str, expected: usize) {
        let letters: Vec<char> = word.chars().collect();
        assert_eq!(distance(&letters, name), expected, "{word} {name}");
    }

    #[test]
    fn the_distance_counts_changes() {
        check_distance("", "", 0);
        check_distance("", "abc", 3);
        check_distance("abc", "", 3);
        check_distance("kitten", "sitting", 3);
        check_distance("lawn", "flaw", 2);
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(listed(&[]), "");
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(listed(&["a", "b", "c"]), "a, b or c");
    }
}
