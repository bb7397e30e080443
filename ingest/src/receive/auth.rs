//! Which project a request submits to, by its key, and whose limits it counts towards.

use chrono::{DateTime, Utc};
use http::HeaderMap;
use shared::access::{self, AccessTable, Permission, Project};
use shared::api::{ApiError, Code};
use shared::ids::ProjectId;
use shared::rate_limit::Caller;
use uuid::Uuid;

/// Where writes of an installation's key go that name no project.
const DEFAULT_PROJECT: ProjectId = ProjectId(1);

/// Somebody with a key that may submit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bearer {
    /// The one project of the key, or none for a key of the installation.
    scope: Option<ProjectId>,
    /// Whose limits hold.
    pub(crate) caller: Caller,
}

/// The project that the request is about, if the bearer may submit to it.
pub(crate) fn project(
    table: &AccessTable,
    bearer: Bearer,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Project, ApiError> {
    let in_query =
        query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("project_id="));
    let (named, problems) = access::named_project(in_query, headers);
    if !problems.is_empty() {
        return Err(ApiError::validation(problems));
    }
    named_project(table, bearer, named)
}

/// The project with this id, or the bearer's own, if the bearer may submit to it.
pub(crate) fn named_project(
    table: &AccessTable,
    bearer: Bearer,
    named: Option<ProjectId>,
) -> Result<Project, ApiError> {
    let id = match (bearer.scope, named) {
        (None, None) => DEFAULT_PROJECT,
        (None, Some(named)) => named,
        (Some(own), None) => own,
        // A key does not even learn whether another project exists.
        (Some(own), Some(named)) if own != named => {
            return Err(ApiError::not_found("project", named));
        }
        (Some(own), Some(_)) => own,
    };
    table.project(id).cloned().ok_or_else(|| ApiError::not_found("project", id))
}

/// Who sent the request, by its key.
pub(crate) fn bearer(
    table: &AccessTable,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<Bearer, ApiError> {
    let Some(key) = headers.get("x-api-key").and_then(|value| value.to_str().ok()) else {
        let message = "An API key is required in the header X-API-Key";
        return Err(ApiError::new(Code::Authentication, message));
    };
    if let Some(found) = table.key(key, now) {
        found.check_origin(headers)?;
        found.note_use(now);
        if !found.permissions.allow(Permission::Ingest) {
            let message = "This key may not submit errors; it needs the permission ingest or write";
            return Err(ApiError::new(Code::Authorization, message));
        }
        return Ok(Bearer { scope: found.project_id, caller: found.caller() });
    }
    // The public key of a DSN may submit, and nothing else.
    Uuid::try_parse(key).ok().and_then(|key| dsn_bearer(table, key)).ok_or_else(|| {
        ApiError::new(Code::Authentication, "The API key is unknown, revoked or expired")
    })
}

/// Who holds the key of a DSN.
pub(crate) fn dsn_bearer(table: &AccessTable, key: Uuid) -> Option<Bearer> {
    let project = table.dsn_project(key)?;
    Some(Bearer { scope: Some(project), caller: Caller::dsn(project) })
}
