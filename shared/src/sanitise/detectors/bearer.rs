//! `Bearer …` and `Basic …` in the middle of text.

use super::{base64, byte, rest, run_end};
use crate::sanitise::text::prose;

/// Where the credentials begin and end whose scheme's name begins at `at`.
pub(in crate::sanitise) fn at(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    if is_scheme(bytes, at, b"bearer ") {
        let start = at + 7;
        let end = token_end(bytes, start);
        let token = bytes.get(start..end)?;
        is_bearer_token(token, byte(bytes, at) == b'B', byte(bytes, end)).then_some((start, end))
    } else if is_scheme(bytes, at, b"basic ") {
        let start = at + 6;
        let end = token_end(bytes, start);
        is_user_and_password(bytes.get(start..end)?).then_some((start, end))
    } else {
        None
    }
}

fn is_scheme(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    rest(bytes, at).get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name))
}

fn token_end(bytes: &[u8], start: usize) -> usize {
    let end =
        run_end(bytes, start, |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    // The full stop of a sentence is not part of the token.
    if end > start && byte(bytes, end - 1) == b'.' { end - 1 } else { end }
}

/// People write about bearer tokens more often than they write one. After the capitalised name
/// every word that does not continue a sentence counts; after the plain one it must look random.
fn is_bearer_token(token: &[u8], capitalised: bool, next: u8) -> bool {
    if token.is_empty() || prose::follows_bearer(token) {
        return false;
    }
    // The parameters of a challenge: `Bearer realm="api"`.
    if token.ends_with(b"=") && matches!(next, b'"' | b'\'' | b'\\') {
        return false;
    }
    capitalised || token.len() >= 20 || token.iter().any(u8::is_ascii_digit)
}

fn is_user_and_password(token: &[u8]) -> bool {
    let mut colon = false;
    let printable = base64::decode(token).all(|byte| {
        colon |= byte == b':';
        byte >= b' '
    });
    colon && printable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let found = at(text.as_bytes(), 0).and_then(|(start, end)| text.get(start..end));
        assert_eq!(found, expected);
    }

    #[test]
    fn tokens_are_told_from_sentences() {
        check("Bearer xyz", Some("xyz"));
        check("bearer a1b2", Some("a1b2"));
        check("Bearer abc.def.", Some("abc.def"));
        check("Bearer token is missing", None);
        check("bearer authentication", None);
        check("bearer of news", None);
        check("Bearer realm=\"api\"", None);
        check("Bearer ", None);
    }

    #[test]
    fn basic_credentials_decode_to_a_pair() {
        check("Basic dXNlcjpwYXNz", Some("dXNlcjpwYXNz"));
        check("basic dXNlcjpwYXM=", Some("dXNlcjpwYXM="));
        check("Basic authentication", None);
        check("basic auth", None);
    }
}
