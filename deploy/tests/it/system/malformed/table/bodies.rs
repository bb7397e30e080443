//! Bodies that are compressed badly, too large, or batches with bad items.

use std::io::Write as _;

use serde_json::json;

use super::super::row::{
    After, Ask, Cost, Expected, MALFORMED, Row, TOO_LARGE, UNSUPPORTED, refused,
};
use super::good;

/// 64 and 200 MiB of blanks, and an error that nothing is wrong with, as brotli.
const BROTLI_64_MIB: &str = "cfffff7f002440e2b14072effff9ffff0f8004401c1680eefd3fffffff0190008\
    8c302d0bdffe7ffff3f001200715800baf7ff03";
const BROTLI_200_MIB: &str = "cfffff7f002440e2b14072effff9ffff0f8004401c1680eefd3fffffff019000\
    88c302d0bdffe7ffff3f001200715800baf7fffcffff074002200e0b40f7fe9fffffff004800c46101e8defff3ffff\
    1f000980382c00ddfb7ffeffff032001108705a07bffcfffff7f002400e2b00074effff9ffff0f8004401c1680eefd\
    3fffffff01900088c302d0bdffe7ffff3f001200715800baf7fff9ffff074002200e0b40f7fe0f";
const BROTLI_GOOD: &str = "1b28000004646ea93f1312ad811adc706ca8c9d9956c228a4272a24e1e7c14af3c311\
    176de6ad565f1c4343a1f";
/// 64 MiB of blanks with a window of a gigabyte, which is brotli's extension and not the web's.
const BROTLI_LARGE_WINDOW: &str = "111effffff01900089c70221f7fe9fffffff004800c46101a07bffcfffff7f\
    002400e2b000d0bdffe7ffff3f001200715800e8deff0f";

pub(super) fn rows() -> Vec<Row> {
    [compressed(), bombs(), large(), batches()].into_iter().flatten().collect()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 1).unwrap()
}

