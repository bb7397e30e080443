//! Request lines and headers: lengths that lie, methods, paths, keys, floods.

use super::super::row::{
    After, Ask, Expected, MALFORMED, Row, UNSUPPORTED, invalid, no_door, refused, unreadable,
};
use super::good;

const UNKNOWN: Expected = no_door(404, "NOT_FOUND");
const NO_METHOD: Expected = no_door(405, "METHOD_NOT_ALLOWED");
const NO_PROJECT: Expected = refused(404, "NOT_FOUND");
const NO_KEY: Expected = refused(401, "AUTHENTICATION_ERROR");

pub(super) fn rows() -> Vec<Row> {
    [lengths(), chunks(), methods(), paths(), keys(), types(), garbage(), floods()]
        .into_iter()
        .flatten()
        .collect()
}

fn lengths() -> Vec<Row> {
    let error = || Ask::error(good("length"));
    let row = |name: &str, length: &str, expected| {
        error().set("Content-Length", length).expect(format!("length: {name}"), expected)
    };
    vec![
        row("too long, and the end", "1000", MALFORMED).after(After::End),
        row("too short", "10", MALFORMED),
        row("zero", "0", MALFORMED),
        row("negative", "-1", unreadable("request")),
        row("with a sign", "+10", unreadable("request")),
        row("no number", "ten", unreadable("request")),
        row("a fraction", "1.5", unreadable("request")),
        row("empty", "", unreadable("request")),
        row("beyond 64 bits", "18446744073709551616", unreadable("request")),
        row("a list", "10, 10", unreadable("request")),
        error().also("Content-Length", "1").expect("length: two", unreadable("request")),
        error().without("Content-Length").expect("length: none", MALFORMED),
        with_both(Ask::error(CHUNKED).also("Transfer-Encoding", "chunked"), "chunks besides"),
        with_both(
            Ask::error(CHUNKED).set("Content-Length", "3").also("Transfer-Encoding", "chunked"),
            "a lie, and chunks besides",
        ),
        with_both(
            Ask::error(CHUNKED)
                .without("Content-Length")
                .also("Transfer-Encoding", "chunked")
                .also("Content-Length", "3"),
            "a lie behind chunks",
        ),
        Ask::error(good("length").into_bytes())
            .also("Content-Length", good("length").len().to_string())
            .expect("length: the same twice", Expected::Stored),
    ]
}

/// A good error in one chunk.
const CHUNKED: &str = "27\r\n{\"message\":\"m\",   \"source\":\"malformed\"}\r\n0\r\n\r\n";

/// Of a length and chunks the chunks are believed, as RFC 9112 demands; the edge drops the length.
fn with_both(ask: Ask, name: &str) -> Row {
    ask.expect(format!("length: {name}"), Expected::Stored)
}

fn chunks() -> Vec<Row> {
    let row = |name: &str, body: &[u8], expected| {
        Ask::error(body)
            .without("Content-Length")
            .also("Transfer-Encoding", "chunked")
            .expect(format!("chunks: {name}"), expected)
    };
    let coding = |name: &'static str, expected| {
        Ask::error("0\r\n\r\n")
            .without("Content-Length")
            .also("Transfer-Encoding", name)
            .expect(format!("transfer encoding: {name}"), expected)
    };
    let extension =
        [b"5;".to_vec(), vec![b'x'; 100_000], b"\r\nhello\r\n0\r\n\r\n".to_vec()].concat();
    let trailers = [b"0\r\n".to_vec(), b"a: b\r\n".repeat(20_000), b"\r\n".to_vec()].concat();
    vec![
        row("no number", b"zz\r\n{}\r\n0\r\n\r\n", MALFORMED),
        row("negative", b"-5\r\nhello\r\n0\r\n\r\n", MALFORMED),
        row("beyond 64 bits", b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n", MALFORMED),
        row("longer than said", b"2\r\nhello\r\n0\r\n\r\n", MALFORMED),
        row("none", b"0\r\n\r\n", MALFORMED),
        row("broken off", b"5\r\nhe", MALFORMED).after(After::End),
        row("no last one", b"5\r\nhello\r\n", MALFORMED).after(After::End),
        row("an endless extension", &extension, MALFORMED),
        row("endless trailers", &trailers, MALFORMED),
        coding("gzip", unreadable("request")),
        coding("chunked, gzip", unreadable("request")),
        coding("nonsense", unreadable("request")),
    ]
}

