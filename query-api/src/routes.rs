//! Which function answers a route. Who may ask stands in `shared::routes`.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use axum::response::Response;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::Method;
use shared::api::ApiError;

use crate::alerts::{deliveries, firings, incidents, preview, rules};
use crate::app::App;
use crate::call::{Call, OpenCall};
use crate::settings::{api_keys, audit, integrations, team};
use crate::{
    analytics, errors, health, live, monitoring, openapi, projects, releases, session, stats,
};

/// What a handler answers.
pub(crate) type Answer = Result<Response, ApiError>;

/// The function behind a route.
#[derive(Clone)]
pub(crate) enum Handler {
    /// Asks nothing of the caller.
    Open(Arc<dyn Fn(Arc<App>) -> BoxFuture<'static, Answer> + Send + Sync>),
    /// Asks nothing of the caller but what the request brings as its proof.
    OpenWithBody(Arc<dyn Fn(Arc<App>, OpenCall) -> BoxFuture<'static, Answer> + Send + Sync>),
    /// Knows the caller.
    Keyed(Arc<dyn Fn(Arc<App>, Call) -> BoxFuture<'static, Answer> + Send + Sync>),
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open(_) => "Open",
            Self::OpenWithBody(_) => "OpenWithBody",
            Self::Keyed(_) => "Keyed",
        })
    }
}

/// Every function that answers, by method and path.
pub(crate) fn handlers() -> Vec<(Method, &'static str, Handler)> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const DELETE: Method = Method::DELETE;
    vec![
        (GET, "/health", open(health::health)),
        (GET, "/ready", open(health::ready)),
        (GET, "/metrics", open(health::metrics)),
        (GET, "/api/openapi.json", open(openapi::get)),
        (POST, "/api/login", open_with_body(session::login)),
        (POST, "/api/logout", open_with_body(session::logout)),
        (GET, "/api/errors", keyed(errors::list)),
        (PUT, "/api/errors", keyed(errors::change_many)),
        (GET, "/api/errors/series", keyed(errors::series_of_many)),
        (GET, "/api/errors/{id}", keyed(errors::get)),
        (DELETE, "/api/errors/{id}", keyed(errors::delete)),
        (GET, "/api/errors/{id}/events", keyed(errors::events)),
        (GET, "/api/errors/{id}/series", keyed(errors::series)),
        (GET, "/api/errors/{id}/tags", keyed(errors::tags)),
        (GET, "/api/errors/{id}/activity", keyed(errors::activity)),
        (GET, "/api/errors/{id}/grouping", keyed(errors::grouping)),
        (PUT, "/api/errors/{id}/resolve", keyed(errors::resolve)),
        (PUT, "/api/errors/{id}/unresolve", keyed(errors::unresolve)),
        (PUT, "/api/errors/{id}/ignore", keyed(errors::ignore)),
        (PUT, "/api/errors/{id}/assign", keyed(errors::assign)),
        (POST, "/api/errors/merge", keyed(errors::merge)),
        (POST, "/api/errors/{id}/unmerge", keyed(errors::unmerge)),
        (GET, "/api/events/{event_id}", keyed(errors::event)),
        (GET, "/api/alerts/rules", keyed(rules::list)),
        (POST, "/api/alerts/rules/test", keyed(preview::test)),
        (POST, "/api/alerts/rules", keyed(rules::create)),
        (PUT, "/api/alerts/rules/{id}", keyed(rules::update)),
        (DELETE, "/api/alerts/rules/{id}", keyed(rules::delete)),
        (GET, "/api/alerts/firings", keyed(firings::list)),
        (GET, "/api/alerts/deliveries", keyed(deliveries::list)),
        (GET, "/api/alerts/incidents", keyed(incidents::list)),
        (POST, "/api/alerts/incidents", keyed(incidents::create)),
        (GET, "/api/alerts/incidents/{id}", keyed(incidents::get)),
        (PUT, "/api/alerts/incidents/{id}", keyed(incidents::update)),
        (GET, "/api/stats", keyed(stats::stats)),
        (GET, "/api/analytics/trends", keyed(analytics::trends)),
        (GET, "/api/analytics/minutes", keyed(analytics::minutes)),
        (GET, "/api/analytics/movers", keyed(analytics::movers)),
        (GET, "/api/analytics/performance", keyed(analytics::performance)),
        (GET, "/api/releases", keyed(releases::releases)),
        (GET, "/api/live", keyed(live::get)),
        (GET, "/api/monitoring/services", keyed(monitoring::services)),
        (GET, "/api/monitoring/metrics", keyed(monitoring::metrics)),
        (GET, "/api/monitoring/uptime", keyed(monitoring::uptime)),
        (GET, "/api/monitoring/ledger", keyed(monitoring::ledger)),
        (GET, "/api/projects", keyed(projects::list)),
        (POST, "/api/projects", keyed(projects::create)),
        (GET, "/api/projects/{id}", keyed(projects::get)),
        (PUT, "/api/projects/{id}", keyed(projects::update)),
        (DELETE, "/api/projects/{id}", keyed(projects::delete)),
        (POST, "/api/projects/{id}/grouping/preview", keyed(projects::preview)),
        (POST, "/api/projects/{id}/sanitising/preview", keyed(projects::preview_sanitising)),
        (GET, "/api/settings/api-keys", keyed(api_keys::list)),
        (POST, "/api/settings/api-keys", keyed(api_keys::create)),
        (PUT, "/api/settings/api-keys/{id}", keyed(api_keys::update)),
        (DELETE, "/api/settings/api-keys/{id}", keyed(api_keys::delete)),
        (GET, "/api/settings/team", keyed(team::list)),
        (POST, "/api/settings/team/invite", keyed(team::invite)),
        (POST, "/api/settings/team/accept", open_with_body(team::accept)),
        (PUT, "/api/settings/team/{id}", keyed(team::update)),
        (DELETE, "/api/settings/team/{id}", keyed(team::remove)),
        (GET, "/api/settings/audit", keyed(audit::list)),
        (GET, "/api/settings/integrations", keyed(integrations::list)),
        (PUT, "/api/settings/integrations/{name}", keyed(integrations::update)),
        (DELETE, "/api/settings/integrations/{name}", keyed(integrations::delete)),
        (POST, "/api/settings/integrations/{name}/test", keyed(integrations::test)),
    ]
}

