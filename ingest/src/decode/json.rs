//! Reads JSON as real clients send it: lone surrogates and `NaN` are replaced rather than refused.

use std::borrow::Cow;

use serde_json::Value;
use shared::api::{ApiError, Code};

/// What becomes of numbers that no float can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Large {
    /// They make the document no JSON.
    Refused,
    /// They are read as texts: an SDK sends what the program held, and would lose its event.
    Texts,
}

/// Reads a JSON document. What serde_json refuses is mended once, where it is one of the faults that
/// clients are known for, and read again.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    parse_with(bytes, Large::Refused)
}

/// As [`parse`], and says what becomes of large numbers.
pub(crate) fn parse_with(bytes: &[u8], large: Large) -> Result<Value, ApiError> {
    let error = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match mend(bytes, large) {
        Cow::Owned(mended) => serde_json::from_slice(&mended).map_err(|error| malformed(&error)),
        Cow::Borrowed(_) => Err(malformed(&error)),
    }
}

/// The failure for a text that is no JSON; says where.
pub(crate) fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::new(Code::MalformedJson, format!("The body is not valid JSON: {error}"))
        .with_detail("line", error.line().into())
        .with_detail("column", error.column().into())
}

/// Nesting that a document may have.
const DEPTH: usize = 128;

/// Refuses a document that nests too deep for [`parse`]. For readers that skip values and remember
/// every bracket that is open meanwhile.
pub(crate) fn check_depth(bytes: &[u8]) -> Result<(), ApiError> {
    let mut depth = 0_usize;
    for byte in outside_strings(bytes) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            let message = format!("The body nests deeper than {DEPTH} levels");
            return Err(ApiError::new(Code::MalformedJson, message));
        }
    }
    Ok(())
}

/// About how many bytes of memory a document takes that [`parse`] reads: its texts, perhaps mended before; a
/// value in a list that grows; and for an object the first node of its tree, however little is in it.
pub(crate) fn room(bytes: &[u8]) -> usize {
    const TEXTS: usize = 4;
    const VALUE: usize = 3 * size_of::<Value>();
    const NODE: usize = 640;
    let (mut values, mut objects) = (0, 0);
    for byte in outside_strings(bytes) {
        match byte {
            b',' | b'[' => values += 1,
            b'{' => objects += 1,
            _ => {}
        }
    }
    bytes.len() * TEXTS + values * VALUE + objects * NODE
}

/// The bytes of a document that belong to no string.
fn outside_strings(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let (mut in_string, mut escaped) = (false, false);
    bytes.iter().copied().filter(move |byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ => return !in_string,
        }
        false
    })
}

/// What [`mend`] makes of so many bytes has at most so many: a number of five letters gets two quotes.
pub(crate) fn mended_length(bytes: usize) -> usize {
    bytes + bytes.div_ceil(5) * 2
}

/// Replaces escapes of lone surrogates by the replacement character, the bare words `NaN` and `Infinity`
/// by null, and where that is wanted numbers that are too large for a float by texts. One pass; borrowed when
/// there was nothing to mend.
pub(crate) fn mend(bytes: &[u8], large: Large) -> Cow<'_, [u8]> {
    let mut mended: Vec<u8> = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    let mut in_string = false;
    let mut quoted;
    while let Some(&byte) = bytes.get(at) {
        let (replacement, length): (&[u8], usize) = match byte {
            b'"' => {
                in_string = !in_string;
                at += 1;
                continue;
            }
            b'\\' if in_string => match lone_surrogate(bytes.get(at..).unwrap_or_default()) {
                Some(length) => (b"\\ufffd", length),
                None => {
                    // The escaped character belongs to the escape, a quote above all.
                    at += escape_length(bytes.get(at..).unwrap_or_default());
                    continue;
                }
            },
            b'N' | b'I' | b'-' | b'0'..=b'9' if !in_string => {
                let rest = bytes.get(at..).unwrap_or_default();
                if let Some(length) = bare_word(rest) {
                    (b"null", length)
                } else {
                    let number = number(rest);
                    if large == Large::Refused || is_finite(number) {
                        at += number.len().max(1);
                        continue;
                    }
                    quoted = [b"\"", number, b"\""].concat();
                    (&quoted, number.len())
                }
            }
            _ => {
                at += 1;
                continue;
            }
        };
        mended.extend_from_slice(bytes.get(copied..at).unwrap_or_default());
        mended.extend_from_slice(replacement);
        at += length;
        copied = at;
    }
    if copied == 0 {
        return Cow::Borrowed(bytes);
    }
    mended.extend_from_slice(bytes.get(copied..).unwrap_or_default());
    Cow::Owned(mended)
}

/// The length of a bare word that JSON does not know and JavaScript and Python write.
fn bare_word(rest: &[u8]) -> Option<usize> {
    [&b"NaN"[..], b"Infinity", b"-Infinity", b"-NaN"]
        .into_iter()
        .find(|word| rest.starts_with(word))
        .map(<[u8]>::len)
}

/// The number at the start of the text, or what looks like one.
fn number(rest: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let length = rest.iter().take_while(|byte| is_part(byte)).count();
    rest.get(..length).unwrap_or_default()
}

/// Whether a float can hold a number. What is none is left to who reads the document.
fn is_finite(number: &[u8]) -> bool {
    let parsed = std::str::from_utf8(number).ok().and_then(|text| text.parse::<f64>().ok());
    parsed.is_none_or(f64::is_finite)
}

