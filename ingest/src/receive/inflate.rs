//! Content encodings. The bound on the inflated size holds while inflating, so that a bomb costs no
//! more than the bound.

use std::io::Read;

use http::{HeaderMap, header};
use shared::api::{ApiError, Code};

use super::body::too_large;
use crate::memory::Reservation;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentEncoding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// Inflated bytes between two looks at the bounds.
const STEP: usize = 64 * 1024;

/// Windows up to 8 MiB, as RFC 8878 recommends to accept; a larger one is memory for the asking.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

impl ContentEncoding {
    /// Reads `Content-Encoding`. Empty means none; two encodings on top of each other are refused.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        let text = values.next().map_or("", |value| value.to_str().unwrap_or("?")).trim();
        let unknown = || {
            ApiError::new(
                Code::UnsupportedMediaType,
                "Content-Encoding must be one of gzip, deflate, br, zstd, identity, and only one",
            )
        };
        if values.next().is_some() {
            return Err(unknown());
        }
        match text.to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            "br" => Ok(Self::Brotli),
            "zstd" => Ok(Self::Zstd),
            _ => Err(unknown()),
        }
    }

    /// Reads `Content-Encoding` as SDKs mean it: what no encoding is called, such as the `UTF-8` of old
    /// phones, is none.
    pub(crate) fn lenient(headers: &HeaderMap) -> Self {
        Self::of(headers).unwrap_or(Self::Identity)
    }

    /// Bytes that the decoder looks back on, which it holds beside what it has inflated.
    fn window(self, body: &[u8]) -> Result<usize, ApiError> {
        match self {
            Self::Identity => Ok(0),
            Self::Gzip | Self::Deflate => Ok(32 << 10),
            Self::Zstd => Ok(1 << ZSTD_WINDOW_LOG_MAX),
            Self::Brotli => {
                brotli_window(body).ok_or_else(|| broken(std::io::ErrorKind::InvalidData.into()))
            }
        }
    }
}

/// Inflates a body up to a bound. The decoder's own memory is reserved for as long as it works.
pub(crate) fn inflate(
    encoding: ContentEncoding,
    body: &[u8],
    limit: usize,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, ApiError> {
    let mut window = reservation.beside();
    window.grow_to(encoding.window(body)?).map_err(super::body::out_of_memory)?;
    match encoding {
        // The caller takes an uncompressed body as it is.
        ContentEncoding::Identity => read(body, limit, reservation),
        ContentEncoding::Gzip => read(flate2::read::MultiGzDecoder::new(body), limit, reservation),
        ContentEncoding::Deflate => read(flate2::read::ZlibDecoder::new(body), limit, reservation),
        ContentEncoding::Brotli => {
            read(brotli_decompressor::Decompressor::new(body, STEP), limit, reservation)
        }
        ContentEncoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(broken)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(broken)?;
            read(decoder, limit, reservation)
        }
    }
}

/// The window that a brotli stream asks for in its first bits (RFC 7932, section 9.1). None for the
/// windows of up to a gigabyte that the decoder would grant, though the web does not know them.
fn brotli_window(body: &[u8]) -> Option<usize> {
    let first = body.first().copied().unwrap_or_default();
    let bits = match (first & 1, first >> 1 & 7, first >> 4 & 7) {
        (0, _, _) => 16,
        (_, 0, 0) => 17,
        (_, 0, 1) => return None,
        (_, 0, bits) => 8 + bits,
        (_, bits, _) => 17 + bits,
    };
    Some(1 << bits)
}

fn read(
    mut source: impl Read,
    limit: usize,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, ApiError> {
    let mut inflated = Vec::new();
    loop {
        reservation.grow_by(STEP).map_err(super::body::out_of_memory)?;
        let step = source.by_ref().take(STEP as u64).read_to_end(&mut inflated).map_err(broken)?;
        if inflated.len() > limit {
            return Err(too_large(limit));
        }
        if step == 0 {
            return Ok(inflated);
        }
    }
}

fn broken(error: std::io::Error) -> ApiError {
    ApiError::new(Code::MalformedJson, "The body can't be inflated with its Content-Encoding")
        .with_cause(error)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::memory::MemoryBudget;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn run(encoding: ContentEncoding, body: &[u8], limit: usize) -> Result<Vec<u8>, Code> {
        let mut reservation = MemoryBudget::new(64 << 20).reservation();
        inflate(encoding, body, limit, &mut reservation).map_err(|error| error.code())
    }

    #[test]
    fn bodies_inflate_to_what_they_were() {
        let text = b"{\"message\":\"it broke\"}".repeat(5_000);
        let zstd = zstd::bulk::compress(&text, 1).unwrap();
        assert_eq!(run(ContentEncoding::Gzip, &gzip(&text), 1 << 20).unwrap(), text);
        assert_eq!(run(ContentEncoding::Zstd, &zstd, 1 << 20).unwrap(), text);
    }

    #[test]
    fn a_bomb_stops_at_the_bound() {
        let bomb = gzip(&vec![0; 50 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(run(ContentEncoding::Gzip, &bomb, 1 << 20), Err(Code::PayloadTooLarge));
        let mut small = MemoryBudget::new(1 << 20).reservation();
        let refused = inflate(ContentEncoding::Gzip, &bomb, 40 << 20, &mut small).unwrap_err();
        assert_eq!(refused.code(), Code::ServiceUnavailable);
    }

    #[test]
    fn garbage_is_a_client_error() {
        for encoding in [
            ContentEncoding::Gzip,
            ContentEncoding::Deflate,
            ContentEncoding::Brotli,
            ContentEncoding::Zstd,
        ] {
            assert_eq!(
                run(encoding, b"not compressed", 1 << 20),
                Err(Code::MalformedJson),
                "{encoding:?}"
            );
        }
        let cut = gzip(&[b'x'; 1_000]);
        assert_eq!(
            run(ContentEncoding::Gzip, &cut[..cut.len() - 9], 1 << 20),
            Err(Code::MalformedJson)
        );
    }

    #[test]
    fn the_window_of_a_brotli_stream_stands_in_its_first_bits() {
        for (first, bits) in
            [(0x00, 16), (0x01, 17), (0x03, 18), (0x0b, 22), (0x0f, 24), (0x21, 10), (0x71, 15)]
        {
            assert_eq!(brotli_window(&[first]), Some(1 << bits), "{first:#x}");
        }
        assert_eq!(brotli_window(&[0x11]), None);
        assert_eq!(run(ContentEncoding::Brotli, &[0x11, 0x1e], 1), Err(Code::MalformedJson));
    }

    #[test]
    fn a_decoders_window_is_reserved_while_it_works() {
        let mut small = MemoryBudget::new(1 << 20).reservation();
        let zstd = zstd::bulk::compress(b"{}", 1).unwrap();
        let refused = inflate(ContentEncoding::Zstd, &zstd, 1 << 10, &mut small).unwrap_err();
        assert_eq!(refused.code(), Code::ServiceUnavailable);
    }

    #[test]
    fn stacked_encodings_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, "gzip, gzip".parse().unwrap());
        assert!(ContentEncoding::of(&headers).is_err());
        headers.insert(header::CONTENT_ENCODING, "".parse().unwrap());
        assert_eq!(ContentEncoding::of(&headers).unwrap(), ContentEncoding::Identity);
        headers.insert(header::CONTENT_ENCODING, "GZIP".parse().unwrap());
        assert_eq!(ContentEncoding::of(&headers).unwrap(), ContentEncoding::Gzip);
    }
}
