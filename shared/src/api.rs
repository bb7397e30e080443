//! The answer forms that `ingest` and `query-api` share: `{"data": …, "status": "success"}` and the
//! failure form with its stable codes.

use std::error::Error;

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::config::Environment;
use crate::telemetry::ErrorChain;

/// The header that names a request, in the question and in the answer.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a client can branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the names are the documentation; they are the codes of the answers"
)]
pub enum Code {
    Validation,
    InvalidId,
    MalformedJson,
    Authentication,
    Authorization,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    RateLimited,
    Internal,
    ExternalService,
    ServiceUnavailable,
}

impl Code {
    /// All codes.
    pub const ALL: [Self; 15] = [
        Self::Validation,
        Self::InvalidId,
        Self::MalformedJson,
        Self::Authentication,
        Self::Authorization,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::Conflict,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::RateLimited,
        Self::Internal,
        Self::ExternalService,
        Self::ServiceUnavailable,
    ];

    /// The code as it stands in the answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "VALIDATION_ERROR",
            Self::InvalidId => "INVALID_ID",
            Self::MalformedJson => "MALFORMED_JSON",
            Self::Authentication => "AUTHENTICATION_ERROR",
            Self::Authorization => "AUTHORIZATION_ERROR",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::Conflict => "CONFLICT_ERROR",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::RateLimited => "RATE_LIMITED",
            Self::Internal => "INTERNAL_ERROR",
            Self::ExternalService => "EXTERNAL_SERVICE_ERROR",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
        }
    }

    /// The HTTP status that goes with it.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Validation | Self::InvalidId | Self::MalformedJson => StatusCode::BAD_REQUEST,
            Self::Authentication => StatusCode::UNAUTHORIZED,
            Self::Authorization => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ExternalService => StatusCode::BAD_GATEWAY,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// A bad field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Path of the field, such as `context.user[0]`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// The kind of fault, for programs.
    #[serde(rename = "type")]
    pub kind: FieldErrorKind,
}

/// The kinds of fault a field can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the documentation; they stand in the answers")]
pub enum FieldErrorKind {
    Missing,
    WrongType,
    TooLong,
    OutOfRange,
    UnknownValue,
    Malformed,
}

impl FieldErrorKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Missing,
        Self::WrongType,
        Self::TooLong,
        Self::OutOfRange,
        Self::UnknownValue,
        Self::Malformed,
    ];
}

impl FieldError {
    /// A fault of the given kind.
    pub fn new(kind: FieldErrorKind, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), kind }
    }
}

/// A failed request: what the client is told, and the cause that only the log is told.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    message: String,
    details: Map<String, Value>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    /// A failure with a sentence that a person can act on.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Map::new(),
            cause: None,
            headers: Vec::new(),
        }
    }

    /// All bad fields of a request at once.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let named: Vec<&str> = errors.iter().take(5).map(|error| error.field.as_str()).collect();
        let more = if errors.len() > named.len() { ", …" } else { "" };
        let message = format!("The request has bad fields: {}{more}", named.join(", "));
        let errors: Vec<Value> = errors.iter().map(|error| json!(error)).collect();
        Self::new(Code::Validation, message).with_detail("errors", Value::Array(errors))
    }

    /// One bad field.
    pub fn field(kind: FieldErrorKind, field: &str, message: impl Into<String>) -> Self {
        Self::validation(vec![FieldError::new(kind, field, message)])
    }

    /// A text where an id belongs.
    pub fn invalid_id(text: &str) -> Self {
        let shown: String = text.chars().take(100).collect();
        Self::new(Code::InvalidId, "The id in the path is not a UUID")
            .with_detail("id", Value::String(shown))
    }

    /// Nothing has this id.
    pub fn not_found(what: &str, id: impl ToString) -> Self {
        Self::new(Code::NotFound, format!("No {what} has this id"))
            .with_detail("id", Value::String(id.to_string()))
    }

    /// Nothing answers at this path.
    pub fn unknown_path(path: &str) -> Self {
        let shown: String = path.chars().take(200).collect();
        Self::new(Code::NotFound, "Nothing answers at this path")
            .with_detail("id", Value::Null)
            .with_detail("path", Value::String(shown))
    }

    /// The path is known, the method is not.
    pub fn method_not_allowed(allow: HeaderValue) -> Self {
        let methods = allow.to_str().unwrap_or_default().to_owned();
        let message = format!("This path answers to other methods only: {methods}");
        Self::new(Code::MethodNotAllowed, message).with_headers([(header::ALLOW, allow)])
    }

    /// Something of ours failed.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal, "Something went wrong; try again later").with_cause(cause)
    }

    /// We can't do it now; the client may try again after some seconds.
    pub fn unavailable(message: impl Into<String>, retry_after_secs: u32) -> Self {
        Self::retry_later(Code::ServiceUnavailable, message, retry_after_secs)
    }

    /// A failure that passes: the client may try again after some seconds.
    pub fn retry_later(code: Code, message: impl Into<String>, seconds: u32) -> Self {
        Self::new(code, message).with_headers([(header::RETRY_AFTER, seconds.into())])
    }

    /// Adds a machine-readable detail.
    #[must_use]
    pub fn with_detail(mut self, key: &str, value: Value) -> Self {
        self.details.insert(key.to_owned(), value);
        self
    }

    /// Adds headers of the answer.
    #[must_use]
    pub fn with_headers(
        mut self,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
    ) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// What a client can branch on.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The cause, where one was kept.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }

    /// `error`, `code` and `details`, as they stand in a failure and in each bad item of a batch.
    /// Outside production the details of a 5xx name the causes, outermost first.
    pub fn to_json(&self, environment: Environment) -> Map<String, Value> {
        let internal = self.code.status().is_server_error();
        let mut details = self.details.clone();
        let message = if internal && environment == Environment::Production {
            match self.code {
                Code::ServiceUnavailable => "The service is not available now; try again later",
                Code::ExternalService => {
                    "A service outside did not take it; its settings may be wrong"
                }
                _ => "Something went wrong; try again later",
            }
        } else {
            &self.message
        };
        if let (true, Some(cause)) =
            (internal && environment != Environment::Production, self.cause())
        {
            let causes: Vec<Value> = ErrorChain(cause).lines().map(Value::String).collect();
            details.insert("cause".to_owned(), Value::Array(causes));
        }
        let mut body = Map::new();
        body.insert("error".to_owned(), message.into());
        body.insert("code".to_owned(), self.code.as_str().into());
        body.insert("details".to_owned(), Value::Object(details));
        body
    }

    /// The whole failure as an HTTP response. Logs a 5xx with its causes, and for debugging a refusal
    /// that has one; this is the boundary where that happens once.
    pub fn into_response<B: From<Vec<u8>>>(
        self,
        environment: Environment,
        request_id: &str,
    ) -> Response<B> {
        let code = self.code.as_str();
        let cause = self.cause().map(|cause| ErrorChain(cause).to_string());
        if self.code.status().is_server_error() {
            let message = &self.message;
            tracing::error!(request.id = request_id, code, cause, "request failed: {message}");
        } else if let Some(cause) = cause {
            tracing::debug!(request.id = request_id, code, cause, "request refused");
        }
        let mut body = self.to_json(environment);
        body.insert("request_id".to_owned(), request_id.into());
        body.insert("status".to_owned(), "error".into());
        let mut response = json_response(self.code.status(), &body);
        response.headers_mut().extend(self.headers);
        response
    }
}