fn methods() -> Vec<Row> {
    let row = |line: &str, expected| Ask::new(line, "").expect(format!("method: {line}"), expected);
    vec![
        row("GET /api/errors", NO_METHOD),
        row("PUT /api/errors", NO_METHOD),
        row("DELETE /api/errors/batch", NO_METHOD),
        row("PATCH /api/errors", NO_METHOD),
        row("TRACE /api/errors", NO_METHOD),
        row("BREW /api/errors", NO_METHOD),
        row("post /api/errors", NO_METHOD),
        row("CONNECT errata:80", UNKNOWN),
        row("OPTIONS *", UNKNOWN),
        row("P(ST /api/errors", unreadable("request")),
        row("POST  /api/errors", unreadable("request")),
    ]
}

fn paths() -> Vec<Row> {
    let row = |path: &str, expected| {
        let ask = Ask::new(format!("POST {path}"), good("path"));
        ask.expect(format!("path: {}", path.get(..40).unwrap_or(path)), expected)
    };
    let raw = |name: &str, line: &[u8], expected| {
        Ask::new(line, good("path")).expect(format!("path: {name}"), expected)
    };
    vec![
        row("/api%2Ferrors", UNKNOWN),
        row("/api/errors%2F", UNKNOWN),
        row("/api/errors%2Fbatch", UNKNOWN),
        row("/%61pi/errors", UNKNOWN),
        row("/api/errors%00", UNKNOWN),
        row("//api/errors", UNKNOWN),
        row("/api//errors", UNKNOWN),
        row("/api/errors/", UNKNOWN),
        row("/api/./errors", UNKNOWN),
        row("/api/../api/errors", UNKNOWN),
        row("/api/errors/..", UNKNOWN),
        row("/api/errors/%2e%2e/errors", UNKNOWN),
        row("/API/errors", UNKNOWN),
        row("/api/errors;v=1", UNKNOWN),
        row("/", UNKNOWN),
        row("http://elsewhere/api/errors", Expected::Stored),
        row("http://elsewhere/api/stats", UNKNOWN),
        row("api/errors", unreadable("request")),
        row("/api/errors?project_id=99", NO_PROJECT),
        row("/api/errors?project_id=one", invalid("project_id")),
        row("/api/errors?project_id=", invalid("project_id")),
        row("/api/errors?project_id=-1", invalid("project_id")),
        row("/api/errors?project_id=99999999999", invalid("project_id")),
        row("/api/errors?%%%&&==&project_id", Expected::Stored),
        row(&format!("/api/errors?{}", "q".repeat(60_000)), Expected::Stored),
        row(&format!("/{}", "p".repeat(60_000)), UNKNOWN),
        row(&format!("/{}", "p".repeat(100_000)), unreadable("headers")),
        raw("a raw NUL", b"POST /api/err\0ors", unreadable("request")),
        raw("a blank", b"POST /api/err ors", unreadable("request")),
        raw("no UTF-8", b"POST /api/err\xffors", unreadable("request")),
    ]
}

fn keys() -> Vec<Row> {
    let error = || Ask::error(good("key"));
    let row = |name: &str, key: &[u8], expected| {
        error().set("X-API-Key", key).expect(format!("key: {name}"), expected)
    };
    vec![
        error().without("X-API-Key").expect("key: none", NO_KEY),
        row("empty", b"", NO_KEY),
        row("unknown", b"sk_live_unknown", NO_KEY),
        row("in other letters", b"TEST-API-KEY", NO_KEY),
        row("beyond ASCII", b"\xff\xfe", NO_KEY),
        row("60,000 characters", &[b'k'; 60_000], NO_KEY),
        row("a UUID of nobody", b"550e8400e29b41d4a716446655440000", NO_KEY),
        row("the nil UUID", b"00000000000000000000000000000000", NO_KEY),
        row("an attempt at SQL", b"' OR 1=1 --", NO_KEY),
        error().also("X-Project-Id", "99").expect("project: unknown", NO_PROJECT),
        error().also("X-Project-Id", "x").expect("project: no number", invalid("X-Project-Id")),
        error().also("X-Project-Id", "0").expect("project: zero", invalid("X-Project-Id")),
        error()
            .also("X-Project-Id", b"\xff".to_vec())
            .expect("project: beyond ASCII", invalid("X-Project-Id")),
    ]
}