/// The code unit of a `\uXXXX` at the start of the text.
fn code_unit(rest: &[u8]) -> Option<u16> {
    let digits = rest.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The length of the escape at the start when it is half of a surrogate pair without the other half.
fn lone_surrogate(rest: &[u8]) -> Option<usize> {
    const ESCAPE: usize = 6;
    match code_unit(rest)? {
        0xd800..=0xdbff => {
            let paired = rest.get(ESCAPE..).and_then(code_unit);
            let is_pair = paired.is_some_and(|unit| (0xdc00..=0xdfff).contains(&unit));
            (!is_pair).then_some(ESCAPE)
        }
        0xdc00..=0xdfff => Some(ESCAPE),
        _ => None,
    }
}

/// The length of the escape at the start: a surrogate pair counts as one.
fn escape_length(rest: &[u8]) -> usize {
    match code_unit(rest) {
        Some(0xd800..=0xdbff) => 12,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(
            parse(input.as_bytes()).unwrap(),
            serde_json::from_str::<Value>(expected).unwrap()
        );
    }

    #[test]
    fn what_real_clients_send_is_read() {
        check(r#"{"a":"x\ud83dy"}"#, r#"{"a":"x\ufffdy"}"#);
        check(r#"{"a":"\udc00\ud83d\ude00"}"#, r#"{"a":"\ufffd😀"}"#);
        check(r#"{"a":"\ud83d\ud83d\ude00"}"#, r#"{"a":"\ufffd😀"}"#);
        check(r#"{"a":NaN,"b":[-Infinity,Infinity]}"#, r#"{"a":null,"b":[null,null]}"#);
        check(r#"{"a":"NaN \" NaN","b":NaN}"#, r#"{"a":"NaN \" NaN","b":null}"#);
        check(r#"{"a":"\\ud83d","b":"\ud83d"}"#, r#"{"a":"\\ud83d","b":"\ufffd"}"#);
        check(r#"{"a":-1}"#, r#"{"a":-1}"#);
    }

    #[test]
    fn large_numbers_are_texts_where_that_is_wanted() {
        let check = |input: &str, expected: &str| {
            let read = parse_with(input.as_bytes(), Large::Texts).unwrap();
            assert_eq!(read, serde_json::from_str::<Value>(expected).unwrap());
            assert_eq!(parse(input.as_bytes()).unwrap_err().code(), Code::MalformedJson, "{input}");
        };
        check(r#"{"a":1e999,"b":[-1E400]}"#, r#"{"a":"1e999","b":["-1E400"]}"#);
        let digits = "9".repeat(400);
        check(&format!("[{digits},NaN,1.5]"), &format!("[\"{digits}\",null,1.5]"));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for input in [
            "",
            "{",
            "nan",
            "{\"a\":1e999",
            "1e9999e1",
            "--1",
            "{\"a\":\"\\ud83\"}",
            "[1,]",
            "\u{feff}{}",
        ] {
            assert_eq!(parse(input.as_bytes()).unwrap_err().code(), Code::MalformedJson, "{input}");
        }
        assert_eq!(parse(b"{\"a\":\"\xff\"}").unwrap_err().code(), Code::MalformedJson);
        assert_eq!(parse("[".repeat(100_000).as_bytes()).unwrap_err().code(), Code::MalformedJson);
    }

    #[test]
    fn room_is_asked_for_what_takes_it() {
        let per_byte = |document: &str| room(document.as_bytes()) / document.len();
        assert!(per_byte(&"{\"\":0},".repeat(1_000)) >= 90);
        assert!(per_byte(&"0,".repeat(1_000)) >= 48);
        assert!(per_byte(&format!("\"{}\"", "{,\\\"".repeat(1_000))) <= 4);
    }

    #[test]
    fn depth_is_counted_outside_of_strings() {
        let nested =
            |depth: usize| format!("{}\"[{{\\\"[\"{}", "[".repeat(depth), "]".repeat(depth));
        assert!(check_depth(nested(DEPTH).as_bytes()).is_ok());
        assert!(check_depth("[{}],".repeat(1_000).as_bytes()).is_ok());
        let refused = check_depth(nested(DEPTH + 1).as_bytes()).unwrap_err();
        assert_eq!(refused.code(), Code::MalformedJson);
    }

    proptest! {
        #[test]
        fn mended_documents_have_the_length_that_was_foreseen(
            text in "(NaN|,|\\\\ud800|\"|1e999|-1|9e9){0,99}"
        ) {
            let mended = mend(text.as_bytes(), Large::Texts);
            prop_assert!(mended.len() <= mended_length(text.len()));
        }

        #[test]
        fn mending_never_panics_and_leaves_good_json_alone(text in ".{0,200}") {
            drop(mend(text.as_bytes(), Large::Texts));
            let good = serde_json::to_vec(&text).unwrap();
            prop_assert!(matches!(mend(&good, Large::Texts), Cow::Borrowed(_)));
        }

        #[test]
        fn any_escapes_are_mended_to_json(units in proptest::collection::vec(any::<u16>(), 0..20)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let document = format!("\"{escapes}\"");
            prop_assert!(parse(document.as_bytes()).is_ok());
        }
    }
}
