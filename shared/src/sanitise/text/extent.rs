//! How far a value reaches that stands in a text after its key.

use crate::sanitise::MASK;
use crate::sanitise::detectors::{byte, byte_before, rest, run_end};

/// Deeper quoting than JSON in JSON in JSON does not occur outside attacks.
const MOST_BACKSLASHES: usize = 15;

/// An item after a comma is recognised by a name of at most this length.
const LONGEST_NAME: usize = 64;

/// The place of a value, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it stands in quotes or brackets instead of by itself.
    pub(super) form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Bare,
    Quoted,
    Bracketed,
}

/// The value that begins at `start`; `None` when there is none.
pub(super) fn of_value(bytes: &[u8], start: usize, in_query: bool) -> Option<Extent> {
    let extent = if let Some(quote) = Quote::at(bytes, start) {
        let inner = quote.end;
        Extent { start: inner, end: quoted_end(bytes, quote), form: Form::Quoted }
    } else if rest(bytes, start).starts_with(MASK.as_bytes()) {
        Extent { start, end: start + MASK.len(), form: Form::Bracketed }
    } else if matches!(byte(bytes, start), b'{' | b'[') {
        Extent { start, end: bracketed_end(bytes, start), form: Form::Bracketed }
    } else {
        Extent { start, end: bare_end(bytes, start, in_query), form: Form::Bare }
    };
    (extent.start < extent.end).then_some(extent)
}

/// A quotation mark with the backslashes that an outer encoding put before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quote {
    mark: u8,
    backslashes: usize,
    /// The place after the mark.
    pub(super) end: usize,
}

impl Quote {
    pub(super) fn at(bytes: &[u8], start: usize) -> Option<Self> {
        let mut at = start;
        while byte(bytes, at) == b'\\' && at - start < MOST_BACKSLASHES {
            at += 1;
        }
        let mark = byte(bytes, at);
        is_quote(mark).then_some(Self { mark, backslashes: at - start, end: at + 1 })
    }
}

pub(super) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Where the text inside the quotes ends. Without a closing mark it ends with the line: the text
/// was cut off, or the mark was an apostrophe.
pub(super) fn quoted_end(bytes: &[u8], quote: Quote) -> usize {
    match closing(bytes, quote) {
        Some((end, _)) => end,
        None => run_end(bytes, quote.end, |byte| byte != b'\n' && byte != b'\r'),
    }
}

/// Where the closing mark begins, with its backslashes, and the place after it.
fn closing(bytes: &[u8], quote: Quote) -> Option<(usize, usize)> {
    let mut backslashes = 0;
    for (offset, byte) in rest(bytes, quote.end).iter().enumerate() {
        if *byte == b'\\' {
            backslashes += 1;
            continue;
        }
        if *byte == quote.mark && closes(quote, backslashes) {
            let own = if quote.backslashes == 0 { 0 } else { backslashes };
            let mark = quote.end + offset;
            return Some((mark - own, mark + 1));
        }
        backslashes = 0;
    }
    None
}

fn closes(quote: Quote, backslashes: usize) -> bool {
    if quote.backslashes == 0 {
        backslashes.is_multiple_of(2)
    } else {
        backslashes <= quote.backslashes
    }
}

