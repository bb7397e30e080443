//! Values that stand beside their keys: `key=value`, `key: value`, `"key": "value"`, and the other
//! ways in which programs print pairs.

use percent_encoding::percent_decode;

use super::extent::{self, Extent, Form, Quote};
use super::key::{self, Key};
use super::{Scan, Syntax, prose};
use crate::sanitise::detectors::{byte, byte_before, rest, run_end};
use crate::sanitise::keys::{self, Verdict};

/// Longer names of XML elements and options are not looked at.
const LONGEST_NAME: usize = 64;

/// How far back the line before a line of code is looked for.
const LONGEST_CODE_LINE: usize = 400;

/// What stands between a key and its value.
#[derive(Debug, Clone, Copy)]
struct Separator {
    colon: bool,
    /// The place after it.
    end: usize,
}

impl Separator {
    /// The separator at `at`; else the place to go on at: `==`, `::`, `>=` and the like separate
    /// nothing.
    fn at(bytes: &[u8], at: usize) -> Result<Self, usize> {
        let before = byte_before(bytes, at);
        match (byte(bytes, at), byte(bytes, at + 1)) {
            (b':', b':') => Err(run_end(bytes, at, |byte| byte == b':')),
            (b':', b'=') | (b'=', b'>') => Ok(Self { colon: false, end: at + 2 }),
            (b':', _) => Ok(Self { colon: true, end: at + 1 }),
            (_, b'=') => Err(run_end(bytes, at, |byte| byte == b'=')),
            (_, b'~') => Err(at + 2),
            _ if matches!(before, b'!' | b'<' | b'>') => Err(at + 1),
            _ => Ok(Self { colon: false, end: at + 1 }),
        }
    }
}

