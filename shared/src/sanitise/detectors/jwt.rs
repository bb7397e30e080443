//! JSON web tokens, signed (three parts) and encrypted (five).

use super::{base64, byte, run_end};

/// No header of a token is shorter: `{"alg":""}` in base64.
const SHORTEST_HEADER: usize = 14;

/// Where the token ends that begins at `start`.
pub(in crate::sanitise) fn at(bytes: &[u8], start: usize) -> Option<usize> {
    let header = part_end(bytes, start);
    if header - start < SHORTEST_HEADER || byte(bytes, header) != b'.' {
        return None;
    }
    if !is_json_object(bytes.get(start..header)?) {
        return None;
    }
    let payload = part_end(bytes, header + 1);
    if byte(bytes, payload) != b'.' {
        return None;
    }
    // The signature may be empty, and two parts more make it an encrypted token.
    let mut end = part_end(bytes, payload + 1);
    for _ in 3..5 {
        if byte(bytes, end) == b'.' && base64::is_url_safe(byte(bytes, end + 1)) {
            end = part_end(bytes, end + 1);
        }
    }
    Some(end)
}

fn part_end(bytes: &[u8], start: usize) -> usize {
    run_end(bytes, start, base64::is_url_safe)
}

fn is_json_object(header: &[u8]) -> bool {
    let mut decoded = base64::decode(header);
    decoded.next() == Some(b'{') && decoded.next() == Some(b'"') && decoded.last() == Some(b'}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(at(text.as_bytes(), 0).and_then(|end| text.get(..end)), expected, "{text}");
    }

    #[test]
    fn tokens_are_found() {
        let signed = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_w";
        check(signed, Some(signed));
        check(
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0. x",
            Some("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),
        );
        let encrypted = "eyJhbGciOiJkaXIifQ..aXY.dGV4dA.dGFn";
        check(encrypted, Some(encrypted));
    }

    #[test]
    fn others_stay() {
        check("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", None);
        check("eyJhbGciOiJIUzI1NiJ9", None);
        check("eyJ.a.b", None);
        check("eyJaaaaaaaaaaaaaaaaa.b.c", None);
    }
}
