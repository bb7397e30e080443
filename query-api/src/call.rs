//! What a request says, once it is known who asks: its key, its scope, its ids and its body.

use std::sync::Arc;

use axum::body::Body;
use http::request::Parts;
use http::{Extensions, HeaderMap};
use hyper::upgrade::OnUpgrade;
use serde_json::{Map, Value};
use shared::access::{self, AccessTable, ApiKey};
use shared::api::ApiError;
use shared::generations::Scope;
use shared::ids::{ErrorId, EventId, ProjectId};
use uuid::Uuid;

use crate::fields::QueryFields;
use crate::incoming::Incoming;
use crate::live::Cut;
use crate::router::RequestId;
use crate::session::Session;

/// No body is larger; a thousand ids are 40 KiB.
const MAX_BODY: usize = 1 << 20;

/// No body of a caller without a key is larger: a token and a name.
const MAX_OPEN_BODY: usize = 4 << 10;

/// Parameters of the path, by name.
pub(crate) type Params = Vec<(String, String)>;

/// A request of a known caller.
#[derive(Debug)]
pub(crate) struct Call {
    access: Arc<AccessTable>,
    key: ApiKey,
    request_id: Arc<str>,
    query: Vec<(String, String)>,
    params: Params,
    extensions: Extensions,
    incoming: Incoming,
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
    /// The one project that the request is about; none: all of them.
    pub(crate) fn project(&self) -> Option<ProjectId> {
        match self.scope {
            Scope::Project(project) => Some(project),
            Scope::Installation | Scope::Monitoring => None,
        }
    }

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
        let request_id = request_id(&parts);
        let incoming = Incoming::new(parts.headers, body, MAX_BODY);
        Self { access, key, request_id, query, params, extensions: parts.extensions, incoming }
    }

    /// Who asks.
    pub(crate) fn caller(&self) -> Caller {
        Caller { key_id: self.key.id, request_id: Arc::clone(&self.request_id) }
    }

    /// The id of the caller's key.
    pub(crate) fn key_id(&self) -> Uuid {
        self.key.id
    }

    /// The session that the caller was let in by; none: by the key itself.
    pub(crate) fn session(&self) -> Option<Session> {
        self.extensions.get::<Session>().copied()
    }

    /// The headers of the request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.incoming.headers()
    }

    /// The connection under the request, for when it was answered with 101.
    pub(crate) fn upgrade(&self) -> Option<OnUpgrade> {
        self.extensions.get::<OnUpgrade>().cloned()
    }

    /// What ends the connection of the request.
    pub(crate) fn cut(&self) -> Cut {
        self.extensions.get::<Cut>().cloned().unwrap_or_default()
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
        let in_query = fields.raw("project_id");
        let (named, problems) = access::named_project(in_query, self.incoming.headers());
        fields.problems(problems);
        named
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

    /// The thing that the path names by a UUID.
    pub(crate) fn id(&self) -> Result<Uuid, ApiError> {
        let text = self.param("id");
        Uuid::try_parse(text).map_err(|_| ApiError::invalid_id(text))
    }

    /// The body as a JSON object.
    pub(crate) async fn object(self) -> Result<Map<String, Value>, ApiError> {
        self.incoming.object().await
    }

    /// The body as a JSON object; no body is an empty one.
    pub(crate) async fn object_or_nothing(self) -> Result<Map<String, Value>, ApiError> {
        self.incoming.object_or_nothing().await
    }
}

/// A request of nobody in particular, which brings its proof in the body.
#[derive(Debug)]
pub(crate) struct OpenCall {
    request_id: Arc<str>,
    incoming: Incoming,
}

impl OpenCall {
    pub(crate) fn new(parts: Parts, body: Body) -> Self {
        let request_id = request_id(&parts);
        Self { request_id, incoming: Incoming::new(parts.headers, body, MAX_OPEN_BODY) }
    }

    /// The id of the request.
    pub(crate) fn request_id(&self) -> &Arc<str> {
        &self.request_id
    }

    /// The headers of the request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.incoming.headers()
    }

    /// The body as a JSON object.
    pub(crate) async fn object(self) -> Result<Map<String, Value>, ApiError> {
        self.incoming.object().await
    }
}

fn request_id(parts: &Parts) -> Arc<str> {
    parts.extensions.get::<RequestId>().map_or_else(|| "".into(), |id| Arc::clone(&id.0))
}
