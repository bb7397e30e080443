//! The words that say what the next one means, and how they are found fast.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_in_order_and_fit() {
        assert!(KEYWORDS.is_sorted_by(|(first, _), (second, _)| first < second));
        assert!(KEYWORDS.iter().all(|(name, _)| name.len() <= KEYWORD_MAX));
    }
}