fn types() -> Vec<Row> {
    let row = |value: &'static str, expected| {
        Ask::error(good("type"))
            .set("Content-Type", value)
            .expect(format!("type: {value}"), expected)
    };
    vec![
        row("text/html", UNSUPPORTED),
        row("application/xml", UNSUPPORTED),
        row("application/x-www-form-urlencoded", UNSUPPORTED),
        row("multipart/form-data; boundary=x", UNSUPPORTED),
        row("application/octet-stream", UNSUPPORTED),
        row("application/x-ndjson", UNSUPPORTED),
        row("json", UNSUPPORTED),
        row("application/json, text/html", UNSUPPORTED),
        row("application/json; charset=latin-1", Expected::Stored),
        row("text/plain", Expected::Stored),
        row("", Expected::Stored),
        Ask::error(good("type"))
            .set("Content-Type", b"\xff".to_vec())
            .expect("type: beyond ASCII", UNSUPPORTED),
        Ask::error(good("type")).without("Content-Type").expect("type: none", Expected::Stored),
    ]
}

/// Bytes that are no HTTP/1 at all.
pub(super) fn garbage() -> Vec<Row> {
    let row = |name: &str, bytes: &[u8]| {
        Row::new(format!("bytes: {name}"), bytes.to_vec(), unreadable("request"))
    };
    vec![
        row("a word", b"nonsense\r\n\r\n"),
        row("NUL", &[0; 100]),
        row("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        row("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        row("HTTP/9.9", b"GET /health HTTP/9.9\r\n\r\n"),
        row("HTTP/0.9", b"GET /health\r\n\r\n"),
        row("an answer", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        row("a header without a colon", b"GET /health HTTP/1.1\r\nno colon\r\n\r\n"),
        row("a blank in a header's name", b"GET /health HTTP/1.1\r\na b: c\r\n\r\n"),
        row("a blank before the colon", b"GET /health HTTP/1.1\r\na : c\r\n\r\n"),
        row("a folded header", b"GET /health HTTP/1.1\r\na: b\r\n c\r\n\r\n"),
        row("NUL in a header", b"GET /health HTTP/1.1\r\na: b\0c\r\n\r\n"),
        row("a bare CR in a header", b"GET /health HTTP/1.1\r\na: b\rc\r\n\r\n"),
        row(
            "a transfer encoding in HTTP/1.0",
            b"POST /api/errors HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
    ]
}

fn floods() -> Vec<Row> {
    let with = |name: &str, lines: usize, length: usize, expected| {
        let line = ("X-Flood", vec![b'x'; length]);
        let ask =
            (0..lines).fold(Ask::error(good("flood")), |ask, _| ask.also(line.0, line.1.clone()));
        ask.expect(format!("headers: {name}"), expected)
    };
    vec![
        with("90 of them", 90, 10, Expected::Stored),
        with("200 of them", 200, 10, unreadable("headers")),
        with("10,000 of them", 10_000, 100, unreadable("headers")),
        with("one of 60,000 bytes", 1, 60_000, Expected::Stored),
        with("one of 70,000 bytes", 1, 70_000, unreadable("headers")),
        with("one of 10 MB", 1, 10_000_000, unreadable("headers")),
        Ask::error(good("flood"))
            .also("X-Request-Id", vec![b'r'; 10_000])
            .also("User-Agent", vec![b'u'; 10_000])
            .also("X-Forwarded-For", b"1.2.3.4,".repeat(1_000))
            .also("Prefer", "return=everything")
            .expect("headers: long ones that are read", Expected::Stored),
    ]
}
