//! Reads base64 in both alphabets, as far as the detectors need it.

/// Whether the byte belongs to the alphabet for URLs.
pub(in crate::sanitise) fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The bytes behind the text, up to the first byte that is not base64. Padding is no part of it.
pub(in crate::sanitise) fn decode(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut bits = 0_u32;
    let mut held = 0;
    text.iter().map_while(|byte| value(*byte)).filter_map(move |six| {
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        held += 6;
        if held < 8 {
            return None;
        }
        held -= 8;
        u8::try_from(bits >> held & 0xff).ok()
    })
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(decode(text.as_bytes()).collect::<Vec<_>>(), expected.as_bytes());
    }

    #[test]
    fn text_is_decoded() {
        check("dXNlcjpwYXNz", "user:pass");
        check("YTpi", "a:b");
        check("YTpiYw==", "a:bc");
        check("eyJhIjoxfQ", r#"{"a":1}"#);
        check("", "");
    }
}
