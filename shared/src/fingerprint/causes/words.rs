//! The words of a message as the search for causes sees them.

use crate::stacktrace::scan::looks_like_type;

/// No database has longer names.
const NAME_MAX: usize = 128;

/// A word and what stands around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// Nothing, or punctuation, stands directly behind it.
    pub(super) ends_clause: bool,
    /// The whole text, and where in it the word begins and where what clings to it ends.
    source: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Word<'a> {
    /// The text before it.
    fn before(&self) -> &'a str {
        self.source.get(..self.start).unwrap_or_default()
    }

    /// The text behind it.
    fn rest(&self) -> &'a str {
        self.source.get(self.end..).unwrap_or_default()
    }

    /// Whether the next word is `SET`.
    pub(super) fn is_before_set(&self) -> bool {
        let next = self.rest().trim_start_matches(['"', '`', ']', ' ']).get(..4);
        next.is_some_and(|word| word.eq_ignore_ascii_case("set "))
    }

    /// Whether a quoted name goes on directly behind it.
    pub(super) fn is_before_quote(&self) -> bool {
        self.rest().starts_with(['"', '\'', '`', '['])
    }

    /// Whether `name:`, `1.2.3.4:` or `[::1]:` stands directly before it.
    pub(super) fn follows_host(&self) -> bool {
        match self.before().as_bytes() {
            [.., host, b':'] => *host == b']' || is_part(*host),
            _ => false,
        }
    }

    /// Whether another word stands before it in the same clause.
    pub(super) fn follows_word(&self) -> bool {
        matches!(self.before().as_bytes(), [.., last, b' '] if is_part(*last))
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

    /// Whether the name can be that of a table: one with a dash has to be quoted.
    pub(super) fn can_be_identifier(&self) -> bool {
        let is_quoted = || self.before().ends_with(['"', '\'', '`', '[', '.']);
        !self.text.as_bytes().contains(&b'-') || is_quoted()
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
        let mut start = self.at;
        while !is_part(*bytes.get(start)?) {
            start += 1;
        }
        let mut end = start;
        while bytes.get(end).is_some_and(|byte| is_part(*byte)) {
            end += 1;
        }
        self.at = end;
        let (mut first, mut last) = (start, end);
        while last > first && is_mark(bytes[last - 1]) {
            last -= 1;
        }
        while first < last && is_mark(bytes[first]) {
            first += 1;
        }
        let is_trimmed = (first, last) != (start, end);
        Some(Word {
            text: self.text.get(first..last)?,
            ends_clause: is_trimmed || bytes.get(end).is_none_or(|byte| *byte != b' '),
            source: self.text,
            start: first,
            end,
        })
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

/// Names of system errors, and codes of databases that carry their own prefix.
pub(super) fn is_error_name(word: &str) -> bool {
    const NAMES: [&str; 30] = [
        "E2BIG",
        "EACCES",
        "EADDRINUSE",
        "EADDRNOTAVAIL",
        "EAGAIN",
        "EAI_AGAIN",
        "EBADF",
        "EBUSY",
        "ECONNABORTED",
        "ECONNREFUSED",
        "ECONNRESET",
        "EEXIST",
        "EFBIG",
        "EHOSTUNREACH",
        "EINVAL",
        "EIO",
        "EISDIR",
        "EMFILE",
        "ENAMETOOLONG",
        "ENETUNREACH",
        "ENFILE",
        "ENOENT",
        "ENOMEM",
        "ENOSPC",
        "ENOTDIR",
        "ENOTEMPTY",
        "ENOTFOUND",
        "EPERM",
        "EPIPE",
        "ETIMEDOUT",
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
    has_prefix || NAMES.contains(&word)
}

/// Whether the words behind three digits are the reason that HTTP gives for them as a status.
pub(super) fn explains_status(status: &str, explanation: &str) -> bool {
    const REASONS: [(&str, &str); 25] = [
        ("400", "Bad Request"),
        ("401", "Unauthorized"),
        ("402", "Payment Required"),
        ("403", "Forbidden"),
        ("404", "Not Found"),
        ("405", "Method Not Allowed"),
        ("406", "Not Acceptable"),
        ("408", "Request Time"),
        ("409", "Conflict"),
        ("410", "Gone"),
        ("411", "Length Required"),
        ("412", "Precondition Failed"),
        ("413", "Content Too Large"),
        ("413", "Payload Too Large"),
        ("413", "Request Entity Too Large"),
        ("415", "Unsupported Media Type"),
        ("422", "Unprocessable Content"),
        ("422", "Unprocessable Entity"),
        ("429", "Too Many Requests"),
        ("500", "Internal Server Error"),
        ("501", "Not Implemented"),
        ("502", "Bad Gateway"),
        ("503", "Service Temporarily Unavailable"),
        ("503", "Service Unavailable"),
        ("504", "Gateway Time"),
    ];
    let explains = |reason: &str| {
        explanation.get(..reason.len()).is_some_and(|start| match reason.contains(' ') {
            true => start.eq_ignore_ascii_case(reason),
            // A lone word may be part of any sentence.
            false => start == reason,
        })
    };
    let class = if status.starts_with('4') { "Client Error" } else { "Server Error" };
    explains(class) || REASONS.iter().any(|(known, reason)| *known == status && explains(reason))
}

/// The name without the schema before it.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The name of a table without its schema and without the column behind it.
pub(super) fn without_column(name: &str) -> &str {
    last_part(name.rsplit_once('.').map_or(name, |(table, _)| table))
}

/// The name of a table without the time that a partition of it is for: `events_2024_01`,
/// `events_p20240101`.
pub(super) fn without_partition(name: &str) -> &str {
    if name.len() > NAME_MAX {
        return name;
    }
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = |part: &str| {
        let number = part.strip_prefix(['p', 'y']).unwrap_or(part);
        let is_year = number.starts_with("19") || number.starts_with("20");
        is_year && number.len() >= 4 && number.split(['m', 'w', 'q']).all(is_number)
    };
    let marks = name.bytes().enumerate().filter(|(_, byte)| *byte == b'_').map(|(at, _)| at);
    for mark in marks {
        let mut parts = name.get(mark + 1..).unwrap_or_default().split('_');
        if mark > 0 && parts.next().is_some_and(is_time) && parts.all(is_number) {
            return name.get(..mark).unwrap_or(name);
        }
    }
    name
}

/// Whether the text can be a name at all.
pub(super) fn is_name(text: &str) -> bool {
    text.len() > 1 && text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
