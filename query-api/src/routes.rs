//! What the query API answers to, and who may ask: one table, from which the router is built.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use axum::response::Response;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::Method;
use shared::access::Permission;
use shared::api::ApiError;

use crate::app::App;
use crate::call::Call;
use crate::{errors, health, monitoring, openapi, projects, stats};

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: open to everyone who reaches the port.
    Nothing,
    /// A key with the permission.
    Key(Permission),
    /// A key with the permission that belongs to no single project.
    InstallationKey(Permission),
}

/// One method of one path.
#[derive(Clone)]
pub struct Route {
    /// The method; `HEAD` follows `GET`.
    pub method: Method,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// What a caller needs.
    pub needs: Needs,
    pub(crate) handler: Handler,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.path, self.needs)
    }
}

/// What a handler answers.
pub(crate) type Answer = Result<Response, ApiError>;

/// The function behind a route.
#[derive(Clone)]
pub(crate) enum Handler {
    /// Asks nothing of the caller.
    Open(Arc<dyn Fn(Arc<App>) -> BoxFuture<'static, Answer> + Send + Sync>),
    /// Knows the caller.
    Keyed(Arc<dyn Fn(Arc<App>, Call) -> BoxFuture<'static, Answer> + Send + Sync>),
}

/// Methods of paths that ingest answers to. The edge sends them there; they are known here so that
/// `Allow` and preflights name every method of a path, whichever service has it.
pub(crate) const ELSEWHERE: [(Method, &str); 6] = [
    (Method::POST, "/api/errors"),
    (Method::POST, "/api/errors/batch"),
    (Method::POST, "/api/{project_id}/envelope"),
    (Method::POST, "/api/{project_id}/envelope/"),
    (Method::POST, "/api/{project_id}/store"),
    (Method::POST, "/api/{project_id}/store/"),
];

/// The table.
pub fn all() -> Vec<Route> {
    use Permission::{Admin, Read, Write};
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const DELETE: Method = Method::DELETE;
    vec![
        open(GET, "/health", health::health),
        open(GET, "/ready", health::ready),
        open(GET, "/metrics", health::metrics),
        open(GET, "/api/openapi.json", openapi::get),
        key(GET, "/api/errors", Read, errors::list),
        key(PUT, "/api/errors", Write, errors::change_many),
        key(GET, "/api/errors/{id}", Read, errors::get),
        key(DELETE, "/api/errors/{id}", Write, errors::delete),
        key(GET, "/api/errors/{id}/events", Read, errors::events),
        key(PUT, "/api/errors/{id}/resolve", Write, errors::resolve),
        key(PUT, "/api/errors/{id}/unresolve", Write, errors::unresolve),
        key(PUT, "/api/errors/{id}/ignore", Write, errors::ignore),
        key(PUT, "/api/errors/{id}/assign", Write, errors::assign),
        key(GET, "/api/events/{event_id}", Read, errors::event),
        key(GET, "/api/stats", Read, stats::stats),
        installation(GET, "/api/monitoring/ledger", Read, monitoring::ledger),
        installation(GET, "/api/projects", Admin, projects::list),
        installation(POST, "/api/projects", Admin, projects::create),
        installation(PUT, "/api/projects/{id}", Admin, projects::update),
        installation(DELETE, "/api/projects/{id}", Admin, projects::delete),
    ]
}

fn open<F, Fut>(method: Method, path: &'static str, answer: F) -> Route
where
    F: Fn(Arc<App>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let handler = Handler::Open(Arc::new(move |app| answer(app).boxed()));
    Route { method, path, needs: Needs::Nothing, handler }
}

fn key<F, Fut>(method: Method, path: &'static str, permission: Permission, answer: F) -> Route
where
    F: Fn(Arc<App>, Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let handler = Handler::Keyed(Arc::new(move |app, call| answer(app, call).boxed()));
    Route { method, path, needs: Needs::Key(permission), handler }
}

fn installation<F, Fut>(
    method: Method,
    path: &'static str,
    permission: Permission,
    answer: F,
) -> Route
where
    F: Fn(Arc<App>, Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let route = key(method, path, permission, answer);
    Route { needs: Needs::InstallationKey(permission), ..route }
}
