//! Bodies of the door that takes one event: JSON, or base64 of JSON, or base64 of deflated JSON, as the
//! oldest clients send it.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use shared::api::{ApiError, Code};

use crate::memory::Reservation;
use crate::receive::body::{ENVELOPE, out_of_memory};
use crate::receive::inflate::{ContentEncoding, inflate};

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The event's JSON. The reservation grows with what is unpacked.
pub(crate) fn unpack(body: Bytes, reservation: &mut Reservation) -> Result<Bytes, ApiError> {
    if starts_document(&body) {
        return Ok(body);
    }
    // Too much at once to hold it twice without asking.
    reservation.grow_by(body.len()).map_err(out_of_memory)?;
    let packed: Vec<u8> = body.trim_ascii().iter().filter_map(letter).collect();
    let decoded = BASE64.decode(packed).map_err(|error| {
        ApiError::new(Code::MalformedJson, "The body is neither JSON nor base64").with_cause(error)
    })?;
    if starts_document(&decoded) {
        return Ok(decoded.into());
    }
    let limit = ENVELOPE.inflated;
    inflate(ContentEncoding::Deflate, &decoded, limit, reservation).map(Bytes::from)
}

/// A letter of base64. What was a plus in a query has come as a space; lines may be broken.
fn letter(byte: &u8) -> Option<u8> {
    match byte {
        b' ' => Some(b'+'),
        byte if byte.is_ascii_whitespace() => None,
        byte => Some(*byte),
    }
}

fn starts_document(body: &[u8]) -> bool {
    // What is empty is no base64 either; reading it as JSON says so.
    body.trim_ascii_start().first().is_none_or(|byte| *byte == b'{')
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::memory::MemoryBudget;

    fn run(body: &[u8]) -> Result<Bytes, Code> {
        let mut reservation = MemoryBudget::new(1 << 20).reservation();
        unpack(Bytes::copy_from_slice(body), &mut reservation).map_err(|error| error.code())
    }

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn events_are_unpacked() {
        let event = br#"{"message":"m"}"#;
        assert_eq!(run(event).unwrap(), &event[..]);
        assert_eq!(run(BASE64_STANDARD.encode(event).as_bytes()).unwrap(), &event[..]);
        let packed = BASE64_STANDARD.encode(deflated(event));
        assert_eq!(run(packed.as_bytes()).unwrap(), &event[..]);
        let spaced = packed.replace('+', " ");
        assert_eq!(run(spaced.as_bytes()).unwrap(), &event[..]);
        let (first, second) = packed.trim_end_matches('=').split_at(9);
        assert_eq!(run(format!("{first}\r\n{second}").as_bytes()).unwrap(), &event[..]);
    }

    #[test]
    fn garbage_and_bombs_are_refused() {
        assert_eq!(run(b"[1]"), Err(Code::MalformedJson));
        assert_eq!(run(b"YWJj"), Err(Code::MalformedJson));
        let bomb = BASE64_STANDARD.encode(deflated(&vec![b' '; 4 << 20]));
        assert_eq!(run(bomb.as_bytes()), Err(Code::ServiceUnavailable));
    }
}
