//! The numbers by which databases tell their failures, and those by which drivers say no more than that
//! the database failed.

use super::words::Word;

/// The five letters and digits by which databases tell sorts of failures.
pub(super) fn is_state(text: &str) -> bool {
    text.len() == 5
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a state in brackets stands behind the word: `1045 (28000)`.
pub(super) fn is_before_state(word: &Word<'_>) -> bool {
    let state = word.rest().strip_prefix(" (").and_then(|rest| rest.split_at_checked(5));
    state.is_some_and(|(state, behind)| is_state(state) && behind.starts_with(')'))
}

/// Whether the word begins what a database tells, with its number, a state and a text: `1146 (42S02): text`,
/// as a driver of MySQL for Python puts it behind the type of an exception.
pub(super) fn begins_state(word: &Word<'_>) -> bool {
    let before = word.before();
    let begins = || before.is_empty() || before.ends_with(": ") || before.ends_with(") ");
    is_before_state(word) && begins()
}

/// Whether a driver gives the number to everything that a database tells it.
pub(super) fn is_of_driver(number: &str) -> bool {
    matches!(number, "HY000" | "0x80004005")
}

/// Whether the word is what a database told its driver: `SQLSTATE[HY000]: General error: 1205`,
/// `SQLSTATE[HY000] [2002] text`, `PostgresException (0x80004005): 40001: text`, and `40001: text` alone,
/// which counts only together with the number of the driver.
pub(super) fn is_number(word: &Word<'_>, driver_number: Option<&str>) -> bool {
    let is_explained_state = || is_state(word.text) && word.is_before(": ");
    if word.before().is_empty() {
        return is_explained_state();
    }
    let Some(number) = driver_number else {
        return false;
    };
    let follows = |text: &str| {
        let before = word.before().strip_suffix(text);
        before.is_some_and(|before| before.ends_with(number))
    };
    let is_short = || word.text.len() <= 5 && word.text.bytes().all(|byte| byte.is_ascii_digit());
    follows("): ") && is_explained_state()
        || (follows("]: General error: ") || follows("] [")) && is_short()
}

/// Whether the word is the state in the pair that drivers of ODBC for Python raise, whose text begins with
/// it, too: `('42S02', "[42S02] text")`.
pub(super) fn begins_pair_of_state(word: &Word<'_>) -> bool {
    let is_repeated = || {
        let text = word.rest().strip_prefix("', ").and_then(|it| it.strip_prefix(['"', '\'']));
        let text = text.and_then(|text| text.strip_prefix('['));
        text.and_then(|text| text.strip_prefix(word.text)).is_some_and(|it| it.starts_with(']'))
    };
    is_state(word.text) && word.follows("('") && is_repeated()
}

/// Whether the word is the number in the pair of a number and a text that drivers of Python raise:
/// `(1045, "Access denied for user")`.
pub(super) fn begins_pair(word: &Word<'_>) -> bool {
    // What the server and the client of MySQL number their failures with.
    const NUMBERS: std::ops::Range<u16> = 1000..6000;
    let opens = || {
        let before = word.before().strip_suffix('(');
        before.is_some_and(|it| it.is_empty() || it.ends_with(": ") || it.ends_with(") "))
    };
    let is_told = || {
        let text = word.rest().strip_prefix(", ").and_then(|it| it.strip_prefix(['"', '\'']));
        let told = text.and_then(|text| text.split(['"', '\'']).next());
        // A sentence; several words that all begin with a capital are the name of somebody.
        let is_sentence = |told: &str| {
            let mut others = told.split(' ').skip(1);
            told.starts_with(char::is_uppercase)
                && others.any(|it| it.starts_with(char::is_lowercase))
        };
        told.is_some_and(is_sentence)
    };
    word.is_before(", ")
        && word.text.parse().is_ok_and(|number| NUMBERS.contains(&number))
        && opens()
        && is_told()
}
