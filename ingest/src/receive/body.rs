//! Reads a request's body within bounds of size, memory and time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use shared::api::{ApiError, Code};
use shared::connection::RequestBody;

use super::inflate::{self, ContentEncoding};
use crate::memory::{OutOfMemory, Reservation};

/// A body on its way. What is refused is read to its end all the same.
pub(crate) type Incoming = RequestBody<hyper::body::Incoming>;

/// How long a client may take to send its body. SDKs send at once; a slow client holds memory. Shorter
/// than the edge waits for a service, which would take the fault for the service's.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// Bodies that inflate to more than this do it off the threads that serve requests.
pub(crate) const INLINE_BYTES: usize = 256 * 1024;

/// The bounds of a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes on the wire.
    pub(crate) wire: usize,
    /// Bytes after inflating.
    pub(crate) inflated: usize,
}

/// A JSON error.
pub(crate) const SINGLE: Limits = Limits { wire: 1 << 20, inflated: 1 << 20 };
/// A batch.
pub(crate) const BATCH: Limits = Limits { wire: 20 << 20, inflated: 100 << 20 };
/// An envelope of a Sentry SDK, or an event that it stores.
pub(crate) const ENVELOPE: Limits = BATCH;

/// Reads and inflates the body. The reservation grows with it and must live as long as the bytes.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Incoming,
    limits: Limits,
    reservation: Reservation,
) -> Result<(Bytes, Reservation), ApiError> {
    read_as(ContentEncoding::of(headers)?, body, limits, reservation).await
}

/// The same for a body whose encoding is known.
pub(crate) async fn read_as(
    encoding: ContentEncoding,
    body: Incoming,
    limits: Limits,
    mut reservation: Reservation,
) -> Result<(Bytes, Reservation), ApiError> {
    if body.size_hint().lower() > limits.wire as u64 {
        return Err(too_large(limits.wire));
    }
    let wire = tokio::time::timeout(BODY_TIMEOUT, collect(body, limits.wire, &mut reservation))
        .await
        .map_err(|_| {
            ApiError::new(Code::RequestTimeout, "The body did not arrive within 20 seconds")
        })??;
    if encoding == ContentEncoding::Identity {
        return Ok((wire, reservation));
    }
    if wire.len() < INLINE_BYTES && limits.inflated <= SINGLE.inflated {
        let inflated = inflate::inflate(encoding, &wire, limits.inflated, &mut reservation)?;
        return Ok((inflated.into(), reservation));
    }
    let inflating = tokio::task::spawn_blocking(move || {
        let inflated = inflate::inflate(encoding, &wire, limits.inflated, &mut reservation)?;
        Ok((inflated.into(), reservation))
    });
    inflating.await.map_err(ApiError::internal)?
}

/// Whether the client announced a body of no more than so many bytes.
pub(crate) fn is_at_most(body: &Incoming, bytes: usize) -> bool {
    body.size_hint().upper().is_some_and(|announced| announced <= bytes as u64)
}

async fn collect(
    mut body: Incoming,
    limit: usize,
    reservation: &mut Reservation,
) -> Result<Bytes, ApiError> {
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            ApiError::new(
                Code::MalformedJson,
                "The body ended before it was complete, or its chunks are malformed",
            )
            .with_cause(error)
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if collected.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        reservation.grow_to(collected.len() + data.len()).map_err(out_of_memory)?;
        if collected.is_empty() && body.is_end_stream() {
            // The usual small body comes in one piece, which needs no copy.
            return Ok(data);
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected.freeze())
}

/// Checks that the body claims to be JSON, or claims nothing that contradicts it.
pub(crate) fn check_content_type(headers: &HeaderMap, ndjson: bool) -> Result<(), ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or("?");
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = match essence.as_str() {
        // Browsers send text/plain to avoid a preflight.
        "" | "application/json" | "text/plain" | "text/json" => true,
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => ndjson,
        other => other.starts_with("application/") && other.ends_with("+json"),
    };
    if known {
        return Ok(());
    }
    Err(ApiError::new(
        Code::UnsupportedMediaType,
        "The body must be JSON: send Content-Type: application/json",
    ))
}

/// The body passes a bound.
pub(super) fn too_large(limit: usize) -> ApiError {
    ApiError::new(Code::PayloadTooLarge, format!("The body may have at most {limit} bytes"))
        .with_detail("limit", limit.into())
}

/// All memory for requests is in use.
pub(crate) fn out_of_memory(_: OutOfMemory) -> ApiError {
    ApiError::unavailable("Too much is being received at the moment; try again soon", 1)
}
