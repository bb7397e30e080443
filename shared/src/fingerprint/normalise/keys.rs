//! Lines that a logger wrote, as JSON or as keys with `=`: the values of a few keys tell what happened,
//! all others are those of the case.

use super::Scanner;
use super::shapes::is_word_byte;

/// Longer numbers are ids rather than codes.
const CODE_MAX: usize = 4;

/// Keys whose values tell what happened.
const TELLING: [&[u8]; 10] = [
    b"code",
    b"detail",
    b"err",
    b"error",
    b"event",
    b"exception",
    b"message",
    b"msg",
    b"reason",
    b"type",
];

/// Whether the value of a key tells what happened. Before it may stand what it is a part of:
/// `error.type`.
pub(super) fn tells(key: &[u8]) -> bool {
    let last = key.rsplit(|byte| matches!(byte, b'.' | b'-')).next().unwrap_or(key);
    matches!(last.len(), 3..=9) && TELLING.contains(&last)
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

impl Scanner<'_> {
    /// A number that is the code of a failure, in a line that a logger wrote.
    pub(super) fn keeps_number(&self, key: &[u8], content: &[u8]) -> bool {
        key == b"code"
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
