//! The words of a message as the search for causes sees them.

use super::sql::last_part;
use crate::stacktrace::scan::looks_like_type;

/// An address in brackets is not longer, the closing bracket with it: IPv6 and the scope of an interface.
const ADDRESS_MAX: usize = 64;

/// A word and what stands around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// The whole text, and where in it the word begins and where what clings to it ends.
    source: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Word<'a> {
    /// The text before it.
    pub(super) fn before(&self) -> &'a str {
        self.source.get(..self.start).unwrap_or_default()
    }

    /// The text behind it.
    pub(super) fn rest(&self) -> &'a str {
        self.source.get(self.end..).unwrap_or_default()
    }

    /// Whether nothing, or punctuation, stands directly behind it, or punctuation clings to it.
    pub(super) fn ends_clause(&self) -> bool {
        let is_trimmed = self.start + self.text.len() < self.end
            || self.before().bytes().next_back().is_some_and(is_mark);
        is_trimmed || self.rest().bytes().next().is_none_or(|byte| byte != b' ')
    }

    /// Whether a quoted name goes on directly behind it.
    pub(super) fn is_before_quote(&self) -> bool {
        self.rest().starts_with(['"', '\'', '`', '['])
    }

    /// What a colon directly before it separates it from: `name`, `1.2.3.4`, `::1]`.
    pub(super) fn host(&self) -> Option<&'a str> {
        let before = self.before().strip_suffix(':')?;
        let host = match before.ends_with(']') {
            true => {
                let open = before.bytes().rev().take(ADDRESS_MAX).position(|byte| byte == b'[')?;
                before.get(before.len() - open..)?
            }
            false => last_word(before),
        };
        (!host.is_empty()).then_some(host)
    }

    /// The mark that ends the clause before it, where it is the first word of one.
    pub(super) fn clause_mark(&self) -> Option<u8> {
        let before = self.before();
        let end = before.trim_end_matches([' ', '"', '\'', '`', '(', '[', '{']);
        let mark = end.bytes().next_back().filter(|_| end.len() < before.len());
        mark.filter(|mark| matches!(mark, b'.' | b':' | b';' | b'?' | b'!'))
    }

    /// Whether another word stands before it in the same clause.
    pub(super) fn follows_word(&self) -> bool {
        matches!(self.before().as_bytes(), [.., last, b' '] if is_part(*last))
    }

    /// Whether a word, and nothing between them but a space, stands before it.
    pub(super) fn is_amid_clause(&self) -> bool {
        let before = self.start.checked_sub(2).and_then(|at| self.source.as_bytes().get(at..));
        matches!(before, Some([last, b' ', ..]) if is_part(*last) && !is_mark(*last))
    }

    pub(super) fn begins_with_digit(&self) -> bool {
        self.text.as_bytes().first().is_some_and(u8::is_ascii_digit)
    }

    pub(super) fn begins_small(&self) -> bool {
        self.text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
    }

    pub(super) fn follows(&self, text: &str) -> bool {
        self.before().ends_with(text)
    }

    pub(super) fn is_before(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    /// Whether it is the number of a type: `SocketException (111)`, `Win32Exception (0x80070005, 5)`.
    /// What goes on with words is a count: `ReadTimeout (5000 ms)`.
    pub(super) fn is_number_of_type(&self) -> bool {
        let is_result = || self.text.starts_with("0x") && self.is_before(", ");
        if !self.is_before(")") && !is_result() {
            return false;
        }
        let before = self.before().strip_suffix(" (");
        before.is_some_and(|before| looks_like_type(last_part(last_word(before))))
    }

    /// Whether it is the method of an HTTP request.
    pub(super) fn is_method(&self) -> bool {
        matches!(self.text, "GET" | "PUT" | "POST" | "HEAD" | "PATCH" | "DELETE" | "OPTIONS")
            && (self.is_before(" /") || self.is_before(" http"))
    }

    /// The text behind it, without what separates it from the word.
    pub(super) fn explanation(&self) -> &'a str {
        self.rest().trim_start_matches([' ', '(', ':', '-', '"', '\''])
    }
}

