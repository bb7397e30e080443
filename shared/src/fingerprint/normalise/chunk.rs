//! Recognises a chunk of a message, that is a run of text without spaces, quotes and brackets.

use super::bytes::Marks;
use super::resource;
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

/// Where a system has its devices.
const DEVICES: &[u8] = b"/dev/";

/// Words behind which a name with a port is that of a host, whatever it looks like.
const BEFORE_PEER: [&[u8]; 16] = [
    b"connect to ",
    b"connected to ",
    b"connecting to ",
    b"connection to ",
    b"reach ",
    b"dial ",
    b"tcp ",
    b"udp ",
    b"host ",
    b"server ",
    b"broker ",
    b"peer ",
    b"ECONNREFUSED ",
    b"ECONNRESET ",
    b"ETIMEDOUT ",
    b"EHOSTUNREACH ",
];

impl<'a> Scanner<'a> {
    /// Writes the chunk, or the placeholder of what it is, which the bytes in it tell as far as they do.
    pub(super) fn chunk_of(&mut self, chunk: &'a [u8], marks: Marks) {
        let has = |others| marks.has(others);
        if has(Marks::COLON)
            && let Some(start) = resource::url(chunk)
        {
            self.words(&chunk[..start]);
            self.placeholder(URL);
        } else if has(Marks::AT)
            && let Some((start, end)) = resource::email(chunk)
        {
            self.words(&chunk[..start]);
            self.placeholder(EMAIL);
            self.words(&chunk[end..]);
        } else if has(Marks::PATH) && is_device(chunk) {
            self.out.extend_from_slice(DEVICES);
            self.placeholder(NAME);
        } else if has(Marks::PATH)
            && let Some(rest) = below_host_root(chunk)
        {
            self.out.extend_from_slice(PATH);
            self.words(base_name(rest));
        } else if has(Marks::COLON) && shapes::is_ipv6(chunk) || shapes::is_mac(chunk) {
            self.placeholder(HOST);
        } else if has(Marks::DIGIT) && (shapes::is_drawn(chunk) || shapes::is_token(chunk))
            || resource::is_cloud_name(chunk)
        {
            self.placeholder(VALUE);
        } else if has(Marks::DOT) || has(Marks::COLON) {
            self.hosts_and_words(chunk);
        } else {
            self.words(chunk);
        }
    }

    /// A chunk of letters alone, which may still be a hash, an id or the name of a month.
    pub(super) fn plain(&mut self, word: &[u8]) {
        match word::classify_letters(word) {
            _ if self.is_answer(word) => self.placeholder(NAME),
            Word::Text | Word::Numbered => self.text(word),
            Word::Value => self.placeholder(VALUE),
            Word::Calendar => self.placeholder(TIME),
        }
    }

    /// Yes or no behind a colon, with nothing after it: `(using password: YES)`.
    fn is_answer(&self, word: &[u8]) -> bool {
        word.len() <= 5
            && self.out.ends_with(b": ")
            && word::is_boolean(word)
            && self.text.get(self.at).is_none_or(|byte| matches!(byte, b')' | b',' | b';' | b'\n'))
    }

