//! Takes a batch apart: a JSON array, or one object a line.

use bytes::Bytes;
use serde_json::value::RawValue;
use shared::api::{ApiError, Code};

use super::json;

/// Items of one request.
pub(crate) const MAX_ITEMS: usize = 1_000;

/// Splits a batch into the bytes of its items. A malformed array is refused whole; a bad line is one
/// bad item, found when it is read.
pub(crate) fn split(body: &Bytes) -> Result<Vec<Bytes>, ApiError> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let items = if first == Some(&b'[') { split_array(body)? } else { split_lines(body) };
    if items.len() > MAX_ITEMS {
        return Err(ApiError::new(
            Code::PayloadTooLarge,
            format!("A batch may have at most {MAX_ITEMS} items, this one has {}", items.len()),
        )
        .with_detail("limit", MAX_ITEMS.into()));
    }
    if items.is_empty() && first != Some(&b'[') {
        let message = "The body must be a JSON array of errors, or one JSON object a line";
        return Err(ApiError::new(Code::MalformedJson, message));
    }
    Ok(items)
}

fn split_array(body: &Bytes) -> Result<Vec<Bytes>, ApiError> {
    let whole = match serde_json::from_slice::<Vec<&RawValue>>(body) {
        Ok(items) => {
            return Ok(items.iter().map(|item| body.slice_ref(item.get().as_bytes())).collect());
        }
        Err(error) => error,
    };
    // Once more with the faults mended that clients are known for.
    let mended: Bytes = match json::mend(body) {
        std::borrow::Cow::Owned(mended) => mended.into(),
        std::borrow::Cow::Borrowed(_) => return Err(json::malformed(&whole)),
    };
    let items: Vec<&RawValue> =
        serde_json::from_slice(&mended).map_err(|error| json::malformed(&error))?;
    Ok(items.iter().map(|item| mended.slice_ref(item.get().as_bytes())).collect())
}

fn split_lines(body: &Bytes) -> Vec<Bytes> {
    body.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .map(|line| body.slice_ref(line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &'static str, expected: Result<&[&str], Code>) {
        let items = split(&Bytes::from_static(body.as_bytes())).map_err(|error| error.code());
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
        assert_eq!(split(&lines.into()).unwrap_err().code(), Code::PayloadTooLarge);
    }
}
