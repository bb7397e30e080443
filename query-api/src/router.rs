//! Builds the router from the table of routes, and what every answer has: an id, CORS headers, a
//! deadline, and the failure form where nothing answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter};
use http::header::{self, HeaderValue};
use http::{Method, StatusCode};
use shared::api::{self, ApiError, X_REQUEST_ID};
use shared::telemetry::metrics::{Histogram, observe};
use tokio::time::Instant;

use crate::app::App;
use crate::endpoint;
use crate::routes::{self, ELSEWHERE, Route};
use shared::cors::Cors;

/// No request takes longer, waiting for a connection to Postgres included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The id of a request, in its extensions.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

/// The router of all routes.
pub(crate) fn build(app: &Arc<App>) -> Router {
    let mut paths: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in routes::all() {
        paths.entry(route.path).or_default().push(route);
    }
    for (_, path) in ELSEWHERE {
        paths.entry(path).or_default();
    }
    let mut router = Router::new();
    for (path, routes) in paths {
        router = router.route(path, path_methods(path, routes));
    }
    router
        .fallback(unknown_path)
        .layer(middleware::from_fn_with_state(Arc::clone(app), finish))
        .with_state(Arc::clone(app))
}

fn path_methods(path: &str, routes: Vec<Route>) -> MethodRouter<Arc<App>> {
    let allow = allowed_methods(path, &routes);
    let mut methods = MethodRouter::new();
    for route in routes {
        let Ok(filter) = MethodFilter::try_from(route.method.clone()) else {
            continue;
        };
        let route = Arc::new(route);
        methods = methods.on(filter, move |State(app): State<Arc<App>>, request: Request| {
            endpoint::answer(app, Arc::clone(&route), request)
        });
    }
    let preflight = Cors::preflight(&allow);
    methods.options(async move || (StatusCode::NO_CONTENT, preflight)).fallback(
        async move |State(app): State<Arc<App>>, request: Request| {
            fail(&app, &request, ApiError::method_not_allowed(allow))
        },
    )
}

/// All methods of a path, whichever service has them.
fn allowed_methods(path: &str, routes: &[Route]) -> HeaderValue {
    let elsewhere = ELSEWHERE.into_iter().filter(|(_, known)| *known == path);
    let mut names: Vec<String> = Vec::new();
    for method in routes
        .iter()
        .map(|route| route.method.clone())
        .chain(elsewhere.map(|(method, _)| method))
        .chain([Method::OPTIONS])
    {
        names.push(method.to_string());
        if method == Method::GET {
            names.push(Method::HEAD.to_string());
        }
    }
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

async fn unknown_path(State(app): State<Arc<App>>, request: Request) -> Response {
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
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));

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
    observe(
        Histogram::RequestDurationSeconds,
        status_class(response.status()),
        started.elapsed().as_secs_f64(),
    );
    response.into_response()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: &str) {
        let routes: Vec<Route> =
            routes::all().into_iter().filter(|route| route.path == path).collect();
        assert_eq!(allowed_methods(path, &routes), expected);
    }

    #[test]
    fn allow_names_the_methods_of_both_services() {
        check("/api/errors", "GET, HEAD, PUT, POST, OPTIONS");
        check("/api/errors/batch", "POST, OPTIONS");
        check("/api/errors/{id}", "GET, HEAD, DELETE, OPTIONS");
        check("/api/projects/{id}", "PUT, DELETE, OPTIONS");
    }
}
