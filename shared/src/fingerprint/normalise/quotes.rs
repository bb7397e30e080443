//! What stands in quotes, in all the ways people and programs quote.

use super::bytes::Marks;
use super::{HOST, NAME, QUOTED, Scanner, keys, shapes};

/// No address in brackets is longer, the name of its interface included.
const HOST_MAX: usize = 64;

/// The ways to enclose a value, each closed by something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    Double,
    Single,
    Backtick,
    Bracket,
    /// `“value”`
    Curved,
    /// `‘value’`
    CurvedSingle,
    /// `„value“`
    Low,
    /// `«value»`
    Angled,
    /// `「value」`
    Corner,
}

impl Pair {
    pub(super) const COUNT: usize = 9;
}

/// The quotes of typography: how they open, and what closes them, which is as many bytes long.
const WIDE: [(Pair, &str, &[&str]); 5] = [
    (Pair::Curved, "\u{201c}", &["\u{201d}"]),
    (Pair::CurvedSingle, "\u{2018}", &["\u{2019}"]),
    (Pair::Low, "\u{201e}", &["\u{201c}", "\u{201d}"]),
    (Pair::Angled, "\u{ab}", &["\u{bb}"]),
    (Pair::Corner, "\u{300c}", &["\u{300d}"]),
];

/// Whether the text starts with an opening quote of typography.
pub(super) fn opens_wide(text: &[u8]) -> bool {
    WIDE.iter().any(|(_, open, _)| text.starts_with(open.as_bytes()))
}

