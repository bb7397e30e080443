//! Builds the router from the table of routes, and what every answer has: an id, CORS headers, a
//! deadline, and the failure form where nothing answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, get};
use http::StatusCode;
use http::header::{self, HeaderValue};
use shared::api::{self, ApiError, X_REQUEST_ID};
use shared::connection::RequestBody;
use shared::cors::Cors;
use shared::routes::{Route, Service, allowed_methods};
use shared::telemetry::metrics::{Histogram, observe};
use shared::telemetry::traces::Span;
use tokio::time::Instant;

use crate::app::App;
use crate::dashboard;
use crate::endpoint;
use crate::routes::{self, Handler};

/// No request takes longer, waiting for a connection to Postgres included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What probes and Prometheus ask, this process itself among them: nobody's requests.
const OPERATIONAL: [&str; 3] = ["/health", "/ready", "/metrics"];

/// The methods of files.
const READING: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// The id of a request, in its extensions.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// The router of all routes. A path that only ingest has is known, too: asked for by another method it
/// is answered like any path.
pub(crate) fn build(app: &Arc<App>) -> Router {
    let mut paths: BTreeMap<&'static str, Vec<(&'static Route, Handler)>> = BTreeMap::new();
    for route in shared::routes::ALL.iter().filter(|route| route.service == Service::Ingest) {
        paths.entry(route.path).or_default();
    }
    for (method, path, handler) in routes::handlers() {
        // What stands not in the table is nobody's to ask for.
        if let Some(route) = shared::routes::find(&method, path) {
            paths.entry(path).or_default().push((route, handler));
        }
    }
    let mut router = Router::new();
    for (path, routes) in paths {
        router = router.route(path, path_methods(path, routes));
    }
    for path in dashboard::PAGES {
        router = router.route(path, and_no_other(get(dashboard::page), READING));
    }
    router = router.route(dashboard::ASSETS, and_no_other(get(dashboard::asset), READING));
    router
        .fallback(unknown_path)
        .layer(middleware::from_fn_with_state(Arc::clone(app), finish))
        .with_state(Arc::clone(app))
}

fn path_methods(path: &str, routes: Vec<(&'static Route, Handler)>) -> MethodRouter<Arc<App>> {
    let allow = allowed_methods(path);
    let mut methods = MethodRouter::new();
    for (route, handler) in routes {
        let Ok(filter) = MethodFilter::try_from(route.method.clone()) else {
            continue;
        };
        methods = methods.on(filter, move |State(app): State<Arc<App>>, request: Request| {
            endpoint::answer(app, route, handler.clone(), request)
        });
    }
    and_no_other(methods, allow)
}

/// Answers `OPTIONS` and refuses all other methods.
fn and_no_other(methods: MethodRouter<Arc<App>>, allow: HeaderValue) -> MethodRouter<Arc<App>> {
    let preflight = Cors::preflight(&allow);
    methods.options(async move || (StatusCode::NO_CONTENT, preflight)).fallback(
        async move |State(app): State<Arc<App>>, request: Request| {
            fail(&app, &request, ApiError::method_not_allowed(allow))
        },
    )
}

pub(crate) async fn unknown_path(State(app): State<Arc<App>>, request: Request) -> Response {
    let error = ApiError::unknown_path(request.uri().path());
    fail(&app, &request, error)
}

fn fail(app: &App, request: &Request, error: ApiError) -> Response {
    error.into_response(app.environment, &request_id(request))
}

/// The id that [`finish`] gave the request.
pub(crate) fn request_id(request: &Request) -> Arc<str> {
    request.extensions().get::<RequestId>().map_or_else(|| "".into(), |id| Arc::clone(&id.0))
}

/// Around every request: its id, its deadline, its time, and the CORS headers of its answer.
async fn finish(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id: Arc<str> = api::request_id(request.headers().get(X_REQUEST_ID)).into();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let is_own = OPERATIONAL.contains(&request.uri().path());
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let mut span = if is_own { None } else { span_of(&request) };
    let request = request.map(|body| Body::new(RequestBody::new(body)));

    let mut response = match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(elapsed) => {
            let error = ApiError::unavailable("The answer took too long; try again later", 5);
            let error = error.with_cause(elapsed);
            error.into_response(app.environment, &id)
        }
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(X_REQUEST_ID, id);
    }
    app.cors.decorate(origin.as_ref(), headers);
    let (status, took) = (response.status(), started.elapsed());
    if !is_own {
        observe(Histogram::RequestDurationSeconds, status_class(status), took.as_secs_f64());
        app.vitals.answered(status, took);
        if let Some(span) = &mut span {
            span.answered(status);
        }
    }
    response.into_response()
}

/// The request's span, where it is traced; it ends with the head of the answer.
fn span_of(request: &Request) -> Option<Span> {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    Span::server(request.method(), route, request.headers())
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}
