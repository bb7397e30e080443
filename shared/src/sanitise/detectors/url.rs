//! The password of `user:password@host` in URLs.

use super::{byte, rest};

/// Where the password begins and ends, given the place after `//`.
pub(in crate::sanitise) fn password(bytes: &[u8], authority: usize) -> Option<(usize, usize)> {
    let mut colon = None;
    let mut password = None;
    for (offset, byte) in rest(bytes, authority).iter().enumerate() {
        match byte {
            b':' if colon.is_none() => colon = Some(authority + offset),
            // An unescaped `@` may be part of the password; the last one ends it.
            b'@' => password = colon.map(|colon| (colon + 1, authority + offset)),
            b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`' => break,
            _ if byte.is_ascii_whitespace() => break,
            _ => {}
        }
    }
    password.filter(|(start, end)| start < end)
}

/// The place after the slashes of `://`, whose colon stands at `colon`, also where JSON has
/// escaped them.
pub(in crate::sanitise) fn authority(bytes: &[u8], colon: usize) -> Option<usize> {
    if rest(bytes, colon).starts_with(b"://") {
        Some(colon + 3)
    } else if byte(bytes, colon + 1) == b'\\' && rest(bytes, colon).starts_with(b":\\/\\/") {
        Some(colon + 5)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let found = text.find(':').and_then(|colon| authority(text.as_bytes(), colon));
        let found = found.and_then(|start| password(text.as_bytes(), start));
        assert_eq!(found.and_then(|(start, end)| text.get(start..end)), expected, "{text}");
    }

    #[test]
    fn passwords_are_found() {
        check("postgres://bob:hunter2@db:5432/x", Some("hunter2"));
        check("redis://:hunter2@cache", Some("hunter2"));
        check("amqp://a:b@c:d@host", Some("b@c:d"));
        check(r"https:\/\/bob:hunter2@host\/", Some("hunter2"));
    }

    #[test]
    fn other_urls_stay() {
        check("https://host:8080/a@b", None);
        check("https://bob@host", None);
        check("https://bob:@host", None);
        check("https://host/?q=a:b@c", None);
        check("mailto:bob@host", None);
    }
}