fn open<F, Fut>(answer: F) -> Handler
where
    F: Fn(Arc<App>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    Handler::Open(Arc::new(move |app| answer(app).boxed()))
}

fn open_with_body<F, Fut>(answer: F) -> Handler
where
    F: Fn(Arc<App>, OpenCall) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    Handler::OpenWithBody(Arc::new(move |app, call| answer(app, call).boxed()))
}

fn keyed<F, Fut>(answer: F) -> Handler
where
    F: Fn(Arc<App>, Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    Handler::Keyed(Arc::new(move |app, call| answer(app, call).boxed()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::routes::{self, Needs, Service};

    use super::*;

    #[test]
    fn every_route_has_one_handler_and_every_handler_a_route() {
        let answered: BTreeSet<_> = handlers()
            .into_iter()
            .map(|(method, path, handler)| {
                let route = routes::find(&method, path);
                let needs = route.expect("a handler stands in the table of routes").needs;
                let is_open = !matches!(handler, Handler::Keyed(_));
                assert_eq!(is_open, needs == Needs::Nothing, "{method} {path}");
                (path, method.to_string())
            })
            .collect();
        let promised: BTreeSet<_> = routes::ALL
            .iter()
            .filter(|route| route.service != Service::Ingest)
            .map(|route| (route.path, route.method.to_string()))
            .collect();
        assert_eq!(answered, promised);
    }
}
