//! The words of a message as the search for causes sees them.

/// A word and what stands around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// A host and a colon stand directly before it.
    pub(super) follows_host: bool,
    /// Nothing, or punctuation, stands directly behind it.
    pub(super) ends_clause: bool,
    /// The next word is `SET`.
    pub(super) before_set: bool,
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
        let text = self.text.get(start..end)?;
        let trimmed = text.trim_matches(['.', '-', '/']);
        let next = bytes.get(end);
        Some(Word {
            text: trimmed,
            follows_host: follows_host(&bytes[..start]),
            ends_clause: trimmed.len() < text.len() || next.is_none_or(|byte| *byte != b' '),
            before_set: self
                .text
                .get(end..)
                .and_then(|rest| rest.trim_start_matches(['"', '`', ']', ' ']).get(..4))
                .is_some_and(|word| word.eq_ignore_ascii_case("set ")),
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
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'$' | b'/') || byte >= 0x80
}

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

/// What the word announces, in any case of letters.
pub(super) fn keyword(word: &str) -> Option<Keyword> {
    let mut lower = [0; KEYWORD_MAX];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    let keyword = match &*lower {
        b"status" | b"statuscode" | b"status_code" | b"status-code" => Keyword::Status,
        b"http" | b"http/1.0" | b"http/1.1" | b"http/2" | b"http/2.0" | b"http/3" => Keyword::Http,
        b"code" | b"number" => Keyword::Code,
        b"returned" | b"responded" | b"got" | b"received" | b"with" | b"answered" => {
            Keyword::Answered
        }
        b"bad" | b"unauthorized" | b"forbidden" | b"method" | b"conflict" | b"gone" | b"too"
        | b"unprocessable" | b"internal" | b"service" | b"gateway" | b"client" | b"server"
        | b"payment" | b"precondition" | b"request" => Keyword::ReasonPhrase,
        b"errno" | b"winerror" | b"sqlstate" | b"hresult" | b"error_code" | b"errorcode"
        | b"err_code" | b"errcode" | b"exit_code" | b"exitcode" => Keyword::Errno,
        b"error" | b"exit" => Keyword::ErrorKind,
        b"os" => Keyword::Os,
        b"refused" | b"econnrefused" | b"unreachable" => Keyword::Refused,
        b"connect" | b"dial" => Keyword::Connect,
        b"port" => Keyword::Port,
        b"select" => Keyword::Select,
        b"insert" | b"delete" => Keyword::Statement,
        b"duplicate" => Keyword::Duplicate,
        b"update" => Keyword::Update,
        b"from" | b"into" | b"join" => Keyword::From,
        b"table" => Keyword::Table,
        b"relation" => Keyword::Relation,
        b"constraint" => Keyword::Constraint,
        b"key" => Keyword::Key,
        b"failed" => Keyword::Failed,
        b"a" | b"an" | b"and" | b"are" | b"as" | b"at" | b"does" | b"doesn" | b"for" | b"has"
        | b"in" | b"is" | b"name" | b"not" | b"of" | b"on" | b"or" | b"the" | b"to" | b"was"
        | b"value" | b"violation" | b"already" | b"cannot" | b"could" | b"did" | b"exists"
        | b"exist" | b"full" | b"if" | b"row" | b"space" | b"that" | b"this" | b"violates"
        | b"violated" | b"where" | b"set" | b"values" | b"it" => Keyword::Filler,
        _ => return None,
    };
    Some(keyword)
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