impl Scan<'_> {
    /// A pair whose separator stands at `at`.
    pub(super) fn pair(&mut self, at: usize) -> usize {
        let separator = match Separator::at(self.bytes, at) {
            Ok(separator) => separator,
            Err(next) => return next,
        };
        let Some(key) = key::before(self.bytes, at, self.floor) else {
            return separator.end;
        };
        let verdict = self.verdict(key);
        if verdict == Verdict::Clear {
            return separator.end;
        }
        let start = run_end(self.bytes, separator.end, |byte| matches!(byte, b' ' | b'\t'));
        let value = if self.is_code(key) {
            self.literal(start)
        } else {
            self.value(key, verdict, separator, start)
        };
        match value {
            Some(value) => {
                let quoted = key.quoted && separator.colon && value.form != Form::Quoted;
                self.mask_as(value.start, value.end, quoted && self.is_json_quote(key))
            }
            None => separator.end,
        }
    }

    fn verdict(&self, key: Key) -> Verdict {
        let verdict = keys::verdict(key.name(self.bytes), self.rules);
        if verdict != Verdict::Clear || key.quoted {
            return verdict;
        }
        if key.name(self.bytes).contains(&b'%') {
            // The name of a parameter, such as `pass%77ord`.
            let decoded: Vec<u8> = percent_decode(key.name(self.bytes)).collect();
            return keys::verdict(&decoded, self.rules);
        }
        // `API key: …`, where the last word alone says nothing.
        let name = key.name(self.bytes);
        let ends_phrase =
            keys::last_word_is(name, |word| matches!(word, b"key" | b"card" | b"number" | b"code"));
        let word = key::word_before(self.bytes, key.start, self.floor);
        if !ends_phrase || word.is_empty() {
            return verdict;
        }
        let start = key.start - 1 - word.len();
        let phrase = self.bytes.get(start..key.end).unwrap_or_default();
        keys::verdict(phrase, self.rules)
    }

    /// The value of a secret key, unless it is plain that it is none.
    fn value(
        &self,
        key: Key,
        verdict: Verdict,
        separator: Separator,
        start: usize,
    ) -> Option<Extent> {
        let apart = start > separator.end;
        if separator.colon && !key.quoted && self.is_place(key, verdict, start, apart) {
            return None;
        }
        if verdict == Verdict::Plural && self.is_count(start) {
            return None;
        }
        let value = if separator.colon && self.is_header(key) {
            self.header(key, start)
        } else {
            let in_query = matches!(byte_before(self.bytes, key.start), b'?' | b'&');
            extent::of_value(self.bytes, start, in_query)
        }?;
        let text = self.bytes.get(value.start..value.end)?;
        if value.form == Form::Bare {
            let sentence = separator.colon && apart && prose::begins_sentence(text);
            if prose::is_nothing(text) || sentence {
                return None;
            }
        }
        // Nothing stands between empty brackets.
        let empty = value.form == Form::Bracketed && text.len() == 2;
        (!empty).then(|| self.with_scheme(value))
    }

    /// Whether a name before a colon is no key: a file, a path, a host, an exception, or a word of
    /// a parser's complaint.
    fn is_place(&self, key: Key, verdict: Verdict, value: usize, apart: bool) -> bool {
        let name = key.name(self.bytes);
        let digits = run_end(self.bytes, value, |byte| byte.is_ascii_digit()) - value;
        let number = !apart && digits > 0;
        // `session.rb:45`.
        if number && name.contains(&b'.') {
            return true;
        }
        // `/oauth/token: 401`, and `<Session.ACTIVE: 1>` as Python shows members of enums.
        let before = byte_before(self.bytes, key.start);
        if matches!(before, b'/' | b'\\') || (before == b'<' && name.contains(&b'.')) {
            return true;
        }
        // `session:6379`.
        let after = byte(self.bytes, value + digits);
        let port = number && (2..=5).contains(&digits) && !after.is_ascii_alphanumeric();
        if port && verdict != Verdict::Secret {
            return true;
        }
        let before = key::word_before(self.bytes, key.start, self.floor);
        prose::names_a_speaker(name) || prose::is_parsers_word(before)
    }

    /// Whether the value at `start` is a number, as in `max_tokens=4096`.
    fn is_count(&self, start: usize) -> bool {
        let value = extent::of_value(self.bytes, start, false);
        let text = value.and_then(|value| self.bytes.get(value.start..value.end));
        text.is_some_and(|text| {
            text.iter().all(|byte| byte.is_ascii_digit() || b".,_".contains(byte))
        })
    }

    /// Whether the value of the key reaches to the end of the line.
    fn is_header(&self, key: Key) -> bool {
        if key.quoted {
            return false;
        }
        let name = key.name(self.bytes);
        let cookie = keys::last_word_is(name, |word| word == b"cookie");
        let authorization = keys::last_word_is(name, |word| word == b"authorization");
        cookie || (authorization && self.begins_line(key.start))
    }

    fn header(&self, key: Key, start: usize) -> Option<Extent> {
        let around = byte_before(self.bytes, key.start);
        let around = extent::is_quote(around).then_some(around);
        if Quote::at(self.bytes, start).is_some() {
            return extent::of_value(self.bytes, start, false);
        }
        let end = extent::line_end(self.bytes, start, around);
        let length = self.bytes.get(start..end)?.trim_ascii_end().len();
        (length > 0).then_some(Extent { start, end: start + length, form: Form::Bare })
    }

    fn begins_line(&self, start: usize) -> bool {
        let before = byte_before(self.bytes, start);
        if matches!(before, 0 | b'\n' | b'"' | b'\'') {
            return true;
        }
        // `> Authorization: …` as curl prints it, and line breaks in an encoding.
        let earlier = start.checked_sub(2).map_or(0, |at| byte(self.bytes, at));
        (before == b' ' && matches!(earlier, b'>' | b'<' | b'\n'))
            || (earlier == b'\\' && matches!(before, b'n' | b'r'))
    }

    /// The value with the credentials after it, when it is only their scheme.
    fn with_scheme(&self, value: Extent) -> Extent {
        let text = self.bytes.get(value.start..value.end).unwrap_or_default();
        if value.form != Form::Bare
            || byte(self.bytes, value.end) != b' '
            || !prose::is_scheme(text)
        {
            return value;
        }
        let end = if prose::has_parameters(text) {
            Some(extent::line_end(self.bytes, value.end, None))
        } else {
            extent::of_value(self.bytes, value.end + 1, false).map(|token| token.end)
        };
        Extent { end: end.unwrap_or(value.end), ..value }
    }

    /// Whether the quotes around the key are those of JSON.
    fn is_json_quote(&self, key: Key) -> bool {
        byte_before(self.bytes, key.start) == b'"' && byte(self.bytes, key.end) == b'"'
    }

    /// Whether the key stands in a line of source: in a text that is one, or below the line of a
    /// Python traceback that names its file.
    fn is_code(&self, key: Key) -> bool {
        if self.syntax == Syntax::Code {
            return true;
        }
        let start = key.start.saturating_sub(LONGEST_CODE_LINE);
        let before = self.bytes.get(start..key.start).unwrap_or_default();
        let mut lines = before.rsplit(|byte| *byte == b'\n');
        let here = lines.next().unwrap_or_default();
        let above = lines.next().unwrap_or_default();
        here.starts_with(b"    ") && above.starts_with(b"  File \"")
    }

    /// The literal at `start` of a program's text; names and calls of functions hide nothing.
    fn literal(&self, start: usize) -> Option<Extent> {
        if byte(self.bytes, start).is_ascii_digit() {
            return extent::of_value(self.bytes, start, false);
        }
        let name_end = run_end(rest_within(self.bytes, start), 0, |byte| {
            byte.is_ascii_alphanumeric() || b"_.:".contains(&byte)
        });
        let mut at = start + name_end;
        if byte(self.bytes, at) == b'(' {
            at += 1;
        }
        let literal =
            Quote::at(self.bytes, at).and_then(|_| extent::of_value(self.bytes, at, false))?;
        // `os.environ.get("API_KEY")` names a secret and holds none.
        let text = self.bytes.get(literal.start..literal.end)?;
        (keys::verdict(text, self.rules) == Verdict::Clear).then_some(literal)
    }

    /// `key%3Dvalue` and `%22key%22%3A%22value%22`, as query strings carry other URLs and JSON.
    pub(super) fn encoded_pair(&mut self, at: usize) -> usize {
        let digits = [byte(self.bytes, at + 1), byte(self.bytes, at + 2).to_ascii_uppercase()];
        if !matches!(&digits, b"3D" | b"3A") {
            return at + 1;
        }
        let next = at + 3;
        let Some(key) = key::before(self.bytes, at, self.floor) else {
            return next;
        };
        let name = last_encoded_part(key.name(self.bytes));
        if keys::verdict(name, self.rules) == Verdict::Clear {
            return next;
        }
        let quoted = rest(self.bytes, next).starts_with(b"%22");
        let start = if quoted { next + 3 } else { next };
        let end = encoded_end(self.bytes, start);
        let text = self.bytes.get(start..end).unwrap_or_default();
        if text.is_empty() || prose::is_nothing(text) { next } else { self.mask(start, end) }
    }

    /// `('key', 'value')`, as Python prints lists of headers.
    pub(super) fn tuple(&mut self, at: usize) -> usize {
        let next = at + 1;
        if !extent::is_quote(byte_before(self.bytes, at)) || byte(self.bytes, next) != b' ' {
            return next;
        }
        let Some(key) = key::before(self.bytes, at, self.floor) else {
            return next;
        };
        let Some(open) = key.start.checked_sub(1) else {
            return next;
        };
        let before = byte_before(self.bytes, open);
        let opens = before == b'(' || (before == b'b' && byte_before(self.bytes, open - 1) == b'(');
        if !opens || keys::verdict(key.name(self.bytes), self.rules) == Verdict::Clear {
            return next;
        }
        let start = if byte(self.bytes, next + 1) == b'b' { next + 2 } else { next + 1 };
        if !extent::is_quote(byte(self.bytes, start)) {
            return next;
        }
        match extent::of_value(self.bytes, start, false) {
            Some(value) if byte(self.bytes, value.end + 1) == b')' => {
                self.mask(value.start, value.end)
            }
            _ => next,
        }
    }

    /// `<key>value</key>`.
    pub(super) fn element(&mut self, at: usize) -> usize {
        let name = rest_within(self.bytes, at + 1);
        let length =
            run_end(name, 0, |byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte));
        let start = at + 1 + length + 1;
        if length == 0 || byte(self.bytes, start - 1) != b'>' {
            return at + 1;
        }
        let name = name.get(..length).unwrap_or_default();
        if keys::verdict(name, self.rules) == Verdict::Clear {
            return start;
        }
        let end = run_end(self.bytes, start, |byte| byte != b'<');
        let closed = rest(self.bytes, end).strip_prefix(b"</");
        if end > start && closed.is_some_and(|closing| closing.starts_with(name)) {
            self.mask(start, end)
        } else {
            start
        }
    }

    /// `--key value`, as command lines carry it.
    pub(super) fn option(&mut self, at: usize) -> usize {
        let start = at + 2;
        let name = rest_within(self.bytes, start);
        let length = run_end(name, 0, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let end = start + length;
        let name = name.get(..length).unwrap_or_default();
        let value = byte(self.bytes, end + 1);
        if length == 0 || byte(self.bytes, end) != b' ' || matches!(value, b'-' | b' ') {
            return start;
        }
        if keys::verdict(name, self.rules) == Verdict::Clear {
            return start;
        }
        match extent::of_value(self.bytes, end + 1, false) {
            Some(value) => self.mask(value.start, value.end),
            None => start,
        }
    }
}

/// What stands at `at`, as far as a name can reach.
fn rest_within(bytes: &[u8], at: usize) -> &[u8] {
    let text = rest(bytes, at);
    text.get(..LONGEST_NAME).unwrap_or(text)
}

/// What follows the last encoded `?`, `&`, quote or the like.
fn last_encoded_part(name: &[u8]) -> &[u8] {
    let name = name.strip_suffix(b"%22").unwrap_or(name);
    let encoded = name.windows(3).rposition(|window| {
        matches!(window, [b'%', first, second] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit())
    });
    encoded.and_then(|at| name.get(at + 3..)).unwrap_or(name)
}

/// Where a value in percent-encoding ends: at an encoded `&`, quote, comma or bracket, or where
/// the text around it goes on.
fn encoded_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(&here) = bytes.get(at) {
        let digits = [byte(bytes, at + 1), byte(bytes, at + 2).to_ascii_uppercase()];
        let encoded = here == b'%' && matches!(&digits, b"26" | b"22" | b"2C" | b"7D" | b"23");
        if encoded || here.is_ascii_whitespace() || b"&\"'<>".contains(&here) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}
