//! Takes an envelope apart: a line about the whole, then items, each a line about itself and its payload.

use bytes::Bytes;
use serde_json::Value;
use shared::api::{ApiError, Code};
use shared::event::Object;
use shared::ids::EventId;

use super::credentials::Dsn;
use super::items::Kind;
use crate::decode::json;

/// Items of one envelope.
const MAX_ITEMS: usize = 100;

/// Bytes of a line about an envelope or an item. Those of SDKs have some hundred.
const MAX_HEADER: usize = 64 * 1024;

/// An envelope whose first line has been read.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// The id of its event, which goes before the one in the event.
    pub(crate) event_id: Option<EventId>,
    /// The text of its DSN, where it names one.
    pub(crate) dsn: Option<String>,
    rest: Bytes,
}

/// One item, its payload as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) payload: Bytes,
}

impl Envelope {
    /// Reads the first line.
    pub(crate) fn read(body: &Bytes) -> Result<Self, ApiError> {
        let mut rest = body.clone();
        let header = header(&mut rest)?;
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        Ok(Self {
            event_id: text("event_id").and_then(event_id),
            dsn: text("dsn").map(str::to_owned),
            rest,
        })
    }

    /// The DSN; none where it names none.
    pub(crate) fn dsn(&self) -> Result<Option<Dsn>, ApiError> {
        let Some(text) = &self.dsn else { return Ok(None) };
        Dsn::parse(text).map(Some).ok_or_else(|| malformed("its dsn can't be read"))
    }

    /// Takes the items apart.
    pub(crate) fn items(&self) -> Result<Vec<Item>, ApiError> {
        let mut rest = self.rest.clone();
        let mut items = Vec::new();
        while skip_newlines(&mut rest) {
            if items.len() == MAX_ITEMS {
                let message = format!("An envelope may have at most {MAX_ITEMS} items");
                let error = ApiError::new(Code::PayloadTooLarge, message);
                return Err(error.with_detail("limit", MAX_ITEMS.into()));
            }
            let header = header(&mut rest)?;
            let kind = header.get("type").and_then(Value::as_str);
            let kind = kind.ok_or_else(|| malformed("an item names no type"))?;
            let payload = payload(header.get("length"), &mut rest)?;
            items.push(Item { kind: Kind::of(kind), payload });
        }
        Ok(items)
    }
}

/// An id as SDKs write it, with dashes or without. The nil UUID is an unset field.
pub(crate) fn event_id(text: &str) -> Option<EventId> {
    text.trim().parse().ok().filter(|id: &EventId| !id.0.is_nil())
}

/// Reads the JSON object of the next line.
fn header(rest: &mut Bytes) -> Result<Object, ApiError> {
    let line = next_line(rest);
    if line.len() > MAX_HEADER {
        return Err(malformed("a header is too long"));
    }
    match json::parse(line.trim_ascii()) {
        Ok(Value::Object(header)) => Ok(header),
        Ok(_) => Err(malformed("a header is no JSON object")),
        Err(error) => Err(malformed("a header is no JSON").with_cause(Unreadable(error))),
    }
}

/// The payload: as long as its header says, and then a newline or the end; else up to the next newline.
fn payload(length: Option<&Value>, rest: &mut Bytes) -> Result<Bytes, ApiError> {
    let Some(length) = length.filter(|length| !length.is_null()) else {
        return Ok(next_line(rest));
    };
    let length = length.as_u64().and_then(|length| usize::try_from(length).ok());
    let length = length.ok_or_else(|| malformed("a length is no number of bytes"))?;
    if length > rest.len() {
        return Err(malformed("an item is shorter than its length"));
    }
    let payload = rest.split_to(length);
    match rest.first() {
        None => {}
        Some(b'\n') => drop(rest.split_to(1)),
        Some(_) => return Err(malformed("an item is longer than its length")),
    }
    Ok(payload)
}

/// Takes the bytes up to the next newline, which belongs to nothing.
fn next_line(rest: &mut Bytes) -> Bytes {
    match rest.iter().position(|byte| *byte == b'\n') {
        Some(end) => {
            let line = rest.split_to(end);
            drop(rest.split_to(1));
            line
        }
        None => rest.split_off(0),
    }
}

/// Passes empty lines. Returns whether anything follows.
fn skip_newlines(rest: &mut Bytes) -> bool {
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    drop(rest.split_to(empty));
    !rest.is_empty()
}

fn malformed(what: &str) -> ApiError {
    ApiError::new(Code::MalformedJson, format!("The envelope is malformed: {what}"))
}

/// Why a header can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.code().as_str())]
struct Unreadable(ApiError);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<(Kind, String)>, Code> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let items = Envelope::read(&body).and_then(|envelope| envelope.items());
        let text = |item: Item| (item.kind, String::from_utf8(item.payload.to_vec()).unwrap());
        items.map(|items| items.into_iter().map(text).collect()).map_err(|error| error.code())
    }

    fn check(body: &str, expected: &[(Kind, &str)]) {
        let expected = expected.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect();
        assert_eq!(read(body), Ok(expected), "{body:?}");
    }

    #[test]
    fn both_framings_are_read() {
        check("{}", &[]);
        check("{}\n", &[]);
        check("{}\n{\"type\":\"event\"}\n{}\n", &[(Kind::Event, "{}")]);
        check("{}\n{\"type\":\"event\"}\n{}", &[(Kind::Event, "{}")]);
        check("{}\n{\"type\":\"event\"}\n{}\r\n", &[(Kind::Event, "{}\r")]);
        check(
            "{}\n{\"type\":\"attachment\",\"length\":15}\n{\"type\":\n\"x\"}\n\n\n{\"type\":\"event\",\"length\":null}\n{}\n\n",
            &[(Kind::Attachment, "{\"type\":\n\"x\"}\n\n"), (Kind::Event, "{}")],
        );
        check(
            "{}\n{\"type\":\"log\",\"length\":0}\n\n{\"type\":\"new_one\"}\n",
            &[(Kind::Log, ""), (Kind::Other, "")],
        );
    }

    #[test]
    fn what_does_not_fit_is_malformed() {
        for body in [
            "",
            "[]",
            "{",
            "{}\n{\"type\":\"event\",\"length\":9}\n{}",
            "{}\n{\"type\":\"event\",\"length\":1}\n{}\n",
            "{}\n{\"type\":\"event\",\"length\":-1}\n{}\n",
            "{}\n{\"type\":\"event\",\"length\":18446744073709551615}\n{}\n",
            "{}\n{\"type\":7}\n{}\n",
            "{}\nnot json\n",
        ] {
            assert_eq!(read(body), Err(Code::MalformedJson), "{body:?}");
        }
        let many = format!("{{}}\n{}", "{\"type\":\"log\"}\n{}\n".repeat(MAX_ITEMS + 1));
        assert_eq!(read(&many), Err(Code::PayloadTooLarge));
        assert_eq!(read(&"x".repeat(MAX_HEADER + 1)), Err(Code::MalformedJson));
    }

    #[test]
    fn the_first_line_names_the_event_and_the_dsn() {
        let body = "{\"event_id\":\"24581c3f-7f1d-4b54-a32a-4b2f5a1d0a01\",\"dsn\":\"x\"}\n";
        let envelope = Envelope::read(&Bytes::from_static(body.as_bytes())).unwrap();
        assert!(envelope.event_id.is_some());
        assert!(envelope.dsn().is_err());
    }
}