    /// A host may stand at the start of a chunk and behind each colon.
    fn hosts_and_words(&mut self, chunk: &'a [u8]) {
        let mut rest = chunk;
        if let Some(after) = resource::service(chunk)
            && BEFORE_PEER.iter().any(|words| self.out.ends_with(words))
        {
            self.placeholder(HOST);
            self.words(&chunk[chunk.len() - after..]);
            return;
        }
        loop {
            if let Some(after) = resource::host(rest) {
                self.placeholder(HOST);
                self.words(&rest[rest.len() - after..]);
                return;
            }
            let colon = rest.iter().position(|byte| *byte == b':');
            // A number behind a colon belongs to the number before it: times, ports, positions.
            let is_name = |colon: &usize| rest.get(colon + 1).is_some_and(u8::is_ascii_alphabetic);
            let Some(colon) = colon.filter(is_name) else {
                self.words(rest);
                return;
            };
            self.words(&rest[..=colon]);
            rest = &rest[colon + 1..];
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
            if is_word_byte(byte) {
                at += self.word(rest);
                continue;
            }
            let number = match rest {
                [b'$', b'-' | b'+', number @ ..] => number,
                _ => &rest[1..],
            };
            if !(byte == b'$' || is_sign(chunk, at))
                || !number.first().is_some_and(u8::is_ascii_digit)
            {
                self.out.push(byte);
            }
            at += 1;
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
        let length = shapes::word(rest);
        let word = &rest[..length];
        match word::classify(word) {
            Word::Value => self.placeholder(VALUE),
            Word::Calendar => self.placeholder(TIME),
            Word::Numbered | Word::Text if self.ends_id(word) => self.placeholder(VALUE),
            Word::Numbered => return self.numbered(rest, length),
            Word::Text => self.text(word),
        }
        length
    }

    /// Whether a value with a dash ends before, of which this is the last piece: the names that
    /// clusters draw have no vowels.
    fn ends_id(&self, word: &[u8]) -> bool {
        word.len() == 5 && self.out.ends_with(b"<n>-") && word::is_without_vowels(word)
    }

    /// A value that starts with a digit.
    fn value(&mut self, rest: &[u8]) -> usize {
        let length = shapes::alphanumeric(rest);
        if length == rest.len() && length < shapes::COMPACT_TIME_MIN {
            self.placeholder(VALUE);
            return length;
        }
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

    /// Letters stay, each run of digits becomes a placeholder; the last one may go on as a version does:
    /// `v1.2.3`. Answers how many bytes of `rest` were read.
    fn numbered(&mut self, rest: &[u8], length: usize) -> usize {
        let mut at = 0;
        let same = |a: &u8, b: &u8| a.is_ascii_digit() == b.is_ascii_digit();
        for run in rest[..length].chunk_by(same) {
            if !run.first().is_some_and(u8::is_ascii_digit) {
                self.out.extend_from_slice(run);
                at += run.len();
                continue;
            }
            self.out.extend_from_slice(VALUE);
            at += if at + run.len() == length { shapes::number(&rest[at..]) } else { run.len() };
        }
        at
    }

    fn text(&mut self, text: &[u8]) {
        let is_counted = self.out.ends_with(b"<n> ");
        if is_counted && (word::is_unit(text) || word::is_currency(text)) {
            self.out.pop();
            self.measured = self.out.len();
        } else if is_counted {
            let (stem, ending) = word::singular(text);
            self.out.extend_from_slice(stem);
            self.out.extend_from_slice(ending);
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
        // How the nouns end, which most words do not.
        if !matches!(
            self.out.as_slice(),
            [.., b'e' | b'm', b'e' | b'r', b' '] | [.., b'i', b'n', b' ']
        ) {
            return false;
        }
        let before = NOUNS.iter().find_map(|noun| self.out.strip_suffix(*noun));
        before.is_some_and(|before| BEFORE.iter().any(|word| before.ends_with(word)))
    }
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

/// A sign behind a colon, a bracket or the like, before a number.
fn is_sign(chunk: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| chunk.get(before));
    matches!(chunk.get(at), Some(b'-' | b'+'))
        && matches!(before, Some(b':' | b'/' | b'~' | b'@' | b'$'))
}

/// Whether the chunk is the path of a disk or a terminal, which have numbers and letters of their own on
/// each host.
fn is_device(chunk: &[u8]) -> bool {
    const KINDS: [&[u8]; 11] = [
        b"dm-", b"hd", b"loop", b"mapper/", b"md", b"mmcblk", b"nvme", b"sd", b"tty", b"vd", b"xvd",
    ];
    chunk.strip_prefix(DEVICES).is_some_and(|name| KINDS.iter().any(|kind| name.starts_with(kind)))
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
