//! The words of a message as the search for causes sees them.

use crate::stacktrace::scan::looks_like_type;

/// A word and what stands around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// Nothing, or punctuation, stands directly behind it.
    pub(super) ends_clause: bool,
    /// The text before it.
    before: &'a str,
    /// The text behind it.
    rest: &'a str,
}

impl<'a> Word<'a> {
    /// Whether the next word is `SET`.
    pub(super) fn is_before_set(&self) -> bool {
        let next = self.rest.trim_start_matches(['"', '`', ']', ' ']).get(..4);
        next.is_some_and(|word| word.eq_ignore_ascii_case("set "))
    }

    /// Whether a quoted name goes on directly behind it.
    pub(super) fn is_before_quote(&self) -> bool {
        self.rest.starts_with(['"', '\'', '`', '['])
    }

    /// Whether `name:`, `1.2.3.4:` or `[::1]:` stands directly before it.
    pub(super) fn follows_host(&self) -> bool {
        match self.before.as_bytes() {
            [.., host, b':'] => *host == b']' || is_part(*host),
            _ => false,
        }
    }

    /// Whether another word stands before it in the same clause.
    pub(super) fn follows_word(&self) -> bool {
        matches!(self.before.as_bytes(), [.., last, b' '] if is_part(*last))
    }

    pub(super) fn follows(&self, text: &str) -> bool {
        self.before.ends_with(text)
    }

    pub(super) fn is_before(&self, text: &str) -> bool {
        self.rest.starts_with(text)
    }

    /// The type that it is the number of: `SocketException (111)`.
    pub(super) fn is_number_of_type(&self) -> bool {
        let before = self.before.strip_suffix(" (");
        before.is_some_and(|before| looks_like_type(last_part(last_word(before))))
    }

    /// Whether it is the method of an HTTP request.
    pub(super) fn is_method(&self) -> bool {
        matches!(self.text, "GET" | "PUT" | "POST" | "HEAD" | "PATCH" | "DELETE" | "OPTIONS")
            && (self.is_before(" /") || self.is_before(" http"))
    }

    /// The text behind it, without what separates it from the word.
    pub(super) fn explanation(&self) -> &'a str {
        self.rest.trim_start_matches([' ', '(', ':', '-', '"', '\''])
    }

    /// Whether the name can be that of a table: one with a dash has to be quoted.
    pub(super) fn can_be_identifier(&self) -> bool {
        let is_quoted = || self.before.ends_with(['"', '\'', '`', '[', '.']);
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
        let start = self.at + bytes.get(self.at..)?.iter().position(|byte| is_part(*byte))?;
        let length = bytes[start..].iter().take_while(|byte| is_part(**byte)).count();
        let end = start + length;
        self.at = end;
        let is_mark = |byte: &&u8| matches!(**byte, b'.' | b'-' | b'/');
        let trailing = bytes[start..end].iter().rev().take_while(is_mark).count();
        let leading = bytes[start..end - trailing].iter().take_while(is_mark).count();
        let trimmed = leading + trailing > 0;
        let next = bytes.get(end);
        Some(Word {
            text: self.text.get(start + leading..end - trailing)?,
            ends_clause: trimmed || next.is_none_or(|byte| *byte != b' '),
            before: self.text.get(..start + leading).unwrap_or_default(),
            rest: self.text.get(end..).unwrap_or_default(),
        })
    }
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

/// Words that say what the next one means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Status,
    /// Announces a status as the protocol itself does.
    Http,
    /// Speaks of the web.
    Web,
    Response,
    Request,
    Server,
    Code,
    Answered,
    Returned,
    Got,
    With,
    Errno,
    ErrorKind,
    Os,
    Database,
    Signal,
    Exited,
    Refused,
    Connect,
    Port,
    Select,
    Statement,
    Update,
    Duplicate,
    From,
    For,
    Table,
    Relation,
    Object,
    Name,
    Constraint,
    Key,
    Failed,
    /// Little words that never are the name of a table.
    Filler,
}

/// The longest keyword.
const KEYWORD_MAX: usize = 13;

