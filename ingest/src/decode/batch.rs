//! Takes a batch apart: a JSON array, or one object a line.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use shared::api::{ApiError, Code};

use super::json;
use crate::memory::Reservation;
use crate::receive::body::out_of_memory;

/// Items of one request.
pub(crate) const MAX_ITEMS: usize = 1_000;

/// Splits a batch into the bytes of its items. A malformed array is refused whole; a bad line is one
/// bad item, found when it is read. Stops at the first item too many, whatever follows. The reservation
/// grows when the body has to be copied, and must live as long as the items.
pub(crate) fn split(body: &Bytes, reservation: &mut Reservation) -> Result<Vec<Bytes>, ApiError> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return split_array(body, reservation);
    }
    let items = split_lines(body);
    if items.is_empty() {
        let message = "The body must be a JSON array of errors, or one JSON object a line";
        return Err(ApiError::new(Code::MalformedJson, message));
    }
    bounded(items)
}

fn bounded(items: Vec<Bytes>) -> Result<Vec<Bytes>, ApiError> {
    if items.len() <= MAX_ITEMS {
        return Ok(items);
    }
    let message = format!("A batch may have at most {MAX_ITEMS} items");
    Err(ApiError::new(Code::PayloadTooLarge, message).with_detail("limit", MAX_ITEMS.into()))
}

fn split_array(body: &Bytes, reservation: &mut Reservation) -> Result<Vec<Bytes>, ApiError> {
    json::check_depth(body)?;
    let error = match serde_json::from_slice::<FirstItems<'_>>(body) {
        Ok(items) => return bounded(items.within(body)),
        Err(error) => error,
    };
    // Once more with the faults mended that clients are known for.
    reservation.grow_by(json::mended_length(body.len())).map_err(out_of_memory)?;
    let mended: Bytes = match json::mend(body, json::Large::Refused) {
        Cow::Owned(mended) => mended.into(),
        Cow::Borrowed(_) => return Err(json::malformed(&error)),
    };
    let items: FirstItems<'_> =
        serde_json::from_slice(&mended).map_err(|error| json::malformed(&error))?;
    bounded(items.within(&mended))
}

/// The items of an array, as they stand in the text. Of an array that is too long only as many are
/// kept as it takes to know that.
struct FirstItems<'a>(Vec<&'a RawValue>);

impl FirstItems<'_> {
    fn within(&self, body: &Bytes) -> Vec<Bytes> {
        self.0.iter().map(|item| body.slice_ref(item.get().as_bytes())).collect()
    }
}

impl<'de> Deserialize<'de> for FirstItems<'de> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_seq(FirstItemsVisitor)
    }
}

struct FirstItemsVisitor;

impl<'de> Visitor<'de> for FirstItemsVisitor {
    type Value = FirstItems<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of errors")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() <= MAX_ITEMS
            && let Some(item) = array.next_element()?
        {
            items.push(item);
        }
        // The rest is read for its syntax alone, which the answer depends on.
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(FirstItems(items))
    }
}

fn split_lines(body: &Bytes) -> Vec<Bytes> {
    body.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .take(MAX_ITEMS + 1)
        .map(|line| body.slice_ref(line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryBudget;

    fn run(body: Bytes) -> Result<Vec<Bytes>, Code> {
        let mut reservation = MemoryBudget::new(1 << 20).reservation();
        split(&body, &mut reservation).map_err(|error| error.code())
    }

    fn check(body: &str, expected: Result<&[&str], Code>) {
        let items = run(Bytes::copy_from_slice(body.as_bytes()));
        let items = items.map(|items| {
            items.iter().map(|item| String::from_utf8_lossy(item).into_owned()).collect::<Vec<_>>()
        });
        let expected = expected.map(|items| items.iter().map(ToString::to_string).collect());
        assert_eq!(items, expected, "{body}");
    }

    #[test]
    fn arrays_and_lines_are_taken_apart() {
        check(r#" [{"a":1}, {"b":2}]"#, Ok(&[r#"{"a":1}"#, r#"{"b":2}"#]));
        check("{\"a\":1}\r\n\n  {bad\n", Ok(&["{\"a\":1}", "{bad"]));
        check("[]", Ok(&[]));
        check(r#"[{"a":NaN}]"#, Ok(&[r#"{"a":null}"#]));
        check("[{", Err(Code::MalformedJson));
        check("[{}] trailing", Err(Code::MalformedJson));
        check("", Err(Code::MalformedJson));
        check(" \n ", Err(Code::MalformedJson));
    }

    #[test]
    fn more_than_a_thousand_items_are_too_many() {
        let lines = "{}\n".repeat(MAX_ITEMS + 1);
        assert_eq!(run(lines.into()), Err(Code::PayloadTooLarge));
        let array = format!("[{}{{}}]", "{},".repeat(MAX_ITEMS));
        assert_eq!(run(array.into()), Err(Code::PayloadTooLarge));
    }

    #[test]
    fn a_batch_is_mended_only_where_there_is_memory_for_it() {
        let words = format!("[{}0]", "NaN,".repeat(300_000));
        assert_eq!(run(words.into()), Err(Code::ServiceUnavailable));
        check(&"[".repeat(129), Err(Code::MalformedJson));
    }

    #[test]
    fn of_millions_of_items_only_as_many_are_kept_as_it_takes() {
        let zeros = format!("[{}0]", "0,".repeat(1_000_000));
        let items: FirstItems<'_> = serde_json::from_str(&zeros).unwrap();
        assert_eq!(items.0.len(), MAX_ITEMS + 1);
        assert_eq!(split_lines(&"0\n".repeat(1_000_000).into()).len(), MAX_ITEMS + 1);
    }
}
