//! Recognises a chunk of a message, that is a run of text without spaces, quotes and brackets.

use super::shapes::{self, is_word_byte};
use super::word::{self, Word};
use super::{EMAIL, HOST, NAME, PATH, Scanner, TIME, URL, VALUE};

/// Directories under which a program or its data is installed: what leads there says where the
/// program runs, not what happened.
const HOST_ROOTS: [&[u8]; 19] = [
    b"app",
    b"builds",
    b"data",
    b"etc",
    b"home",
    b"mnt",
    b"nix",
    b"opt",
    b"private",
    b"proc",
    b"root",
    b"run",
    b"srv",
    b"tmp",
    b"Users",
    b"usr",
    b"var",
    b"workspace",
    b"Volumes",
];

impl<'a> Scanner<'a> {
    /// Writes the chunk, or the placeholder of what it is.
    pub(super) fn chunk_of(&mut self, chunk: &'a [u8]) {
        if scheme(chunk).is_some() {
            self.placeholder(URL);
        } else if is_email(chunk) {
            self.placeholder(EMAIL);
        } else if let Some(rest) = below_host_root(chunk) {
            self.out.extend_from_slice(PATH);
            self.words(base_name(rest));
        } else if shapes::is_ipv6(chunk) || shapes::is_mac(chunk) {
            self.placeholder(HOST);
        } else if let Some(port) = host(chunk) {
            self.placeholder(HOST);
            self.words(&chunk[chunk.len() - port..]);
        } else {
            self.words(chunk);
        }
    }

    /// Goes through the words of a chunk; what stands between them is kept.
    fn words(&mut self, chunk: &'a [u8]) {
        let mut at = signed(chunk);
        if at > 0 && self.out.ends_with(b"<time> ") {
            // The offset of the time before.
            self.out.pop();
            return;
        }
        while let Some(&byte) = chunk.get(at) {
            let rest = &chunk[at..];
            if !is_word_byte(byte) {
                self.out.push(byte);
                at += 1;
                continue;
            }
            at += self.word(rest);
        }
    }

    /// Writes the word or the value at the start of `rest` and answers its length.
    fn word(&mut self, rest: &'a [u8]) -> usize {
        if let Some(length) = shapes::uuid(rest) {
            self.placeholder(VALUE);
            return length;
        }
        if rest.first().is_some_and(u8::is_ascii_digit) {
            return self.value(rest);
        }
        let length = shapes::alphanumeric(rest);
        let word = &rest[..length];
        match word::classify(word) {
            Word::Value => self.placeholder(VALUE),
            Word::Calendar => self.placeholder(TIME),
            Word::Numbered => self.numbered(word),
            Word::Text => self.text(word),
        }
        length
    }

    /// A value that starts with a digit.
    fn value(&mut self, rest: &[u8]) -> usize {
        if let Some(length) = shapes::date_time(rest) {
            // A date and a time with a space between arrive as two chunks.
            if !self.out.ends_with(b"<time> ") {
                self.placeholder(TIME);
            } else {
                self.out.pop();
            }
            return length;
        }
        if let Some(length) = shapes::ipv4(rest) {
            self.placeholder(HOST);
            return length;
        }
        self.placeholder(VALUE);
        shapes::number(rest)
    }

    /// Letters stay, each run of digits becomes a placeholder.
    fn numbered(&mut self, word: &[u8]) {
        for run in word.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
            if run.first().is_some_and(u8::is_ascii_digit) {
                self.out.extend_from_slice(VALUE);
            } else {
                self.out.extend_from_slice(run);
            }
        }
    }

    fn text(&mut self, text: &[u8]) {
        if self.out.ends_with(b"<n> ") && word::is_unit(text) {
            self.out.pop();
        } else if self.follows_person() && !word::follows_user(text) {
            self.placeholder(NAME);
        } else {
            self.out.extend_from_slice(text);
        }
    }

    /// Whether a user's name is due: `for user x`, `(user x)`.
    fn follows_person(&self) -> bool {
        const NOUNS: [&[u8]; 4] = [b"user ", b"customer ", b"username ", b"login "];
        const BEFORE: [&[u8]; 5] = [b"for ", b"by ", b"of ", b"(", b"["];
        let before = NOUNS.iter().find_map(|noun| self.out.strip_suffix(*noun));
        before.is_some_and(|before| BEFORE.iter().any(|word| before.ends_with(word)))
    }
}

/// The length of a URL's scheme, where the chunk starts with one.
pub(super) fn scheme(chunk: &[u8]) -> Option<usize> {
    let length = chunk
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        .count();
    (length > 1 && chunk[length..].starts_with(b"://")).then_some(length)
}

/// The chunk without the punctuation of the sentence it stands in.
pub(super) fn trim_end(chunk: &[u8]) -> &[u8] {
    let trailing = chunk.iter().rev().take_while(|byte| matches!(byte, b'.' | b':' | b'-')).count();
    match chunk.len() - trailing {
        0 => chunk,
        length => &chunk[..length],
    }
}

/// A sign before a number is part of the number.
fn signed(chunk: &[u8]) -> usize {
    let is_signed = matches!(chunk, [b'+' | b'-' | b'.', digit, ..] if digit.is_ascii_digit());
    usize::from(is_signed)
}

fn is_email(chunk: &[u8]) -> bool {
    let Some(at) = chunk.iter().position(|byte| *byte == b'@') else {
        return false;
    };
    let (local, domain) = (&chunk[..at], &chunk[at + 1..]);
    let is_local = !local.is_empty()
        && local
            .iter()
            .all(|byte| is_word_byte(*byte) || matches!(byte, b'.' | b'_' | b'+' | b'-' | b'%'));
    // `Order@1b6d3586` is how Java names an object without a text of its own.
    let is_hash = domain.len() >= 5 && domain.iter().all(u8::is_ascii_hexdigit);
    let is_domain = !is_hash
        && domain.first().is_some_and(|byte| is_word_byte(*byte))
        && domain.iter().all(|byte| is_word_byte(*byte) || matches!(byte, b'.' | b'-'));
    is_local && is_domain
}

/// What follows the root of an absolute path of some host.
fn below_host_root(chunk: &[u8]) -> Option<&[u8]> {
    let rest = match chunk {
        [drive, b':', b'\\' | b'/', rest @ ..] if drive.is_ascii_alphabetic() => return Some(rest),
        [b'\\', b'\\', rest @ ..] | [b'~', b'/', rest @ ..] => return Some(rest),
        [b'/', rest @ ..] => rest,
        _ => return None,
    };
    let mut segments = rest.split(|byte| *byte == b'/');
    let root = segments.next()?;
    segments.next()?;
    HOST_ROOTS.contains(&root).then_some(rest)
}

fn base_name(path: &[u8]) -> &[u8] {
    let path = path.strip_suffix(b"/").or_else(|| path.strip_suffix(b"\\")).unwrap_or(path);
    path.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or(path)
}

/// Whether the chunk is a host name, with or without a port. Answers how many bytes follow it.
fn host(chunk: &[u8]) -> Option<usize> {
    let length = chunk
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        .count();
    let (name, rest) = chunk.split_at(length);
    let lower_case = !name.iter().any(u8::is_ascii_uppercase);
    let mut labels = name.rsplit(|byte| *byte == b'.');
    let suffix = labels.next()?;
    let first = labels.next_back()?;
    let is_host = lower_case
        && !first.is_empty()
        && word::is_host_suffix(suffix)
        && !word::is_package_root(first);
    let rest = &rest[shapes::port(rest)..];
    (is_host && !rest.first().is_some_and(|byte| is_word_byte(*byte))).then_some(rest.len())
}
