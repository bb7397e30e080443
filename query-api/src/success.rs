//! The form of every good answer that has something to say.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use shared::api::{Success, json_response};

/// What was asked for.
pub(crate) fn ok(data: impl Serialize) -> Response {
    respond(StatusCode::OK, data)
}

/// What was made.
pub(crate) fn created(data: impl Serialize) -> Response {
    respond(StatusCode::CREATED, data)
}

/// The body of [`ok`], for answers that are kept.
pub(crate) fn body(data: impl Serialize) -> Bytes {
    form(StatusCode::OK, data).into_body().into()
}

fn respond(status: StatusCode, data: impl Serialize) -> Response {
    form(status, data).map(Body::from)
}

fn form(status: StatusCode, data: impl Serialize) -> http::Response<Vec<u8>> {
    json_response(status, &Success::new(data))
}
