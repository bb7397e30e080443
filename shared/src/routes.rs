//! Every path that the services answer to, and who may ask: the one table from which both build
//! their routers, `Allow` and the description of the API.
//!
//! What a path does is not said here; its handler is found in the service that has it.

use http::{HeaderValue, Method};

use crate::access::Permission;

/// The service that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Takes what submits errors.
    Ingest,
    /// Takes everything else.
    QueryApi,
    /// Every service, on its own port.
    Each,
}

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

/// Which of a key's limits a request counts towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Submitting errors.
    Errors,
    /// Numbers over many errors, and how the system fares.
    Analytics,
    /// Everything else.
    General,
}

impl Class {
    /// The name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Analytics => "analytics",
            Self::General => "general",
        }
    }
}

/// One method of one path.
#[derive(Debug, Clone)]
pub struct Route {
    /// Who answers.
    pub service: Service,
    /// The method; `HEAD` follows `GET`.
    pub method: Method,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// What a caller needs.
    pub needs: Needs,
    /// Towards which limit a request counts.
    pub class: Class,
}

use Class::{Analytics, General};
use Permission::{Admin, Read, Write};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const DELETE: Method = Method::DELETE;

/// The table.
pub static ALL: &[Route] = &[
    open(Service::Each, GET, "/health"),
    open(Service::Each, GET, "/ready"),
    open(Service::Each, GET, "/metrics"),
    open(Service::QueryApi, GET, "/api/openapi.json"),
    open(Service::QueryApi, POST, "/api/login"),
    open(Service::QueryApi, POST, "/api/logout"),
    key(GET, "/api/errors", Read, General),
    key(PUT, "/api/errors", Write, General),
    submission("/api/errors"),
    submission("/api/errors/batch"),
    submission("/api/{project_id}/envelope/"),
    submission("/api/{project_id}/store/"),
    pixel("/api/{project_id}/store/"),
    submission("/api/store/"),
    pixel("/api/store/"),
    key(GET, "/api/errors/series", Read, General),
    key(GET, "/api/errors/{id}", Read, General),
    key(DELETE, "/api/errors/{id}", Write, General),
    key(GET, "/api/errors/{id}/events", Read, General),
    key(GET, "/api/errors/{id}/series", Read, General),
    key(GET, "/api/errors/{id}/tags", Read, General),
    key(GET, "/api/errors/{id}/activity", Read, General),
    key(GET, "/api/errors/{id}/grouping", Read, General),
    key(PUT, "/api/errors/{id}/resolve", Write, General),
    key(PUT, "/api/errors/{id}/unresolve", Write, General),
    key(PUT, "/api/errors/{id}/ignore", Write, General),
    key(PUT, "/api/errors/{id}/assign", Write, General),
    key(POST, "/api/errors/merge", Write, General),
    key(POST, "/api/errors/{id}/unmerge", Write, General),
    key(GET, "/api/events/{event_id}", Read, General),
    key(GET, "/api/alerts/rules", Read, General),
    key(POST, "/api/alerts/rules/test", Read, Analytics),
    key(POST, "/api/alerts/rules", Write, General),
    key(PUT, "/api/alerts/rules/{id}", Write, General),
    key(DELETE, "/api/alerts/rules/{id}", Write, General),
    key(GET, "/api/alerts/firings", Read, General),
    key(GET, "/api/alerts/deliveries", Read, General),
    key(GET, "/api/alerts/incidents", Read, General),
    key(POST, "/api/alerts/incidents", Write, General),
    key(GET, "/api/alerts/incidents/{id}", Read, General),
    key(PUT, "/api/alerts/incidents/{id}", Write, General),
    key(GET, "/api/stats", Read, Analytics),
    key(GET, "/api/analytics/trends", Read, Analytics),
    key(GET, "/api/analytics/minutes", Read, Analytics),
    key(GET, "/api/analytics/movers", Read, Analytics),
    key(GET, "/api/analytics/performance", Read, Analytics),
    key(GET, "/api/releases", Read, Analytics),
    key(GET, "/api/live", Read, General),
    installation(GET, "/api/monitoring/services", Read, Analytics),
    installation(GET, "/api/monitoring/metrics", Read, Analytics),
    installation(GET, "/api/monitoring/uptime", Read, Analytics),
    installation(GET, "/api/monitoring/ledger", Read, Analytics),
    installation(GET, "/api/projects", Admin, General),
    installation(POST, "/api/projects", Admin, General),
    installation(GET, "/api/projects/{id}", Admin, General),
    installation(PUT, "/api/projects/{id}", Admin, General),
    installation(DELETE, "/api/projects/{id}", Admin, General),
    installation(POST, "/api/projects/{id}/grouping/preview", Admin, Analytics),
    installation(POST, "/api/projects/{id}/sanitising/preview", Admin, General),
    key(GET, "/api/settings/api-keys", Admin, General),
    key(POST, "/api/settings/api-keys", Admin, General),
    key(PUT, "/api/settings/api-keys/{id}", Admin, General),
    key(DELETE, "/api/settings/api-keys/{id}", Admin, General),
    installation(GET, "/api/settings/team", Admin, General),
    installation(POST, "/api/settings/team/invite", Admin, General),
    open(Service::QueryApi, POST, "/api/settings/team/accept"),
    installation(PUT, "/api/settings/team/{id}", Admin, General),
    installation(DELETE, "/api/settings/team/{id}", Admin, General),
    installation(GET, "/api/settings/audit", Admin, General),
    installation(GET, "/api/settings/integrations", Admin, General),
    installation(PUT, "/api/settings/integrations/{name}", Admin, General),
    installation(DELETE, "/api/settings/integrations/{name}", Admin, General),
    installation(POST, "/api/settings/integrations/{name}/test", Admin, General),
];

