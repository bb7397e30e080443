//! The table of requests that something is wrong with.

mod bodies;
mod fields;
mod heads;
mod json;
mod reads;

use super::row::{After, Ask, Expected, Row};

/// Every row that is answered at once.
pub(super) fn rows() -> Vec<Row> {
    [json::rows(), fields::rows(), bodies::rows(), heads::rows()].into_iter().flatten().collect()
}

/// Rows that the edge hands on to ingest as they are.
pub(super) fn through_the_edge() -> Vec<Row> {
    json::rows().into_iter().chain(fields::in_bodies()).chain(bodies::compressed()).collect()
}

/// Rows for the query API.
pub(super) fn reads() -> Vec<Row> {
    reads::rows()
}

/// Bytes that are no HTTP/1, which every service refuses.
pub(super) fn garbage() -> Vec<Row> {
    heads::garbage()
}

/// Bodies that a service waits for in vain.
pub(super) fn slow_bodies() -> Vec<Row> {
    let timeout = super::row::refused(408, "REQUEST_TIMEOUT");
    let never = Ask::error(good("slow")).set("Content-Length", "1000");
    vec![
        never.expect("a body that stops in the middle", timeout),
        never.expect("a body of one byte a second", timeout).after(After::Drip),
        Ask::error("")
            .set("Content-Length", "10")
            .also("Expect", "100-continue")
            .expect("a body that was asked for and does not come", timeout),
        Ask::error("5\r\n{\"mes")
            .without("Content-Length")
            .also("Transfer-Encoding", "chunked")
            .expect("chunks that stop", timeout),
    ]
}

/// Heads that a service waits for in vain.
pub(super) fn slow_heads() -> Vec<Row> {
    let expected = Expected::NoEvent { status: 408, code: "REQUEST_TIMEOUT", field: None };
    let row = |name: &str, bytes: &[u8]| Row::new(name, bytes.to_vec(), expected);
    let head = b"POST /api/errors HTTP/1.1\r\nHost: errata";
    vec![
        row("headers that stop in the middle", head),
        row("a header of one byte a second", head).after(After::Drip),
        row("a request line that stops", b"POST /api/err"),
    ]
}

/// The JSON of an error that nothing is wrong with.
fn good(message: &str) -> String {
    serde_json::json!({"message": message, "source": "malformed"}).to_string()
}