/// The success form.
#[derive(Debug, Serialize)]
pub struct Success<T> {
    /// What was asked for.
    pub data: T,
    /// Always `success`.
    pub status: &'static str,
}

impl<T> Success<T> {
    /// Wraps what was asked for.
    pub fn new(data: T) -> Self {
        Self { data, status: "success" }
    }
}

/// A response with a JSON body.
pub fn json_response<B: From<Vec<u8>>>(status: StatusCode, body: &impl Serialize) -> Response<B> {
    let bytes = serde_json::to_vec(body).unwrap_or_else(|error| {
        // Only a map with keys that are no strings can get here, and no answer has one.
        tracing::error!(%error, "failed to write an answer");
        Vec::new()
    });
    let mut response = Response::new(B::from(bytes));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The request's own id when it is sane (up to 128 visible ASCII characters), else a fresh one.
pub fn request_id(given: Option<&HeaderValue>) -> String {
    given
        .and_then(|value| value.to_str().ok())
        .filter(|id| {
            (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        })
        .map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(error: ApiError, environment: Environment) -> Value {
        let response: Response<Vec<u8>> = error.into_response(environment, "req-1");
        serde_json::from_slice(response.body()).unwrap()
    }

    fn failed() -> ApiError {
        ApiError::internal(std::io::Error::other("connection refused by db:5432"))
    }

    #[test]
    fn production_hides_the_cause_and_development_names_it() {
        let shown = body(failed(), Environment::Production);
        assert_eq!(shown["error"], "Something went wrong; try again later");
        assert_eq!(shown["details"], json!({}));
        assert_eq!(shown["request_id"], "req-1");
        assert_eq!(shown["status"], "error");
        for environment in [Environment::Development, Environment::Staging] {
            let shown = body(failed(), environment);
            assert_eq!(shown["details"]["cause"][0], "connection refused by db:5432");
        }
    }

    #[test]
    fn validation_lists_every_field() {
        let shown = body(
            ApiError::validation(vec![
                FieldError::new(FieldErrorKind::Missing, "message", "is required"),
                FieldError::new(FieldErrorKind::WrongType, "level", "must be a string"),
            ]),
            Environment::Production,
        );
        assert_eq!(shown["code"], "VALIDATION_ERROR");
        assert_eq!(shown["details"]["errors"][1]["type"], "wrong_type");
        assert_eq!(shown["details"]["errors"][0]["field"], "message");
    }

    #[test]
    fn request_ids_are_taken_only_when_sane() {
        let taken = |text: &str| request_id(Some(&HeaderValue::from_str(text).unwrap())) == text;
        assert!(taken("req-789"));
        assert!(!taken("has space"));
        assert!(!taken(&"x".repeat(129)));
        assert_eq!(request_id(None).len(), 36);
    }
}