/// Goes through the runs of letters, digits, `_`, `.`, `-`, `$` and `/` of a text.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let bytes = self.text.as_bytes();
        let start = self.at + bytes.get(self.at..)?.iter().position(|byte| is_part(*byte))?;
        let length = bytes[start..].iter().position(|byte| !is_part(*byte));
        let end = length.map_or(bytes.len(), |length| start + length);
        self.at = end;
        let (mut first, mut last) = (start, end);
        while last > first && is_mark(bytes[last - 1]) {
            last -= 1;
        }
        while first < last && is_mark(bytes[first]) {
            first += 1;
        }
        Some(Word { text: self.text.get(first..last)?, source: self.text, start: first, end })
    }
}

/// Whether the byte may cling to a word without being part of it.
fn is_mark(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'/')
}

/// The run of letters, digits and the like that the text ends with.
fn last_word(text: &str) -> &str {
    let length = text.bytes().rev().take_while(|byte| is_part(*byte)).count();
    text.get(text.len() - length..).unwrap_or_default()
}

fn is_part(byte: u8) -> bool {
    PARTS[usize::from(byte)]
}

/// Which bytes words are made of.
const PARTS: [bool; 256] = {
    let mut parts = [false; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        parts[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'.' | b'-' | b'$' | b'/')
            || byte >= 0x80;
        byte += 1;
    }
    parts[u8::MAX as usize] = true;
    parts
};

/// Whether it is the name that a service gives to its error, as clients of gRPC and of Amazon tell it, or the
/// number that React gives to its own: `rpc error: code = Unavailable`, `status = StatusCode.UNAVAILABLE`,
/// `An error occurred (NoSuchKey) when calling`, `Minified React error #418`.
pub(super) fn is_code_of_service(word: &Word<'_>) -> bool {
    match word.text.as_bytes().first() {
        Some(b'A'..=b'Z') => {
            word.follows("rpc error: code = ")
                || word.text.starts_with("StatusCode.") && word.follows("status = ")
                || word.follows("An error occurred (") && word.is_before(") when calling ")
        }
        Some(b'0'..=b'9') => word.follows("Minified React error #"),
        _ => false,
    }
}

/// Names of system errors and of a resolver's, and what databases number or name with a prefix of their own.
pub(super) fn is_error_name(word: &str) -> bool {
    const NAMES: [&str; 50] = [
        "E2BIG",
        "EACCES",
        "EADDRINUSE",
        "EADDRNOTAVAIL",
        "EAGAIN",
        "EAI_AGAIN",
        "EAI_FAIL",
        "EAI_NONAME",
        "EBADF",
        "EBUSY",
        "ECANCELED",
        "ECONNABORTED",
        "ECONNREFUSED",
        "ECONNRESET",
        "EDQUOT",
        "EEXIST",
        "EFBIG",
        "EHOSTDOWN",
        "EHOSTUNREACH",
        "EINVAL",
        "EIO",
        "EISCONN",
        "EISDIR",
        "ELOOP",
        "EMFILE",
        "EMSGSIZE",
        "ENAMETOOLONG",
        "ENETDOWN",
        "ENETUNREACH",
        "ENFILE",
        "ENODATA",
        "ENODEV",
        "ENOENT",
        "ENOMEM",
        "ENOSPC",
        "ENOTCONN",
        "ENOTDIR",
        "ENOTEMPTY",
        "ENOTFOUND",
        "ENOTSUP",
        "EPERM",
        "EPIPE",
        "EPROTO",
        "EREFUSED",
        "EROFS",
        "ESERVFAIL",
        "ESRCH",
        "ETIMEDOUT",
        "ETIMEOUT",
        "EXDEV",
    ];
    if !word
        .as_bytes()
        .first_chunk::<2>()
        .is_some_and(|start| start[0].is_ascii_uppercase() && !start[1].is_ascii_lowercase())
    {
        return false;
    }
    let has_prefix = ["ORA-", "DB2-", "TNS-", "PLS-"].iter().any(|prefix| {
        let number = word.strip_prefix(prefix);
        number.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let is_of_driver = || {
        ["ER_", "SQLITE_"].iter().any(|prefix| {
            let name = word.strip_prefix(prefix).unwrap_or_default();
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        })
    };
    has_prefix || is_of_driver() || NAMES.contains(&word)
}
