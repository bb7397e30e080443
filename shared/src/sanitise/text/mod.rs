//! Scans free text: messages, stacks, URLs, query strings, forms, header lines, program output.
//!
//! One pass from left to right. A table names the bytes at which something can begin or, for
//! separators, has just begun; every other byte costs one look-up. Words, which are most of any text, are
//! looked at where they begin and passed as a whole. What is found is masked at once and never looked at
//! again, so the pass stays linear whatever the text holds.
//!
//! JSON documents are not read here but by [`super::structured`]; this scanner sees those that are
//! cut off or surrounded by text.

mod edits;
mod extent;
mod key;
mod pair;
pub(super) mod prose;

use super::MASK;
use super::detectors::{self, base64, byte, byte_before, run_end};
use super::rules::{Detector, Rules};
use edits::Edits;

/// What a text consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Anything; a word after `password=` is a password.
    Prose,
    /// A line of a program; a word after `password=` is an expression, and only literals are
    /// secrets.
    Code,
}

/// How often a text is scanned at most.
const MOST_SCANS: usize = 4;

/// Masks every secret of the text. Returns whether there was one.
///
/// A text that held one is scanned again: beside a mask things stand apart that stood together
/// before, such as two numbers, and only then is the second one seen. The next scan as a rule finds
/// nothing.
pub(super) fn sanitise(text: &mut String, rules: &Rules, syntax: Syntax) -> bool {
    for scans in 0..MOST_SCANS {
        let mut scan = Scan::new(text.as_bytes(), rules, syntax);
        scan.run();
        match scan.edits.apply(text) {
            Some(masked) => *text = masked,
            None => return scans > 0,
        }
    }
    true
}

/// What may begin at a byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trigger {
    Nothing,
    /// A value, after its key; also the authority of a URL.
    Separator,
    /// A separator in percent-encoding.
    Percent,
    /// The second half of a tuple.
    Comma,
    /// An element of XML.
    Tag,
    /// A card number, or the digits of an IBAN.
    Digit,
    /// A word, which may be a token or key that is known by how it begins.
    Word,
    /// A PEM block, or an option of a command line.
    Dash,
}

static TRIGGERS: [Trigger; 256] = triggers();

const fn triggers() -> [Trigger; 256] {
    let mut table = [Trigger::Nothing; 256];
    table[b'=' as usize] = Trigger::Separator;
    table[b':' as usize] = Trigger::Separator;
    table[b'%' as usize] = Trigger::Percent;
    table[b',' as usize] = Trigger::Comma;
    table[b'<' as usize] = Trigger::Tag;
    table[b'-' as usize] = Trigger::Dash;
    let mut digit = b'0';
    while digit <= b'9' {
        table[digit as usize] = Trigger::Digit;
        digit += 1;
    }
    let mut letter = b'a';
    while letter <= b'z' {
        table[letter as usize] = Trigger::Word;
        table[letter.to_ascii_uppercase() as usize] = Trigger::Word;
        letter += 1;
    }
    table
}

struct Scan<'a> {
    bytes: &'a [u8],
    rules: &'a Rules,
    syntax: Syntax,
    /// Where the last masked place ended; no key reaches back beyond it.
    floor: usize,
    edits: Edits,
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8], rules: &'a Rules, syntax: Syntax) -> Self {
        Self { bytes, rules, syntax, floor: 0, edits: Edits::default() }
    }

    fn run(&mut self) {
        let mut at = 0;
        while let Some(here) = self.bytes.get(at) {
            // Each of these answers with the place to go on at, which lies further on.
            at = match TRIGGERS[usize::from(*here)] {
                Trigger::Nothing => at + 1,
                Trigger::Separator => self.separator(at),
                Trigger::Percent => self.encoded_pair(at),
                Trigger::Comma => self.tuple(at),
                Trigger::Tag => self.element(at),
                Trigger::Digit => self.number(at),
                Trigger::Word => self.word(at),
                Trigger::Dash => self.dashes(at),
            };
        }
    }

    fn separator(&mut self, at: usize) -> usize {
        if let Some(authority) = detectors::url::authority(self.bytes, at) {
            return self.authority(authority);
        }
        self.pair(at)
    }

    fn authority(&mut self, authority: usize) -> usize {
        if !self.rules.detects(Detector::UrlPasswords) {
            return authority;
        }
        match detectors::url::password(self.bytes, authority) {
            Some((start, end)) => self.mask(start, end),
            None => authority,
        }
    }

    /// A run of digits, at whose first one the scan stands.
    fn number(&mut self, at: usize) -> usize {
        let found = if byte_before(self.bytes, at).is_ascii_uppercase() {
            at.checked_sub(2)
                .filter(|_| self.rules.detects(Detector::Ibans))
                .and_then(|start| detectors::iban::at(self.bytes, start).map(|end| (start, end)))
        } else if self.rules.detects(Detector::CardNumbers) {
            detectors::card::at(self.bytes, at).map(|end| (at, end))
        } else {
            None
        };
        match found {
            Some((start, end)) if start >= self.floor => self.mask(start, end),
            _ => run_end(self.bytes, at, |byte| byte.is_ascii_digit()),
        }
    }

    /// A run of letters, at whose first one the scan stands, or the rest of one.
    fn word(&mut self, at: usize) -> usize {
        let before = byte_before(self.bytes, at);
        let begins = !before.is_ascii_alphanumeric() && before != b'_';
        match begins.then(|| self.known_by_beginning(at)).flatten() {
            Some((start, end)) => self.mask(start, end),
            None => run_end(self.bytes, at, |byte| byte.is_ascii_alphabetic() || byte == b'_'),
        }
    }

    fn known_by_beginning(&self, at: usize) -> Option<(usize, usize)> {
        match *self.bytes.get(at..)?.first_chunk()? {
            // Inside of a longer run every dash would start the look again.
            [b'e', b'y', b'J'] if !base64::is_url_safe(byte_before(self.bytes, at)) => {
                let on = self.rules.detects(Detector::Jwts);
                let end = on.then(|| detectors::jwt::at(self.bytes, at)).flatten();
                end.map(|end| (at, end))
            }
            [b'b' | b'B', b'e' | b'E' | b'a' | b'A', _] => {
                let on = self.rules.detects(Detector::BearerTokens);
                on.then(|| detectors::bearer::at(self.bytes, at)).flatten()
            }
            first if detectors::service::may_begin_with(first) => {
                let on = self.rules.detects(Detector::ServiceKeys);
                let end = on.then(|| detectors::service::at(self.bytes, at)).flatten();
                end.map(|end| (at, end))
            }
            _ => None,
        }
    }

    fn dashes(&mut self, at: usize) -> usize {
        if byte_before(self.bytes, at) == b'-' || byte(self.bytes, at + 1) != b'-' {
            return at + 1;
        }
        if self.rules.detects(Detector::PrivateKeys)
            && let Some(end) = detectors::pem::at(self.bytes, at)
        {
            return self.mask(at, end);
        }
        self.option(at)
    }

    /// Masks a place and answers where to go on.
    fn mask(&mut self, start: usize, end: usize) -> usize {
        self.mask_as(start, end, false)
    }

    fn mask_as(&mut self, start: usize, end: usize, quoted: bool) -> usize {
        self.floor = end;
        if self.bytes.get(start..end) != Some(MASK.as_bytes()) {
            self.edits.push(start, end, quoted);
        }
        end
    }
}
