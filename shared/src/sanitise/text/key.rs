//! Finds the key that stands before a separator in a text.

use super::extent::is_quote;
use crate::sanitise::MASK;
use crate::sanitise::detectors::{byte, byte_before};

/// Keys are shorter; bounds what each separator costs.
const LONGEST: usize = 100;

/// The place of a key, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
}

impl Key {
    pub(super) fn name<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// The key whose separator stands at `separator`. Nothing before `floor` belongs to it, which was
/// masked or is another key's value.
pub(super) fn before(bytes: &[u8], separator: usize, floor: usize) -> Option<Key> {
    let floor = floor.max(separator.saturating_sub(LONGEST));
    let mut end = separator;
    while end > floor && byte_before(bytes, end) == b' ' && separator - end < 2 {
        end -= 1;
    }
    if end <= floor {
        return None;
    }
    let last = byte_before(bytes, end);
    let key =
        if is_quote(last) { quoted(bytes, end, floor, last) } else { plain(bytes, end, floor) }?;
    (key.start < key.end).then_some(key)
}

/// A key in quotes, whose closing one stands before `end`, perhaps with backslashes.
fn quoted(bytes: &[u8], end: usize, floor: usize, quote: u8) -> Option<Key> {
    let mut end = end - 1;
    let closing = end;
    while end > floor && byte_before(bytes, end) == b'\\' {
        end -= 1;
    }
    let backslashes = closing - end;
    let mut start = end;
    while start > floor {
        match byte_before(bytes, start) {
            before if before == quote => {
                // An escaped quote inside of an unescaped pair belongs to the key.
                let key = Key { start, end, quoted: true };
                let escaped = byte_before(bytes, start - 1) == b'\\';
                return (escaped == (backslashes > 0)).then_some(key);
            }
            b'\n' => return None,
            b']' if ends_with_mask(bytes, start) => return None,
            _ => start -= 1,
        }
    }
    None
}

fn plain(bytes: &[u8], end: usize, floor: usize) -> Option<Key> {
    let mut start = end;
    while start > floor && is_key_byte(bytes, start - 1) {
        if byte(bytes, start - 1) == b']' && ends_with_mask(bytes, start) {
            break;
        }
        start -= 1;
    }
    // The letter of an escaped line break or tab is not the key's.
    let escaped = byte_before(bytes, start) == b'\\';
    if escaped && matches!(byte(bytes, start), b'n' | b'r' | b't') {
        start += 1;
    }
    Some(Key { start, end, quoted: false })
}

fn is_key_byte(bytes: &[u8], at: usize) -> bool {
    match byte(bytes, at) {
        b'_' | b'-' | b'.' | b'$' | b'[' | b']' | b'%' => true,
        // As in `params["password"]`.
        b'"' | b'\'' => byte_before(bytes, at) == b'[' || byte(bytes, at + 1) == b']',
        byte => byte.is_ascii_alphanumeric(),
    }
}

fn ends_with_mask(bytes: &[u8], end: usize) -> bool {
    bytes.get(..end).is_some_and(|text| text.ends_with(MASK.as_bytes()))
}

/// The word before `start`, one space away; empty when there is none.
pub(super) fn word_before(bytes: &[u8], start: usize, floor: usize) -> &[u8] {
    if start <= floor || byte_before(bytes, start) != b' ' {
        return &[];
    }
    let end = start - 1;
    let floor = floor.max(end.saturating_sub(LONGEST));
    let mut start = end;
    while start > floor && byte_before(bytes, start).is_ascii_alphabetic() {
        start -= 1;
    }
    bytes.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let separator = text.find(['=', ':']).unwrap();
        let key = before(text.as_bytes(), separator, 0);
        let found = key.and_then(|key| text.get(key.start..key.end)).unwrap_or_default();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn keys_are_found_before_their_separator() {
        check("login user_name=x", "user_name");
        check("a&b=x", "b");
        check("a key : x", "key");
        check("a\"user name\": x", "user name");
        check("'it': x", "it");
        check(r#"{\"a\": x"#, "a");
        check("[password] => x", "[password]");
        check("user[password]=x", "user[password]");
        check("h[\"pass\"] = x", "h[\"pass\"]");
        check(r"\npassword=x", "password");
        check("é=x", "");
        check("=x", "");
        check("\"\": x", "");
    }

    #[test]
    fn masked_text_is_no_key() {
        check("password[Filtered]=x", "");
        assert_eq!(before(b"abc=x", 3, 3), None);
    }
}