/// Where the brackets close that open at `start`. What was cut off reaches to the end of the text.
fn bracketed_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at < bytes.len() {
        match byte(bytes, at) {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'\\' | b'"' | b'\'' if opens_string(bytes, at) => {
                let Some(quote) = Quote::at(bytes, at) else {
                    return bytes.len();
                };
                let Some((_, after)) = closing(bytes, quote) else {
                    return bytes.len();
                };
                at = after;
                continue;
            }
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// Whether a string begins here; an apostrophe inside a word begins none.
fn opens_string(bytes: &[u8], at: usize) -> bool {
    let before = byte_before(bytes, at);
    let apart = before.is_ascii_whitespace() || b"{[,:=>(".contains(&before);
    apart && Quote::at(bytes, at).is_some()
}

/// Where a value ends that stands in neither quotes nor brackets.
fn bare_end(bytes: &[u8], start: usize, in_query: bool) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(&here) = bytes.get(at) {
        let ends = match here {
            b'\n' | b'\r' => true,
            b'"' | b'\'' | b'`' => {
                if depth > 0 || is_string_prefix(bytes.get(start..at).unwrap_or_default()) {
                    at = skip_string(bytes, at);
                    continue;
                }
                true
            }
            b'(' => {
                depth += 1;
                false
            }
            b')' if depth > 0 => {
                depth -= 1;
                false
            }
            _ if depth > 0 => false,
            b' ' | b'\t' | b'&' => true,
            b',' | b';' => begins_item(bytes, at + 1),
            b')' | b']' | b'}' | b'>' => !byte(bytes, at + 1).is_ascii_alphanumeric(),
            b'<' => byte(bytes, at + 1) == b'/',
            b'#' => in_query,
            b'\\' => Quote::at(bytes, at).is_some(),
            _ => false,
        };
        if ends {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// The letters that may stand before a string's quotes, as in `b'…'`.
fn is_string_prefix(text: &[u8]) -> bool {
    matches!(text, b"b" | b"u" | b"r" | b"f" | b"rb" | b"br" | b"B" | b"L" | b"@")
}

fn skip_string(bytes: &[u8], at: usize) -> usize {
    match Quote::at(bytes, at) {
        Some(quote) => (quoted_end(bytes, quote) + 1).min(bytes.len()),
        None => at + 1,
    }
}

/// Whether what stands after a comma is something new rather than the rest of the value.
fn begins_item(bytes: &[u8], at: usize) -> bool {
    let next = byte(bytes, at);
    if at >= bytes.len() || next.is_ascii_whitespace() || is_quote(next) || next == b'\\' {
        return true;
    }
    let name = bytes.get(at..(at + LONGEST_NAME).min(bytes.len())).unwrap_or_default();
    let length = run_end(name, 0, |byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    length > 0 && matches!(byte(name, length), b'=' | b':')
}

/// Where a header's line ends: at its end, at an encoded line break, or at the quote around it.
pub(super) fn line_end(bytes: &[u8], start: usize, quote: Option<u8>) -> usize {
    let mut at = start;
    while let Some(&here) = bytes.get(at) {
        let escaped = here == b'\\' && matches!(byte(bytes, at + 1), b'n' | b'r' | b'"' | b'\'');
        if matches!(here, b'\n' | b'\r') || Some(here) == quote || escaped {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let extent = of_value(text.as_bytes(), 0, false);
        let found = extent.and_then(|extent| text.get(extent.start..extent.end));
        assert_eq!(found.unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn bare_values_end_where_the_next_thing_begins() {
        check("abc for bob", "abc");
        check("abc&x=1", "abc");
        check("abc, and", "abc");
        check("a,b;c", "a,b;c");
        check("abc,x=1", "abc");
        check("abc;Database=x", "abc");
        check("abc)", "abc");
        check("a)b} c", "a)b");
        check("abc\" rest", "abc");
        check("abc</p>", "abc");
        check("a<b", "a<b");
        check("Some(\"a b\") x", "Some(\"a b\")");
        check("b'abc' x", "b'abc'");
        check("é€", "é€");
        check(" abc", "");
        check("", "");
    }

    #[test]
    fn quotes_close_at_their_own_depth() {
        check(r#""a b" c"#, "a b");
        check(r#""a\"b" c"#, r#"a\"b"#);
        check(r#""a\\" c"#, r"a\\");
        check(r#"\"a b\", \"c\""#, "a b");
        check(r#"\"a\\\"b\" c"#, r#"a\\\"b"#);
        check("'abc", "abc");
        check("'abc\ndef", "abc");
        check("\"\"", "");
    }

    #[test]
    fn brackets_close_outside_of_strings() {
        check(r#"{"a":"}","b":[1]} c"#, r#"{"a":"}","b":[1]}"#);
        check(r#"{\"a\":\"}\"} c"#, r#"{\"a\":\"}\"}"#);
        check("['a', 'b']]", "['a', 'b']");
        check("{a: don't} c", "{a: don't}");
        check("{\"a\": \"b", "{\"a\": \"b");
        check("[Filtered]x", "[Filtered]");
    }
}