impl Scanner<'_> {
    /// A quoted value, a quoted key of a JSON object, or just an apostrophe.
    pub(super) fn quote(&mut self, quote: u8) {
        let is_told = self.at < self.told_until;
        if self.told_until > 0 && self.at == self.told_until {
            self.at += 1;
            return;
        }
        if is_told && self.text[self.told_until] == quote {
            self.escaped_quote(quote);
            return;
        }
        let opens =
            self.at.checked_sub(1).is_none_or(|before| !self.text[before].is_ascii_alphanumeric());
        let Some(close) = opens.then(|| self.closing(quote)).flatten() else {
            self.out.push(quote);
            self.at += 1;
            return;
        };
        let spaces = self.text[close + 1..].iter().take_while(|byte| **byte == b' ').count();
        let colon = close + 1 + spaces;
        let is_key = self.text.get(colon) == Some(&b':') && self.in_object();
        let content = &self.text[self.at + 1..close];
        let tells = self.key.is_some_and(keys::tells) || self.is_untold && content.contains(&b' ');
        if !is_told && !is_key && tells {
            self.key = None;
            self.told_until = close;
            self.at += 1;
            return;
        }
        self.at = close + 1;
        if is_key {
            self.chunk_of(content, Marks::of(content));
            self.out.push(b':');
            self.at = colon + 1;
            let spaces = self.text[self.at..].iter();
            self.at += spaces.take_while(|byte| **byte == b' ').count();
            self.key = Some(content);
        } else {
            self.placeholder(QUOTED);
            self.key = None;
        }
    }

    /// A value within a text that is told, whose quotes have a backslash before them: `\"value\"`.
    fn escaped_quote(&mut self, quote: u8) {
        let rest = &self.text[self.at + 1..self.told_until];
        let is_escaped = self.out.last() == Some(&b'\\');
        let mut pairs = rest.windows(2);
        match is_escaped.then(|| pairs.position(|pair| pair == [b'\\', quote])).flatten() {
            Some(length) => {
                self.out.pop();
                self.placeholder(QUOTED);
                self.at += length + 3;
            }
            None => {
                self.out.push(quote);
                self.at += 1;
            }
        }
    }

    /// Where the quote that opens here closes. Single quotes close on their line, because the
    /// apostrophe of a plural opens none.
    fn closing(&mut self, quote: u8) -> Option<usize> {
        let pair = if quote == b'\'' { Pair::Single } else { Pair::Double };
        let from = self.at + 1;
        if from < self.unclosed[pair as usize] {
            return None;
        }
        let mut at = from;
        while let Some(&byte) = self.text.get(at) {
            match byte {
                b'\\' => at += 1,
                b'\n' if quote == b'\'' => break,
                _ if byte == quote && self.ends_word(at + 1) => return Some(at),
                _ => {}
            }
            at += 1;
        }
        self.unclosed[pair as usize] = at;
        None
    }

    fn ends_word(&self, at: usize) -> bool {
        self.text.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric())
    }

    /// A name that an apostrophe closes, as older programs quote; what two backticks enclose is code,
    /// which its author wrote.
    pub(super) fn backtick(&mut self) {
        let closes = |rest: &[u8]| matches!(rest, [b'`' | b'\'' | b'\n', ..]);
        match self.find(Pair::Backtick, self.at + 1, closes) {
            Some(close) if self.text[close] == b'\'' => {
                self.placeholder(QUOTED);
                self.at = close + 1;
                self.key = None;
            }
            _ => self.delimiter(b'`'),
        }
    }

    /// Passes a quote of typography, where one opens here; it closes on its line.
    pub(super) fn wide_quote(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let opened = WIDE.iter().find(|(_, open, _)| rest.starts_with(open.as_bytes()));
        let Some((pair, open, closings)) = opened else {
            return false;
        };
        let (pair, length) = (*pair, open.len());
        let closes = |rest: &[u8]| {
            rest.starts_with(b"\n") || closings.iter().any(|it| rest.starts_with(it.as_bytes()))
        };
        match self.find(pair, self.at + length, closes) {
            Some(end) if self.text[end] != b'\n' => {
                self.placeholder(QUOTED);
                self.at = end + length;
            }
            stopped => {
                // The line ended first: nothing before its end need be looked at again.
                if let Some(line_end) = stopped {
                    self.unclosed[pair as usize] = line_end;
                }
                let end = (self.at + length).min(self.text.len());
                self.out.extend_from_slice(&self.text[self.at..end]);
                self.at = end;
            }
        }
        self.key = None;
        true
    }

    /// An opening bracket. Databases tell the values of a key in brackets: `Key (name)=(value)`, `the
    /// duplicate key value is (value)`.
    pub(super) fn bracket(&mut self) {
        if self.skip_zone_name() {
            return;
        }
        let tells_value = self.out.ends_with(b")=") || self.out.ends_with(b"key value is ");
        let close = tells_value
            .then(|| self.find(Pair::Bracket, self.at, |rest| rest.starts_with(b")")))
            .flatten();
        self.delimiter(b'(');
        if let Some(close) = close {
            self.out.extend_from_slice(NAME);
            self.at = close;
        }
    }

    /// Passes an address in brackets with a port behind it: `[::1]:5432`.
    pub(super) fn bracketed_host(&mut self) -> bool {
        let rest = &self.text[self.at + 1..];
        if !rest.first().is_some_and(|byte| byte.is_ascii_hexdigit() || *byte == b':') {
            return false;
        }
        let Some(length) = rest.iter().take(HOST_MAX).position(|byte| *byte == b']') else {
            return false;
        };
        let port = shapes::port(&rest[length + 1..]);
        if port == 0 || !shapes::is_ipv6(&rest[..length]) {
            return false;
        }
        self.placeholder(HOST);
        self.key = None;
        self.at += length + 2 + port;
        true
    }

    /// Where, from `from` on, the text begins with what closes the pair.
    fn find(&mut self, pair: Pair, from: usize, closes: impl Fn(&[u8]) -> bool) -> Option<usize> {
        if from < self.unclosed[pair as usize] {
            return None;
        }
        let found = (from..self.text.len()).find(|at| closes(&self.text[*at..]));
        if found.is_none() {
            self.unclosed[pair as usize] = self.text.len();
        }
        found
    }
}