/// The row of a method of a path.
pub fn find(method: &Method, path: &str) -> Option<&'static Route> {
    ALL.iter().find(|route| route.path == path && route.method == *method)
}

/// All methods of a path, whichever service has them, as `Allow` names them.
pub fn allowed_methods(path: &str) -> HeaderValue {
    let methods = ALL.iter().filter(|route| route.path == path).map(|route| &route.method);
    let mut names: Vec<&str> = Vec::new();
    for method in methods {
        names.push(method.as_str());
        if *method == Method::GET {
            names.push(Method::HEAD.as_str());
        }
    }
    names.push(Method::OPTIONS.as_str());
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

const fn open(service: Service, method: Method, path: &'static str) -> Route {
    Route { service, method, path, needs: Needs::Nothing, class: General }
}

const fn submission(path: &'static str) -> Route {
    let needs = Needs::Key(Permission::Ingest);
    Route { service: Service::Ingest, method: POST, path, needs, class: Class::Errors }
}

/// The oldest browser clients send an event in the query of an image.
const fn pixel(path: &'static str) -> Route {
    let needs = Needs::Key(Permission::Ingest);
    Route { service: Service::Ingest, method: GET, path, needs, class: Class::Errors }
}

const fn key(method: Method, path: &'static str, permission: Permission, class: Class) -> Route {
    Route { service: Service::QueryApi, method, path, needs: Needs::Key(permission), class }
}

const fn installation(
    method: Method,
    path: &'static str,
    permission: Permission,
    class: Class,
) -> Route {
    let needs = Needs::InstallationKey(permission);
    Route { service: Service::QueryApi, method, path, needs, class }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_method_of_a_path_stands_once() {
        let rows: BTreeSet<_> =
            ALL.iter().map(|route| (route.path, route.method.as_str())).collect();
        assert_eq!(rows.len(), ALL.len());
    }

    #[test]
    fn allow_names_the_methods_of_both_services() {
        for (path, expected) in [
            ("/api/errors", "GET, HEAD, PUT, POST, OPTIONS"),
            ("/api/errors/batch", "POST, OPTIONS"),
            ("/api/{project_id}/store/", "POST, GET, HEAD, OPTIONS"),
            ("/api/errors/{id}", "GET, HEAD, DELETE, OPTIONS"),
            ("/api/projects/{id}", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ] {
            assert_eq!(allowed_methods(path), expected, "{path}");
        }
    }
}
