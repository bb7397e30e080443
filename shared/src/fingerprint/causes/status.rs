//! The numbers that HTTP gives to answers, and the words by which it explains them.

use super::words::Word;

/// What servers answer that follow no standard to the letter, beside the statuses that it names.
const UNNAMED: [u16; 8] = [419, 420, 430, 440, 444, 449, 498, 499];

/// `4` or `5` for a status of failure.
pub(super) fn class(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [class @ (b'4' | b'5'), b, c] if b.is_ascii_digit() && c.is_ascii_digit() => Some(*class),
        _ => None,
    }
}

/// Whether servers answer with the number, so that it may be a status where little says so.
pub(super) fn is_known(text: &str) -> bool {
    text.parse().is_ok_and(|status: u16| {
        matches!(status, 400..=418 | 421..=426 | 428 | 429 | 431 | 451 | 500..=511 | 520..=530)
            || UNNAMED.contains(&status)
    })
}

/// Whether a text begins by saying that another number, which no status can be, was expected.
pub(super) fn expects_count(text: &str) -> bool {
    let text = text.trim_start_matches([' ', ',', ';', '(']);
    let is_number = |byte: &u8| byte.is_ascii_digit();
    text.strip_prefix("expected ").is_some_and(|expected| {
        let length = expected.bytes().take(4).take_while(is_number).count();
        matches!(length, 1 | 2 | 4)
    })
}

/// Whether a client says behind the number what it asked for: `404, message='Not Found', url=`,
/// `(404) when calling the HeadObject operation`.
pub(super) fn is_of_client(word: &Word<'_>) -> bool {
    [", message=", ") when calling the "].iter().any(|behind| word.is_before(behind))
}

/// How sentences of servers begin behind a status, which name none of the program's things.
const SENTENCES: [&[u8]; 7] =
    [b"Rate limit", b"The ", b"This ", b"You ", b"Your ", b"Incorrect ", b"Invalid "];

/// Whether a text begins with the status, and goes on with an object or a sentence of the server's own:
/// `404 {"error":`, `429 Rate limit reached`, `500 The server had an error`. What goes on with things is a count.
pub(super) fn begins_text(word: &Word<'_>) -> bool {
    let before = word.before();
    (before.is_empty() || before.ends_with("Error: "))
        && is_known(word.text)
        && match word.rest().as_bytes() {
            [b' ', b'{', ..] => true,
            [b' ', sentence @ ..] => SENTENCES.iter().any(|begin| sentence.starts_with(begin)),
            _ => false,
        }
}

/// Whether a text ends with the status of what a script fetched: `Failed to fetch user: 404`,
/// `Network response was not ok: 404`.
pub(super) fn ends_fetch(word: &Word<'_>) -> bool {
    let before = word.before();
    let is_of_fetch = || {
        (before.ends_with("not ok: ") || before.ends_with("not OK: "))
            || before.contains("ailed to fetch ")
    };
    word.rest().is_empty() && before.ends_with(": ") && is_known(word.text) && is_of_fetch()
}

/// How certainly the words behind three digits are the reason that HTTP gives for them as a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Several words with capitals, which nothing else puts together.
    Certain,
    /// What any sentence may go on with: a lone word, or words without capitals.
    Word,
}

/// The reason that the words behind a status begin with.
pub(super) fn reason(status: &str, explanation: &str) -> Option<Reason> {
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
    let begins_with = |reason: &str| {
        explanation.get(..reason.len()).is_some_and(|start| match reason.contains(' ') {
            true => start.eq_ignore_ascii_case(reason),
            false => start == reason,
        })
    };
    let class = if status.starts_with('4') { "Client Error" } else { "Server Error" };
    if begins_with(class) {
        return Some(Reason::Certain);
    }
    let (_, reason) =
        REASONS.iter().find(|(known, reason)| *known == status && begins_with(reason))?;
    let begins_small = || explanation.starts_with(|first: char| first.is_ascii_lowercase());
    Some(if reason.contains(' ') && !begins_small() { Reason::Certain } else { Reason::Word })
}