/// All keywords in the order of their bytes.
const KEYWORDS: [(&[u8], Keyword); 140] = [
    (b"a", Keyword::Filler),
    (b"already", Keyword::Filler),
    (b"an", Keyword::Filler),
    (b"and", Keyword::Filler),
    (b"answered", Keyword::Answered),
    (b"api", Keyword::Web),
    (b"are", Keyword::Filler),
    (b"as", Keyword::Filler),
    (b"at", Keyword::Filler),
    (b"bad", Keyword::Filler),
    (b"by", Keyword::Filler),
    (b"cannot", Keyword::Filler),
    (b"client", Keyword::Filler),
    (b"code", Keyword::Code),
    (b"collection", Keyword::Object),
    (b"conflict", Keyword::Filler),
    (b"connect", Keyword::Connect),
    (b"constraint", Keyword::Constraint),
    (b"could", Keyword::Filler),
    (b"crashed", Keyword::Exited),
    (b"curl", Keyword::Database),
    (b"db2", Keyword::Database),
    (b"delete", Keyword::Statement),
    (b"dial", Keyword::Connect),
    (b"did", Keyword::Filler),
    (b"died", Keyword::Exited),
    (b"does", Keyword::Filler),
    (b"doesn", Keyword::Filler),
    (b"duplicate", Keyword::Duplicate),
    (b"econnrefused", Keyword::Refused),
    (b"endpoint", Keyword::Web),
    (b"err_code", Keyword::Errno),
    (b"errcode", Keyword::Errno),
    (b"errno", Keyword::Errno),
    (b"error", Keyword::ErrorKind),
    (b"error_code", Keyword::Errno),
    (b"errorcode", Keyword::Errno),
    (b"exist", Keyword::Filler),
    (b"exists", Keyword::Filler),
    (b"exit", Keyword::ErrorKind),
    (b"exit_code", Keyword::Errno),
    (b"exitcode", Keyword::Errno),
    (b"exited", Keyword::Exited),
    (b"failed", Keyword::Failed),
    (b"fetch", Keyword::Web),
    (b"for", Keyword::For),
    (b"forbidden", Keyword::Filler),
    (b"from", Keyword::From),
    (b"full", Keyword::Filler),
    (b"gateway", Keyword::Web),
    (b"gone", Keyword::Filler),
    (b"got", Keyword::Got),
    (b"has", Keyword::Filler),
    (b"hresult", Keyword::Errno),
    (b"http", Keyword::Http),
    (b"http/1.0", Keyword::Http),
    (b"http/1.1", Keyword::Http),
    (b"http/2", Keyword::Http),
    (b"http/2.0", Keyword::Http),
    (b"http/3", Keyword::Http),
    (b"https", Keyword::Web),
    (b"if", Keyword::Filler),
    (b"in", Keyword::Filler),
    (b"insert", Keyword::Statement),
    (b"internal", Keyword::Filler),
    (b"into", Keyword::From),
    (b"invalid", Keyword::Filler),
    (b"is", Keyword::Filler),
    (b"it", Keyword::Filler),
    (b"join", Keyword::From),
    (b"key", Keyword::Key),
    (b"killed", Keyword::Exited),
    (b"ldap", Keyword::Database),
    (b"mariadb", Keyword::Database),
    (b"method", Keyword::Filler),
    (b"mysql", Keyword::Database),
    (b"name", Keyword::Name),
    (b"not", Keyword::Filler),
    (b"number", Keyword::Code),
    (b"object", Keyword::Object),
    (b"odbc", Keyword::Database),
    (b"of", Keyword::Filler),
    (b"on", Keyword::Filler),
    (b"or", Keyword::Filler),
    (b"oracle", Keyword::Database),
    (b"os", Keyword::Os),
    (b"payment", Keyword::Filler),
    (b"port", Keyword::Port),
    (b"postgres", Keyword::Database),
    (b"postgresql", Keyword::Database),
    (b"precondition", Keyword::Filler),
    (b"proxy", Keyword::Web),
    (b"received", Keyword::Got),
    (b"refused", Keyword::Refused),
    (b"relation", Keyword::Relation),
    (b"request", Keyword::Request),
    (b"responded", Keyword::Answered),
    (b"response", Keyword::Response),
    (b"returned", Keyword::Returned),
    (b"row", Keyword::Filler),
    (b"select", Keyword::Select),
    (b"server", Keyword::Server),
    (b"service", Keyword::Server),
    (b"set", Keyword::Filler),
    (b"signal", Keyword::Signal),
    (b"space", Keyword::Filler),
    (b"sql", Keyword::Database),
    (b"sqlite", Keyword::Database),
    (b"sqlite3", Keyword::Database),
    (b"sqlstate", Keyword::Errno),
    (b"status", Keyword::Status),
    (b"status-code", Keyword::Http),
    (b"status_code", Keyword::Http),
    (b"statuscode", Keyword::Http),
    (b"table", Keyword::Table),
    (b"terminated", Keyword::Exited),
    (b"that", Keyword::Filler),
    (b"the", Keyword::Filler),
    (b"this", Keyword::Filler),
    (b"to", Keyword::Filler),
    (b"too", Keyword::Filler),
    (b"unauthorized", Keyword::Filler),
    (b"unexpected", Keyword::Filler),
    (b"unprocessable", Keyword::Filler),
    (b"unreachable", Keyword::Refused),
    (b"update", Keyword::Update),
    (b"upstream", Keyword::Web),
    (b"url", Keyword::Web),
    (b"value", Keyword::Filler),
    (b"values", Keyword::Filler),
    (b"violated", Keyword::Filler),
    (b"violates", Keyword::Filler),
    (b"violation", Keyword::Filler),
    (b"was", Keyword::Filler),
    (b"webhook", Keyword::Web),
    (b"where", Keyword::Filler),
    (b"win32", Keyword::Database),
    (b"winerror", Keyword::Errno),
    (b"winsock", Keyword::Database),
    (b"with", Keyword::With),
];

/// Which lengths the keywords with each first letter have: most words need not be looked up.
const LENGTHS: [u16; 26] = {
    let mut lengths = [0; 26];
    let mut at = 0;
    while at < KEYWORDS.len() {
        let name = KEYWORDS[at].0;
        lengths[(name[0] - b'a') as usize] |= 1 << name.len();
        at += 1;
    }
    lengths
};

/// What the word announces, in any case of letters.
pub(super) fn keyword(word: &str) -> Option<Keyword> {
    let (first, length) = (*word.as_bytes().first()?, word.len());
    let initial = usize::from(first.to_ascii_lowercase().checked_sub(b'a')?);
    if length > KEYWORD_MAX || LENGTHS.get(initial)? & (1 << length) == 0 {
        return None;
    }
    let mut lower = [0; KEYWORD_MAX];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    let lower = &*lower;
    let found = KEYWORDS.binary_search_by(|(name, _)| (*name).cmp(lower)).ok()?;
    KEYWORDS.get(found).map(|(_, keyword)| *keyword)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_in_order_and_fit() {
        assert!(KEYWORDS.is_sorted_by(|(first, _), (second, _)| first < second));
        assert!(KEYWORDS.iter().all(|(name, _)| name.len() <= KEYWORD_MAX));
    }
}
