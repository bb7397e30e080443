//! What a request says, once it is known who asks: its key, its scope, its ids and its body.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::request::Parts;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};
use shared::access::{AccessTable, ApiKey};
use shared::api::{ApiError, Code, FieldErrorKind};
use shared::generations::Scope;
use shared::ids::{ErrorId, EventId, ProjectId};
use uuid::Uuid;

use crate::fields::QueryFields;
use crate::router::RequestId;

/// No body is larger; a thousand ids are 40 KiB.
const MAX_BODY: usize = 1 << 20;

/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

const X_PROJECT_ID: &str = "x-project-id";

/// Parameters of the path, by name.
pub(crate) type Params = Vec<(String, String)>;

/// A request of a known caller.
#[derive(Debug)]
pub(crate) struct Call {
    access: Arc<AccessTable>,
    key: ApiKey,
    request_id: Arc<str>,
    headers: HeaderMap,
    query: Vec<(String, String)>,
    params: Params,
    body: Body,
}

/// Who asks, as the audit log names them.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Their key.
    pub(crate) key_id: Uuid,
    /// The id of the request.
    pub(crate) request_id: Arc<str>,
}

/// The projects that a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    /// In ascending order.
    pub(crate) projects: Vec<ProjectId>,
    /// Under which generation answers about them are cached.
    pub(crate) scope: Scope,
}

impl Reach {
    /// The ids as Postgres takes them.
    pub(crate) fn ids(&self) -> Vec<i32> {
        self.projects.iter().map(|project| project.0).collect()
    }
}

impl Call {
    pub(crate) fn new(
        access: Arc<AccessTable>,
        key: ApiKey,
        parts: Parts,
        params: Params,
        body: Body,
    ) -> Self {
        let query = axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(pairs)| pairs)
            .unwrap_or_default();
        let request_id = parts.extensions.get::<RequestId>();
        let request_id = request_id.map_or_else(|| "".into(), |id| Arc::clone(&id.0));
        Self { access, key, request_id, headers: parts.headers, query, params, body }
    }

    /// Who asks.
    pub(crate) fn caller(&self) -> Caller {
        Caller { key_id: self.key.id, request_id: Arc::clone(&self.request_id) }
    }

    /// The id of the caller's key.
    pub(crate) fn key_id(&self) -> Uuid {
        self.key.id
    }

    /// The known parameters of the query string.
    pub(crate) fn fields(&self) -> QueryFields<'_> {
        QueryFields::new(&self.query)
    }

    /// The projects that the request is about: the key's own, the one it names, or all. What is
    /// malformed goes to `fields`; a project that is not there, or not the key's, is 404.
    pub(crate) fn reach(&self, fields: &mut QueryFields<'_>) -> Result<Reach, ApiError> {
        let named = self.named_project(fields);
        if let (Some(own), Some(named)) = (self.key.project_id, named)
            && own != named
        {
            return Err(ApiError::not_found("project", named));
        }
        if let Some(named) = named
            && self.access.project(named).is_none()
        {
            return Err(ApiError::not_found("project", named));
        }
        Ok(match self.key.project_id.or(named) {
            Some(project) => Reach { projects: vec![project], scope: Scope::Project(project) },
            None => {
                let mut projects: Vec<ProjectId> = self.access.project_ids().collect();
                projects.sort_unstable();
                Reach { projects, scope: Scope::Installation }
            }
        })
    }

    /// As [`Call::reach`], for requests that know no other parameters.
    pub(crate) fn reach_alone(&self) -> Result<Reach, ApiError> {
        let mut fields = self.fields();
        let reach = self.reach(&mut fields);
        fields.finish()?;
        reach
    }

    fn named_project(&self, fields: &mut QueryFields<'_>) -> Option<ProjectId> {
        let (field, text) = match fields.raw("project_id") {
            Some(text) => ("project_id", Some(text)),
            None => {
                let value = self.headers.get(X_PROJECT_ID)?;
                ("X-Project-Id", value.to_str().ok())
            }
        };
        let id = text.and_then(|text| text.parse().ok()).filter(|id| *id > 0).map(ProjectId);
        if id.is_none() {
            let message = "must be the whole number of a project";
            fields.problem(FieldErrorKind::WrongType, field, message);
        }
        id
    }

    /// A parameter of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The error that the path names.
    pub(crate) fn error_id(&self) -> Result<ErrorId, ApiError> {
        let text = self.param("id");
        text.parse().map_err(|_| ApiError::invalid_id(text))
    }

    /// The event that the path names.
    pub(crate) fn event_id(&self) -> Result<EventId, ApiError> {
        let text = self.param("event_id");
        text.parse().map_err(|_| ApiError::invalid_id(text))
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
        let bytes = read(self.body).await?;
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

async fn read(body: Body) -> Result<bytes::Bytes, ApiError> {
    let collected = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY).collect());
    match collected.await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("The body is larger than {MAX_BODY} bytes");
            Err(ApiError::new(Code::PayloadTooLarge, message))
        }
        Ok(Err(_broken)) => Err(ApiError::new(Code::MalformedJson, "The body broke off")),
        Err(_elapsed) => {
            Err(ApiError::new(Code::RequestTimeout, "The body took too long to arrive"))
        }
    }
}
