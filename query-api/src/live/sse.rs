//! Server-sent events, for clients that ask for nothing else.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::HeaderName;
use http::header::{self, HeaderValue};

use super::queue::Next;
use super::subscribe::Subscription;

/// What nginx and others look for before they hold an answer back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A line that clients skip.
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// An answer that goes on until the client or the subscription ends.
pub(super) fn respond(subscription: Subscription) -> Response {
    let events = stream::unfold(subscription, async |subscription| {
        let event = match subscription.next().await {
            Next::Message(message) => message.event(),
            Next::Ping => COMMENT,
            Next::End(_) => return None,
        };
        Some((Ok::<_, Infallible>(event), subscription))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}