/// A frame that asks for a window of 128 MiB.
fn zstd_with_large_window(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn encoded(encoding: &'static str, name: &str, body: Vec<u8>, expected: Expected) -> Row {
    Ask::error(body)
        .set("Content-Encoding", encoding)
        .expect(format!("{encoding}: {name}"), expected)
}

pub(super) fn compressed() -> Vec<Row> {
    let text = good(&"compressed ".repeat(50)).into_bytes();
    let forms = [
        ("gzip", gzip(&text)),
        ("deflate", deflate(&text)),
        ("br", hex(BROTLI_GOOD)),
        ("zstd", zstd(&text)),
    ];
    let mut rows = Vec::new();
    for (encoding, body) in forms {
        let mut spoilt = body.clone();
        let end = spoilt.len();
        spoilt[end / 2..].fill(0xff);
        rows.extend([
            encoded(encoding, "good", body.clone(), Expected::Stored),
            encoded(encoding, "cut off", body[..end - 6].to_vec(), MALFORMED),
            encoded(encoding, "spoilt in the middle", spoilt, MALFORMED),
            encoded(encoding, "not compressed", text.clone(), MALFORMED),
            encoded(encoding, "nothing", Vec::new(), MALFORMED),
        ]);
    }
    let twice = gzip(&gzip(&text));
    let mut wrong_sum = gzip(&text);
    let at = wrong_sum.len() - 8;
    wrong_sum[at] ^= 1;
    rows.extend([
        encoded("gzip", "two layers, one named", twice.clone(), MALFORMED),
        encoded("gzip", "a wrong checksum", wrong_sum, MALFORMED),
        encoded("gzip, gzip", "two layers", twice, UNSUPPORTED),
        encoded("gzip, br", "two kinds", gzip(&text), UNSUPPORTED),
        encoded("identity, gzip", "none and one", gzip(&text), UNSUPPORTED),
        encoded("lzma", "unknown", text.clone(), UNSUPPORTED),
        encoded("aes128gcm", "unknown", text.clone(), UNSUPPORTED),
        encoded("GZip", "in other letters", gzip(&text), Expected::Stored),
        encoded("identity", "none", text.clone(), Expected::Stored),
        encoded("zstd", "a window of 128 MiB", zstd_with_large_window(&text), MALFORMED),
        Ask::error(gzip(&text))
            .also("Content-Encoding", "gzip")
            .also("Content-Encoding", "gzip")
            .expect("gzip: named twice", UNSUPPORTED),
        Ask::error(gzip(&text))
            .also("Content-Encoding", b"\xff".to_vec())
            .expect("no name at all", UNSUPPORTED),
    ]);
    rows
}

fn bombs() -> Vec<Row> {
    let mib = |count: usize| vec![b' '; count << 20];
    let single = |encoding, name, body| encoded(encoding, name, body, TOO_LARGE).cost(Cost::Bomb);
    let batch = |encoding: &'static str, name: &str, body: Vec<u8>, expected| {
        Ask::batch(body)
            .set("Content-Encoding", encoding)
            .expect(format!("{encoding}: {name}"), expected)
            .cost(Cost::Batch)
    };
    let members = gzip(&vec![b' '; 1 << 10]).repeat(20_000);
    let zeros = format!("[{}0]", "0,".repeat(20_000_000)).into_bytes();
    let deep = vec![b'['; 90 << 20];
    let words = format!("[{}0]", "NaN,".repeat(10 << 20)).into_bytes();
    let many_words = format!("[{}0]", "NaN,".repeat(24 << 20)).into_bytes();
    let mut rows = vec![
        single("gzip", "a bomb of 64 MiB", gzip(&mib(64))),
        single("deflate", "a bomb of 64 MiB", deflate(&mib(64))),
        single("br", "a bomb of 64 MiB", hex(BROTLI_64_MIB)).cost(Cost::Window),
        single("zstd", "a bomb of 64 MiB", zstd(&mib(64))),
        single("gzip", "20,000 members of a kilobyte", members),
        encoded("gzip", "a bomb within a bomb", gzip(&gzip(&mib(64))), MALFORMED).cost(Cost::Bomb),
        encoded("br", "a window of a gigabyte", hex(BROTLI_LARGE_WINDOW), MALFORMED)
            .cost(Cost::Bomb),
        encoded("gzip", "a megabyte of arrays", gzip(&vec![b'['; 1 << 20]), MALFORMED)
            .cost(Cost::Bomb),
    ];
    rows.extend([
        batch("gzip", "a batch of 200 MiB", gzip(&mib(200)), TOO_LARGE),
        batch("deflate", "a batch of 200 MiB", deflate(&mib(200)), TOO_LARGE),
        batch("br", "a batch of 200 MiB", hex(BROTLI_200_MIB), TOO_LARGE),
        batch("zstd", "a batch of 200 MiB", zstd(&mib(200)), TOO_LARGE),
        batch("gzip", "a batch of 99 MiB of nothing", gzip(&mib(99)), MALFORMED),
        batch("gzip", "a batch of 20,000,001 numbers", gzip(&zeros), TOO_LARGE),
        batch("gzip", "a batch of 10 million times NaN", gzip(&words), TOO_LARGE),
        batch("gzip", "a batch of 25 million times NaN", gzip(&many_words), TOO_LARGE)
            .cost(Cost::Mended),
        batch("gzip", "a batch of 90 MiB of arrays", gzip(&deep), MALFORMED),
    ]);
    rows
}

/// The body in one chunk after the other.
fn chunked(body: &[u8]) -> Vec<u8> {
    let chunks = body
        .chunks(60_000)
        .map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    chunks.chain([b"0\r\n\r\n".to_vec()]).flatten().collect()
}

