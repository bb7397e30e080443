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
    Expected,
    With,
    Errno,
    ErrorKind,
    Os,
    Database,
    Signal,
    /// `exit` as a noun, behind which its code stands.
    Exit,
    Exited,
    /// Says that a process ended, or anything else that can.
    Ended,
    /// Says that a peer could not be reached.
    Refused,
    Connect,
    /// As `Connect`, where nothing but the peer can follow.
    Dial,
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

/// All keywords in the order of their bytes.
const KEYWORDS: [(&[u8], Keyword); 143] = [
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
    (b"connecting", Keyword::Connect),
    (b"constraint", Keyword::Constraint),
    (b"could", Keyword::Filler),
    (b"crashed", Keyword::Ended),
    (b"curl", Keyword::Database),
    (b"db2", Keyword::Database),
    (b"delete", Keyword::Statement),
    (b"dial", Keyword::Dial),
    (b"did", Keyword::Filler),
    (b"died", Keyword::Ended),
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
    (b"exit", Keyword::Exit),
    (b"exit_code", Keyword::Errno),
    (b"exitcode", Keyword::Errno),
    (b"exited", Keyword::Exited),
    (b"expected", Keyword::Expected),
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
    (b"httperror", Keyword::Http),
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
    (b"killed", Keyword::Ended),
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
    (b"terminated", Keyword::Ended),
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

/// Where the keywords with each first letter begin, and where the last ones end.
const STARTS: [usize; 27] = {
    let mut starts = [KEYWORDS.len(); 27];
    let mut at = KEYWORDS.len();
    while at > 0 {
        at -= 1;
        let mut letter = (KEYWORDS[at].0[0] - b'a') as usize;
        starts[letter] = at;
        while letter > 0 && starts[letter - 1] > at {
            letter -= 1;
            starts[letter] = at;
        }
    }
    starts
};

/// The lengths of the keywords with each first letter, a bit for each: most words have another one.
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
    let first = word.bytes().next()?.to_ascii_lowercase();
    let letter = usize::from(first.wrapping_sub(b'a'));
    let lengths = *LENGTHS.get(letter)?;
    if word.len() >= u16::BITS as usize || lengths & (1 << word.len()) == 0 {
        return None;
    }
    let with_letter = KEYWORDS.get(STARTS[letter]..STARTS[letter + 1])?;
    let found = with_letter.iter().find(|(name, _)| name.eq_ignore_ascii_case(word.as_bytes()));
    found.map(|(_, keyword)| *keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_in_any_case() {
        assert!(KEYWORDS.is_sorted_by(|(first, _), (second, _)| first < second));
        for (name, expected) in KEYWORDS {
            let name = std::str::from_utf8(name).unwrap();
            assert_eq!(keyword(name), Some(expected), "{name}");
            assert_eq!(keyword(&name.to_uppercase()), Some(expected), "{name}");
        }
        for word in ["", "1", "{", "zzz", "statu", "é"] {
            assert_eq!(keyword(word), None, "{word}");
        }
    }
}
