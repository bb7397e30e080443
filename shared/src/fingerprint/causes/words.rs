//! The words of a message as the search for causes sees them.

/// A word and what stands around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// A host and a colon stand directly before it.
    pub(super) follows_host: bool,
    /// Nothing, or punctuation, stands directly behind it.
    pub(super) ends_clause: bool,
    /// The text behind it.
    rest: &'a str,
}

impl Word<'_> {
    /// Whether the next word is `SET`.
    pub(super) fn is_before_set(&self) -> bool {
        let next = self.rest.trim_start_matches(['"', '`', ']', ' ']).get(..4);
        next.is_some_and(|word| word.eq_ignore_ascii_case("set "))
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
            follows_host: follows_host(&bytes[..start]),
            ends_clause: trimmed || next.is_none_or(|byte| *byte != b' '),
            rest: self.text.get(end..).unwrap_or_default(),
        })
    }
}

/// Whether the text ends with `name:`, `1.2.3.4:` or `[::1]:`.
fn follows_host(before: &[u8]) -> bool {
    match before {
        [.., host, b':'] => *host == b']' || is_part(*host),
        _ => false,
    }
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
    Http,
    Code,
    Answered,
    ReasonPhrase,
    Errno,
    ErrorKind,
    Os,
    Refused,
    Connect,
    Port,
    Select,
    Statement,
    Update,
    Duplicate,
    From,
    Table,
    Relation,
    Constraint,
    Key,
    Failed,
    /// Little words that never are the name of a table.
    Filler,
}

/// The longest keyword.
const KEYWORD_MAX: usize = 13;

/// All keywords in the order of their bytes.
const KEYWORDS: [(&[u8], Keyword); 106] = [
    (b"a", Keyword::Filler),
    (b"already", Keyword::Filler),
    (b"an", Keyword::Filler),
    (b"and", Keyword::Filler),
    (b"answered", Keyword::Answered),
    (b"are", Keyword::Filler),
    (b"as", Keyword::Filler),
    (b"at", Keyword::Filler),
    (b"bad", Keyword::ReasonPhrase),
    (b"cannot", Keyword::Filler),
    (b"client", Keyword::ReasonPhrase),
    (b"code", Keyword::Code),
    (b"conflict", Keyword::ReasonPhrase),
    (b"connect", Keyword::Connect),
    (b"constraint", Keyword::Constraint),
    (b"could", Keyword::Filler),
    (b"delete", Keyword::Statement),
    (b"dial", Keyword::Connect),
    (b"did", Keyword::Filler),
    (b"does", Keyword::Filler),
    (b"doesn", Keyword::Filler),
    (b"duplicate", Keyword::Duplicate),
    (b"econnrefused", Keyword::Refused),
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
    (b"failed", Keyword::Failed),
    (b"for", Keyword::Filler),
    (b"forbidden", Keyword::ReasonPhrase),
    (b"from", Keyword::From),
    (b"full", Keyword::Filler),
    (b"gateway", Keyword::ReasonPhrase),
    (b"gone", Keyword::ReasonPhrase),
    (b"got", Keyword::Answered),
    (b"has", Keyword::Filler),
    (b"hresult", Keyword::Errno),
    (b"http", Keyword::Http),
    (b"http/1.0", Keyword::Http),
    (b"http/1.1", Keyword::Http),
    (b"http/2", Keyword::Http),
    (b"http/2.0", Keyword::Http),
    (b"http/3", Keyword::Http),
    (b"if", Keyword::Filler),
    (b"in", Keyword::Filler),
    (b"insert", Keyword::Statement),
    (b"internal", Keyword::ReasonPhrase),
    (b"into", Keyword::From),
    (b"is", Keyword::Filler),
    (b"it", Keyword::Filler),
    (b"join", Keyword::From),
    (b"key", Keyword::Key),
    (b"method", Keyword::ReasonPhrase),
    (b"name", Keyword::Filler),
    (b"not", Keyword::Filler),
    (b"number", Keyword::Code),
    (b"of", Keyword::Filler),
    (b"on", Keyword::Filler),
    (b"or", Keyword::Filler),
    (b"os", Keyword::Os),
    (b"payment", Keyword::ReasonPhrase),
    (b"port", Keyword::Port),
    (b"precondition", Keyword::ReasonPhrase),
    (b"received", Keyword::Answered),
    (b"refused", Keyword::Refused),
    (b"relation", Keyword::Relation),
    (b"request", Keyword::ReasonPhrase),
    (b"responded", Keyword::Answered),
    (b"returned", Keyword::Answered),
    (b"row", Keyword::Filler),
    (b"select", Keyword::Select),
    (b"server", Keyword::ReasonPhrase),
    (b"service", Keyword::ReasonPhrase),
    (b"set", Keyword::Filler),
    (b"space", Keyword::Filler),
    (b"sqlstate", Keyword::Errno),
    (b"status", Keyword::Status),
    (b"status-code", Keyword::Status),
    (b"status_code", Keyword::Status),
    (b"statuscode", Keyword::Status),
    (b"table", Keyword::Table),
    (b"that", Keyword::Filler),
    (b"the", Keyword::Filler),
    (b"this", Keyword::Filler),
    (b"to", Keyword::Filler),
    (b"too", Keyword::ReasonPhrase),
    (b"unauthorized", Keyword::ReasonPhrase),
    (b"unprocessable", Keyword::ReasonPhrase),
    (b"unreachable", Keyword::Refused),
    (b"update", Keyword::Update),
    (b"value", Keyword::Filler),
    (b"values", Keyword::Filler),
    (b"violated", Keyword::Filler),
    (b"violates", Keyword::Filler),
    (b"violation", Keyword::Filler),
    (b"was", Keyword::Filler),
    (b"where", Keyword::Filler),
    (b"winerror", Keyword::Errno),
    (b"with", Keyword::Answered),
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

/// The name without the schema before it.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The name of a table without its schema and without the column behind it.
pub(super) fn without_column(name: &str) -> &str {
    last_part(name.rsplit_once('.').map_or(name, |(table, _)| table))
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
