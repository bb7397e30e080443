//! A request's body: read within bounds of size and time, as JSON.

use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};
use shared::api::{ApiError, Code, FieldErrorKind};

/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// A body that was not read yet, and the headers that tell what it is.
#[derive(Debug)]
pub(crate) struct Incoming {
    headers: HeaderMap,
    body: Body,
    max_bytes: usize,
}

impl Incoming {
    pub(crate) fn new(headers: HeaderMap, body: Body, max_bytes: usize) -> Self {
        Self { headers, body, max_bytes }
    }

    /// The headers of the request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body as a JSON object.
    pub(crate) async fn object(self) -> Result<Map<String, Value>, ApiError> {
        match self.json().await? {
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(not_an_object()),
            None => Err(ApiError::new(Code::MalformedJson, "The body must be a JSON object")),
        }
    }

    /// The body as a JSON object; no body is an empty one.
    pub(crate) async fn object_or_nothing(self) -> Result<Map<String, Value>, ApiError> {
        match self.json().await? {
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(not_an_object()),
            None => Ok(Map::new()),
        }
    }

    async fn json(self) -> Result<Option<Value>, ApiError> {
        check_content_type(&self.headers)?;
        let bytes = read(self.body, self.max_bytes).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            let message = format!(
                "The body is not JSON: it breaks off or goes wrong at line {} column {}",
                error.line(),
                error.column()
            );
            ApiError::new(Code::MalformedJson, message)
        })
    }
}

fn not_an_object() -> ApiError {
    ApiError::field(FieldErrorKind::WrongType, "body", "must be a JSON object")
}

/// A content type that is given must be JSON; so must the encoding be none.
fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let unsupported = |message: &str| Err(ApiError::new(Code::UnsupportedMediaType, message));
    if let Some(given) = headers.get(header::CONTENT_TYPE) {
        let essence = given.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        if essence != "application/json" && !essence.ends_with("+json") {
            return unsupported("Send the body as application/json");
        }
    }
    match headers.get(header::CONTENT_ENCODING).map(|encoding| encoding.as_bytes()) {
        None | Some(b"" | b"identity") => Ok(()),
        Some(_) => unsupported("Send the body without Content-Encoding"),
    }
}

async fn read(body: Body, max_bytes: usize) -> Result<bytes::Bytes, ApiError> {
    let collected = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, max_bytes).collect());
    match collected.await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("The body is larger than {max_bytes} bytes");
            Err(ApiError::new(Code::PayloadTooLarge, message))
        }
        Ok(Err(_broken)) => Err(ApiError::new(Code::MalformedJson, "The body broke off")),
        Err(_elapsed) => {
            Err(ApiError::new(Code::RequestTimeout, "The body took too long to arrive"))
        }
    }
}
