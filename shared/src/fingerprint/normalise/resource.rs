//! Finds what a chunk names on a network or in a cloud: URLs, mail addresses, hosts.

use super::shapes::{self, is_word_byte};
use super::word;

/// Where a URL starts in the chunk.
pub(super) fn url(chunk: &[u8]) -> Option<usize> {
    let mark = chunk.windows(3).position(|bytes| bytes == b"://")?;
    let is_scheme =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'+' | b'-' | b'.');
    let scheme = chunk[..mark].iter().rev().take_while(is_scheme).count();
    let start = mark - scheme;
    // Drivers of databases put their kind before the scheme.
    let start = if chunk[..start].ends_with(b"jdbc:") { start - b"jdbc:".len() } else { start };
    (scheme > 1).then_some(start)
}

/// How far the URL at the start of the text reaches.
pub(super) fn url_length(text: &[u8]) -> usize {
    let after_scheme = text.windows(3).position(|bytes| bytes == b"://").map_or(0, |at| at + 3);
    // Addresses of version 6 stand in brackets, which otherwise end a URL.
    let host = match text.get(after_scheme) {
        Some(b'[') => {
            let address = text[after_scheme..].iter();
            let is_part = |byte: &&u8| **byte != b']' && !byte.is_ascii_whitespace();
            let length = address.take_while(is_part).count();
            length + usize::from(text.get(after_scheme + length) == Some(&b']'))
        }
        _ => 0,
    };
    let start = (after_scheme + host).min(text.len());
    start + text[start..].iter().take_while(|byte| !is_url_end(**byte)).count()
}

fn is_url_end(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b')' | b']')
}

/// Where a mail address starts and ends in the chunk.
pub(super) fn email(chunk: &[u8]) -> Option<(usize, usize)> {
    let at = chunk.iter().position(|byte| *byte == b'@')?;
    let is_local = |byte: &&u8| {
        is_word_byte(**byte) || matches!(**byte, b'.' | b'_' | b'+' | b'-' | b'%' | b'#' | b'$')
    };
    let is_domain = |byte: &&u8| is_word_byte(**byte) || matches!(**byte, b'.' | b'-');
    let local = chunk[..at].iter().rev().take_while(is_local).count();
    let domain = chunk[at + 1..].iter().take_while(is_domain).count();
    let domain = shapes::trimmed(&chunk[at + 1..at + 1 + domain]);
    // `Order@1b6d3586` is how Java names an object without a text of its own.
    let is_hash = domain.len() >= 5 && domain.iter().all(u8::is_ascii_hexdigit);
    let starts = domain.first().is_some_and(|byte| is_word_byte(*byte));
    (local > 0 && starts && !is_hash).then(|| (at - local, at + 1 + domain.len()))
}

/// Whether the chunk starts with a host name, with or without a port. Answers how many bytes follow it.
pub(super) fn host(chunk: &[u8]) -> Option<usize> {
    let length = chunk
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        .count();
    let (name, rest) = chunk.split_at(length);
    let after = &rest[shapes::port(rest)..];
    let has_port = after.len() < rest.len();
    let ends = !after.first().is_some_and(|byte| is_word_byte(*byte));
    (ends && is_host(name, has_port)).then_some(after.len())
}

/// Whether the chunk starts with a name of one label and a port, as a service or a row of a table may
/// have: `redis:6379`. Answers how many bytes follow it.
pub(super) fn service(chunk: &[u8]) -> Option<usize> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'-' | b'_');
    let (name, rest) = chunk.split_at(chunk.iter().take_while(is_part).count());
    let port = shapes::port(rest);
    let after = &rest[port..];
    let ends = !after.first().is_some_and(|byte| is_word_byte(*byte))
        && !matches!(after, [b':' | b'.', next, ..] if next.is_ascii_digit());
    let is_name = name.first().is_some_and(u8::is_ascii_alphabetic);
    (is_name && (3..=6).contains(&port) && ends).then_some(after.len())
}

fn is_host(name: &[u8], has_port: bool) -> bool {
    if name.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    let mut labels = name.rsplit(|byte| *byte == b'.');
    let suffix = labels.next().unwrap_or_default();
    let Some(first) = labels.next_back() else {
        return suffix == b"localhost";
    };
    // Names with more labels than two are hosts also under suffixes that are words.
    let is_long = has_port || labels.next().is_some();
    !first.is_empty()
        && (word::is_host_suffix(suffix) || (is_long && word::may_be_host_suffix(suffix)))
        && !word::is_package_root(first)
}

/// Whether the chunk is the name of a resource in a cloud: `arn:aws:s3:::bucket/key`.
pub(super) fn is_cloud_name(chunk: &[u8]) -> bool {
    matches!(chunk, [b'a' | b'c', b'r', b'n', b':', ..] | [b'u', b'r', b'n', b':', ..])
        && chunk.iter().filter(|byte| **byte == b':').count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_reach_to_where_no_url_goes_on() {
        let check = |text: &str, before: usize, length: usize| {
            let start = url(text.as_bytes()).expect(text);
            assert_eq!((start, url_length(&text.as_bytes()[start..])), (before, length), "{text}");
        };
        check("http://a/b?c=d)", 0, 14);
        check("to:http://a", 3, 8);
        check("http://[2001: x", 0, 13);
        check("jdbc:pg://a:1/b c", 0, 15);
        check("ws://[::1]:80/a]", 0, 15);
        assert_eq!(url(b"a://b"), None);
        assert_eq!(url(b"http:/a"), None);
    }

    #[test]
    fn mail_addresses_may_stand_between_other_text() {
        assert_eq!(email(b"to:a.b+c@d.example:25"), Some((3, 18)));
        assert_eq!(email(b"a@d.example."), Some((0, 11)));
        assert_eq!(email(b"Order@1b6d3586"), None);
        assert_eq!(email(b"@scope/name"), None);
    }

    #[test]
    fn hosts_are_told_from_dotted_names() {
        let check = |text: &str, expected: Option<usize>| {
            assert_eq!(host(text.as_bytes()), expected, "{text}");
        };
        check("db-1.example.org:5432/shop", Some(5));
        check("localhost:80", Some(0));
        check("a.b.prod", Some(0));
        check("state.store", None);
        check("com.example.net", None);
        check("java.io", None);
        check("Asp.net", None);
        check("localhosts", None);
    }
}
