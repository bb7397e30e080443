//! Lines that a logger wrote, as JSON or as keys with `=`: the values of a few keys tell what happened,
//! all others are those of the case.

use super::Scanner;
use super::shapes::is_word_byte;

/// Longer numbers are ids rather than codes.
const CODE_MAX: usize = 4;

/// Keys whose values tell what happened.
const TELLING: [&[u8]; 14] = [
    b"code",
    b"description",
    b"detail",
    b"err",
    b"error",
    b"event",
    b"exception",
    b"message",
    b"msg",
    b"mt",
    b"reason",
    b"template",
    b"title",
    b"type",
];
/// Words that tell it at the end of a longer key, too: `errorMessage`, `exc_message`.
const TELLING_ENDS: [&[u8]; 7] =
    [b"error", b"exception", b"message", b"msg", b"reason", b"template", b"description"];
/// Words after which the others tell it as well: `errorType`, `error_code`.
const TELLING_STARTS: [&[u8]; 3] = [b"error", b"err", b"exception"];

/// Whether the value of a key tells what happened. Before it may stand what it is a part of:
/// `error.type`, `@message`.
pub(super) fn tells(key: &[u8]) -> bool {
    let last = key.rsplit(|byte| matches!(byte, b'.' | b'-' | b'@')).next().unwrap_or(key);
    if is_one_of(last, &TELLING) {
        return true;
    }
    let (start, end) = split_last_word(last);
    is_one_of(end, &TELLING_ENDS) || is_one_of(start, &TELLING_STARTS) && is_one_of(end, &TELLING)
}

fn is_one_of(word: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The last word of a key and what stands before it: `error_code`, `errorCode`.
fn split_last_word(key: &[u8]) -> (&[u8], &[u8]) {
    if let Some(at) = key.iter().rposition(|byte| *byte == b'_') {
        return (&key[..at], &key[at + 1..]);
    }
    key.split_at(key.iter().rposition(u8::is_ascii_uppercase).unwrap_or_default())
}

/// Whether a text is a JSON object in which no key tells what happened.
pub(super) fn tell_nothing(text: &[u8]) -> bool {
    if text.first() != Some(&b'{') {
        return false;
    }
    let mut pieces = text.split(|byte| *byte == b'"').peekable();
    while let Some(piece) = pieces.next() {
        let is_key = pieces.peek().is_some_and(|next| next.trim_ascii_start().starts_with(b":"));
        if is_key && tells(piece) {
            return false;
        }
    }
    true
}

/// Whether a text that begins with a key and `=` is a line of several, one of which tells what happened.
pub(super) fn are_logged(text: &[u8]) -> bool {
    let signs = text.iter().enumerate().filter(|(_, byte)| **byte == b'=').map(|(at, _)| at);
    let (mut keys, mut has_telling) = (0, false);
    for sign in signs {
        let is_part = |byte: &&u8| is_word_byte(**byte) || matches!(byte, b'_' | b'.' | b'-');
        let length = text[..sign].iter().rev().take_while(is_part).count();
        keys += usize::from(length > 0);
        has_telling |= tells(&text[sign - length..sign]);
        if keys > 1 && has_telling {
            return true;
        }
    }
    false
}

/// Whether a key names the code of a failure: `code`, `errorCode`, but not `country_code`.
fn tells_code(key: &[u8]) -> bool {
    key.len() >= 4 && key[key.len() - 4..].eq_ignore_ascii_case(b"code") && tells(key)
}

impl Scanner<'_> {
    /// A number that is the code of a failure, in a line that a logger wrote.
    pub(super) fn keeps_number(&self, key: &[u8], content: &[u8]) -> bool {
        tells_code(key)
            && (self.is_logged || self.text.first() == Some(&b'{'))
            && content.len() <= CODE_MAX
            && content.iter().all(u8::is_ascii_digit)
    }

    /// A word that is the value of a key which does not tell what happened. Other values are known by
    /// their shape.
    pub(super) fn is_logged_value(&self, key: &[u8], content: &[u8]) -> bool {
        self.is_logged && !tells(key) && content.first().is_some_and(u8::is_ascii_alphabetic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_tell_are_known_in_all_spellings() {
        for key in [
            "msg",
            "Message",
            "@mt",
            "@message",
            "errorMessage",
            "error_type",
            "errorCode",
            "exc_message",
            "error.type",
            "MessageTemplate",
            "title",
        ] {
            assert!(tells(key.as_bytes()), "{key}");
        }
        for key in ["user", "LogLevel", "EventId", "country_code", "user_type", "content", "", "C"]
        {
            assert!(!tells(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn objects_that_tell_nothing_are_known() {
        for text in [r#"{"level":"error","text":"cart is empty"}"#, "{", r#"{"a":1}"#] {
            assert!(tell_nothing(text.as_bytes()), "{text}");
        }
        for text in [r#"{"a":1,"Message" : "x"}"#, "plain", ""] {
            assert!(!tell_nothing(text.as_bytes()), "{text}");
        }
    }
}
