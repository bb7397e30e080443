//! Settings: who may use the installation, and what was changed about that.

pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod integrations;
pub(crate) mod team;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use shared::api::{Success, json_response};

fn success(status: StatusCode, data: impl Serialize) -> Response {
    json_response::<Vec<u8>>(status, &Success::new(data)).map(axum::body::Body::from)
}
