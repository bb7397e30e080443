//! Bodies that are no JSON, or only nearly.

use super::super::row::{Ask, Cost, Expected, MALFORMED, Row, invalid};
use super::good;

pub(super) fn rows() -> Vec<Row> {
    let refused = no_json().into_iter().map(|(name, body)| row(name, body, MALFORMED));
    let encodings = no_utf8().into_iter().map(|(name, body)| row(name, body, MALFORMED));
    let read = nearly_json().into_iter().map(|(name, body)| row(name, body, Expected::Stored));
    refused.chain(encodings).chain(read).chain(deep()).chain(other_documents()).collect()
}

fn row(name: &str, body: Vec<u8>, expected: Expected) -> Row {
    Ask::error(body).expect(format!("json: {name}"), expected)
}

/// An error with this text where a context's value belongs.
fn with(value: &str) -> Vec<u8> {
    format!(r#"{{"message":"odd","source":"malformed","context":{{"x":{value}}}}}"#).into_bytes()
}

fn no_json() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", b"".to_vec()),
        ("blanks", b" \r\n\t ".to_vec()),
        ("breaks off in an object", br#"{"message":"m","source":"#.to_vec()),
        ("breaks off in a string", br#"{"message":"m"#.to_vec()),
        ("breaks off in an escape", br#"{"message":"m\"#.to_vec()),
        ("breaks off in a surrogate pair", br#"{"message":"\ud83d\u"#.to_vec()),
        ("text behind it", format!("{} x", good("m")).into_bytes()),
        ("two documents", good("m").repeat(2).into_bytes()),
        ("single quotes", b"{'message':'m','source':'s'}".to_vec()),
        ("bare keys", br#"{message:"m",source:"s"}"#.to_vec()),
        ("a last comma", br#"{"message":"m","source":"s",}"#.to_vec()),
        ("a comment", br#"{"message":"m",/* */"source":"s"}"#.to_vec()),
        ("a bare word", with("nan")),
        ("undefined", with("undefined")),
        ("1e999", with("1e999")),
        ("-1e999", with("-1e999")),
        ("400 digits", with(&"9".repeat(400))),
        ("a leading zero", with("01")),
        ("a plus", with("+1")),
        ("no digit before the point", with(".5")),
        ("no digit behind the point", with("1.")),
        ("hexadecimal", with("0x10")),
        ("a lone minus", with("-")),
        ("a raw line break in a string", b"{\"message\":\"a\nb\",\"source\":\"s\"}".to_vec()),
        ("a raw NUL in a string", b"{\"message\":\"a\0b\",\"source\":\"s\"}".to_vec()),
        ("a raw NUL between", b"{\"message\":\"m\",\0\"source\":\"s\"}".to_vec()),
        ("an unknown escape", with(r#""\x41""#)),
        ("a short unicode escape", with(r#""\u12""#)),
        ("an escape of no digits", with(r#""\uzzzz""#)),
        ("a number as key", br#"{1:"m"}"#.to_vec()),
        ("a form", b"message=m&source=s".to_vec()),
        ("XML", b"<error><message>m</message></error>".to_vec()),
    ]
}

fn no_utf8() -> Vec<(&'static str, Vec<u8>)> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| good("m").encode_utf16().flat_map(bytes).collect();
    let in_field = |field: &str, bytes: &[u8]| {
        let mut body = format!(r#"{{"source":"s","{field}":""#).into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(br#"","message":"m"}"#);
        body
    };
    vec![
        ("a byte order mark", [b"\xef\xbb\xbf".to_vec(), good("m").into_bytes()].concat()),
        ("UTF-16 LE", utf16(u16::to_le_bytes)),
        ("UTF-16 BE", utf16(u16::to_be_bytes)),
        ("a lone continuation byte in the message", in_field("message", b"a\x80b")),
        ("an overlong slash in the source", in_field("source", b"\xc0\xaf")),
        ("a surrogate as UTF-8 in the level", in_field("level", b"\xed\xa0\x80")),
        (
            "beyond the last character in the environment",
            in_field("environment", b"\xf4\x90\x80\x80"),
        ),
        ("a broken-off character in the stack", in_field("stack_trace", b"\xe2\x82")),
        ("0xff in the URL", in_field("url", b"\xff")),
        ("0xfe in the release", in_field("release", b"\xfe")),
        ("Latin-1 in the type", in_field("exception_type", b"caf\xe9")),
        ("0xff in the timestamp", in_field("timestamp", b"\xff")),
        ("0xff in the event id", in_field("event_id", b"\xff")),
        ("0xff in the fingerprint", in_field("fingerprint", b"\xff")),
        ("0xff in a key", in_field("\"", b"\xff")),
        (
            "0xff in the context",
            [b"{\"message\":\"m\",\"source\":\"s\",\"context\":{\"\xff\":1}}".to_vec()].concat(),
        ),
        (
            "0xff in a tag",
            b"{\"message\":\"m\",\"source\":\"s\",\"tags\":{\"a\":\"\xff\"}}".to_vec(),
        ),
        (
            "0xff in the user",
            b"{\"message\":\"m\",\"source\":\"s\",\"user\":{\"id\":\"\xff\"}}".to_vec(),
        ),
    ]
}

/// What real clients send and strict decoders refuse.
fn nearly_json() -> Vec<(&'static str, Vec<u8>)> {
    let fields = |text: &str| {
        format!(
            r#"{{"message":"{text}","source":"{text}","environment":"{text}","stack_trace":"{text}",
            "url":"{text}","release":"{text}","exception_type":"{text}","fingerprint":"{text}",
            "user":{{"id":"{text}"}},"tags":{{"{text}":"{text}"}},"context":{{"{text}":["{text}"]}}}}"#
        )
        .into_bytes()
    };
    vec![
        ("NUL in every field", fields(r"a\u0000b")),
        ("half a pair in every field", fields(r"a\ud83d")),
        ("the other half in every field", fields(r"\udc00b")),
        ("pairs the wrong way round", fields(r"\ude00\ud83d")),
        ("NaN and Infinity", with("[NaN,Infinity,-Infinity,-NaN]")),
        ("-0", with("[-0,-0.0,0e999,1e-999]")),
        ("integers beyond 64 bits", with("[18446744073709551616,-9223372036854775809]")),
        ("308 digits", with(&"9".repeat(308))),
        (
            "a key twice",
            br#"{"message":"a","source":"a","message":"b","source":"malformed"}"#.to_vec(),
        ),
        ("a key twice in the context", with(r#"1,"x":2"#)),
        (
            "unknown fields",
            br#"{"message":"m","source":"malformed","nobody":{"knows":[1]}}"#.to_vec(),
        ),
        ("noncharacters", fields(r"\uffff\ufffe")),
        ("text that turns around", fields("\u{202e}abc\u{200b}")),
        ("blanks around it", format!("\r\n\t {} \n", good("m")).into_bytes()),
    ]
}

fn deep() -> Vec<Row> {
    let context = |depth: usize| {
        let value = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        format!(r#"{{"message":"deep","source":"malformed","context":{value}}}"#).into_bytes()
    };
    let arrays = |depth: usize| with(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    vec![
        row("a context of depth 32", context(32), Expected::Stored),
        row("a context of depth 33", context(33), invalid("context")),
        row("arrays of depth 33 in the context", arrays(32), invalid("context")),
        row("a context of depth 100", context(100), invalid("context")),
        row("a context of depth 200", context(200), MALFORMED),
        row("100,000 arrays", "[".repeat(100_000).into_bytes(), MALFORMED),
        row("100,000 objects", r#"{"a":"#.repeat(100_000).into_bytes(), MALFORMED),
        row("100,000 arrays in the context", arrays(100_000), MALFORMED),
        row(
            "a megabyte of numbers",
            with(&format!("[{}0]", "0,".repeat(500_000))),
            Expected::Stored,
        )
        .cost(Cost::Body),
        row(
            "a megabyte of empty objects",
            with(&format!("[{}0]", "{},".repeat(300_000))),
            Expected::Stored,
        )
        .cost(Cost::Body),
        row(
            "a megabyte of keys",
            with(&format!("{{{}\"\":0}}", "\"a\":0,".repeat(150_000))),
            Expected::Stored,
        )
        .cost(Cost::Body),
    ]
}

fn other_documents() -> Vec<Row> {
    let documents = ["null", "true", "7", "\"text\"", "[]", "[{}]", "NaN", "1.5e3"];
    documents.map(|text| row(text, text.into(), invalid("body"))).into()
}
