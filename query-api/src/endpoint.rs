//! From an HTTP request to the function behind its route: who asks, whether they may, and how a
//! failure is told.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::response::Response;
use http::header::{self, HeaderValue};
use http::{HeaderMap, HeaderName, Method};
use shared::access::{AccessTable, ApiKey};
use shared::api::{ApiError, Code};
use shared::routes::{Needs, Route};
use uuid::Uuid;

use crate::app::App;
use crate::call::{Call, OpenCall, Params};
use crate::router::request_id;
use crate::routes::{Answer, Handler};
use crate::session::{self, Session};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Answers a request of a route.
pub(crate) async fn answer(
    app: Arc<App>,
    route: &'static Route,
    handler: Handler,
    request: Request,
) -> Response {
    let id = request_id(&request);
    let environment = app.environment;
    let has_cookie = request.headers().contains_key(header::COOKIE);
    let mut response = match try_answer(app, route, handler, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(environment, &id),
    };
    if has_cookie {
        keep_private(response.headers_mut());
    }
    response
}

/// What a browser was told for its cookie is nobody else's, and not its next user's either: no store
/// on the way keeps it.
fn keep_private(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from(header::COOKIE));
}

async fn try_answer(
    app: Arc<App>,
    route: &Route,
    handler: Handler,
    mut request: Request,
) -> Answer {
    let handler = match handler {
        Handler::Open(handler) => return handler(app).await,
        Handler::OpenWithBody(handler) => {
            let (parts, body) = request.into_parts();
            return handler(app, OpenCall::new(parts, body)).await;
        }
        Handler::Keyed(handler) => handler,
    };
    let access = access(&app)?;
    let (method, headers) = (request.method(), request.headers());
    let (key, session) = authenticate(&app, &access, method, headers).await?;
    let key = key.clone();
    if let Some(session) = session {
        request.extensions_mut().insert(session);
    }
    key.check_origin(request.headers())?;
    let standing = app.limiter.admit(&key.caller(), route.class, 1, shared::time::now());
    let answering = async {
        if let Some(standing) = standing.filter(|standing| standing.granted == 0) {
            return Err(standing.refusal());
        }
        authorize(&key, route.needs)?;
        let running = Arc::clone(&app);
        let _permit = running.running.try_acquire().map_err(|_| {
            ApiError::unavailable("Too many requests are running; try again in a second", 1)
        })?;
        let call = call(access, key, request).await?;
        handler(app, call).await
    };
    let answer = answering.await;
    match standing {
        Some(standing) => standing.mark(answer),
        None => answer,
    }
}

/// All keys, once they were loaded.
pub(crate) fn access(app: &App) -> Result<Arc<AccessTable>, ApiError> {
    app.access.table().ok_or_else(|| {
        ApiError::unavailable("The keys are not loaded yet; try again in a second", 1)
    })
}

/// The key in the header, or a session and its key where there is no such header.
async fn authenticate<'a>(
    app: &App,
    access: &'a AccessTable,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(&'a ApiKey, Option<Session>), ApiError> {
    if let Some(given) = headers.get(X_API_KEY) {
        return Ok((find_key(access, given.to_str().ok())?, None));
    }
    let (key, session) = session::key(app, access, method, headers).await?;
    Ok((key, Some(session)))
}

/// The key that somebody shows.
pub(crate) fn find_key<'a>(
    access: &'a AccessTable,
    text: Option<&str>,
) -> Result<&'a ApiKey, ApiError> {
    let now = shared::time::now();
    let key = text.and_then(|key| access.key(key, now)).ok_or_else(|| {
        if text.is_some_and(|text| is_dsn_key(access, text)) {
            let message = "The key of a DSN may submit errors and nothing else";
            return ApiError::new(Code::Authorization, message);
        }
        unknown_key()
    })?;
    key.note_use(now);
    Ok(key)
}

/// The refusal of a key that is none, or none any more.
pub(crate) fn unknown_key() -> ApiError {
    ApiError::new(Code::Authentication, "The API key is unknown or expired")
}

/// Whether this is the public key of a DSN: a good key, though not for anything that is answered here.
fn is_dsn_key(access: &AccessTable, text: &str) -> bool {
    Uuid::try_parse(text).is_ok_and(|key| access.dsn_project(key).is_some())
}

/// Refuses a key that may not do what is needed.
pub(crate) fn authorize(key: &ApiKey, needs: Needs) -> Result<(), ApiError> {
    let permission = match needs {
        Needs::Nothing => return Ok(()),
        Needs::Key(permission) | Needs::InstallationKey(permission) => permission,
    };
    if !key.permissions.allow(permission) {
        let message = format!("The API key lacks the permission `{permission}`");
        return Err(ApiError::new(Code::Authorization, message)
            .with_detail("permission", permission.as_str().into()));
    }
    if matches!(needs, Needs::InstallationKey(_)) && key.project_id.is_some() {
        let message = "This needs an API key of the installation, not of one project";
        return Err(ApiError::new(Code::Authorization, message));
    }
    Ok(())
}

async fn call(access: Arc<AccessTable>, key: ApiKey, request: Request) -> Result<Call, ApiError> {
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| ApiError::new(Code::InvalidId, "The id in the path is not readable"))?;
    let params: Params =
        params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Call::new(access, key, parts, params, body))
}