fn large() -> Vec<Row> {
    let padded = |bytes: usize| format!("{}{}", good("large"), " ".repeat(bytes)).into_bytes();
    let in_chunks = |ask: fn(Vec<u8>) -> Ask, body: &[u8]| {
        ask(chunked(body)).without("Content-Length").also("Transfer-Encoding", "chunked")
    };
    vec![
        Ask::error(padded(1 << 20)).expect("size: 1 MiB and some", TOO_LARGE),
        Ask::error(padded(8 << 20)).expect("size: 8 MiB", TOO_LARGE),
        Ask::error("")
            .set("Content-Length", "1000000000000")
            .expect("size: a terabyte, promised", TOO_LARGE)
            .after(After::End),
        in_chunks(Ask::error, &padded(2 << 20))
            .expect("size: 2 MiB in chunks", TOO_LARGE)
            .cost(Cost::Body),
        in_chunks(Ask::error, &padded(100)).expect("size: small in chunks", Expected::Stored),
        Ask::batch(vec![b' '; (20 << 20) + 1])
            .expect("size: a batch of 20 MiB and some", TOO_LARGE),
        in_chunks(Ask::batch, &vec![b' '; 21 << 20])
            .expect("size: a batch of 21 MiB in chunks", TOO_LARGE)
            .cost(Cost::Batch),
    ]
}

fn batches() -> Vec<Row> {
    let batch = |name: &str, body: String, accepted, codes| {
        Ask::batch(body).expect(format!("batch: {name}"), Expected::Batch { accepted, codes })
    };
    let whole = |name: &str, body: String, expected| {
        Ask::batch(body).expect(format!("batch: {name}"), expected)
    };
    const BAD: &str = "VALIDATION_ERROR";
    let item = good("item");
    let long =
        json!({"message": "m", "source": "malformed", "context": {"x": "y".repeat(1 << 20)}});
    vec![
        whole("nothing", String::new(), MALFORMED),
        whole("blank lines", "\n \r\n".to_owned(), MALFORMED),
        whole("an array that breaks off", format!("[{item},"), MALFORMED),
        whole("an array with text behind it", format!("[{item}] x"), MALFORMED),
        whole("an array without a comma", format!("[{item} {item}]"), MALFORMED),
        whole("1,001 items", format!("[{}]", vec!["{}"; 1_001].join(",")), TOO_LARGE),
        whole("1,001 lines", "{}\n".repeat(1_001), TOO_LARGE),
        whole("a million lines", "0\n".repeat(1_000_000), TOO_LARGE).cost(Cost::Body),
        batch("an empty array", "[]".to_owned(), 0, &[]),
        batch("items that are no objects", "[1,null,\"a\",[],true]".to_owned(), 0, &[BAD; 5]),
        batch("a good item among bad ones", format!("[{{}},{item},7]"), 1, &[BAD; 2]),
        batch(
            "a bad line among good ones",
            format!("{item}\n{{\"a\n{item}\n"),
            2,
            &["MALFORMED_JSON"],
        ),
        batch("lines of garbage", "a\nb\n\u{0}\n".to_owned(), 0, &["MALFORMED_JSON"; 3]),
        batch("one object alone", "{}".to_owned(), 0, &[BAD]),
        batch("an item above a megabyte", format!("[{item},{long}]"), 1, &["PAYLOAD_TOO_LARGE"])
            .cost(Cost::Body),
        batch(
            "odd items",
            r#"[{"message":"a\u0000\ud800","source":"malformed","context":{"x":NaN}}]"#.to_owned(),
            1,
            &[],
        ),
        Ask::batch(item.clone())
            .set("Content-Type", "application/x-ndjson")
            .expect("batch: one line", Expected::Batch { accepted: 1, codes: &[] }),
        Ask::batch(item)
            .set("Content-Type", "text/csv")
            .expect("batch: no JSON by its type", refused(415, "UNSUPPORTED_MEDIA_TYPE")),
    ]
}
