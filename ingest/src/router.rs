//! Which request goes to which endpoint, and what every answer carries.

use std::net::IpAddr;

use crate::receive::body::Incoming;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use shared::api::{self, ApiError, X_REQUEST_ID};
use shared::cors::Cors;
use shared::routes::{self, Service};
use shared::telemetry::metrics::{self, Histogram};
use shared::telemetry::traces::{Origin, Span};

use crate::receive::client;
use crate::{App, endpoints, sentry};

/// The body of every answer.
pub(crate) type Body = Full<Bytes>;

/// What the endpoints know about a request besides its body.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) app: &'a App,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Option<String>,
    pub(crate) client: IpAddr,
    /// The request's span, where it is traced.
    pub(crate) origin: Option<Origin>,
}

/// A path through which events come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Errors,
    Batch,
}

impl Door {
    const ALL: [Self; 2] = [Self::Errors, Self::Batch];

    /// Where it is, as the table of routes spells it.
    fn path(self) -> &'static str {
        match self {
            Self::Errors => "/api/errors",
            Self::Batch => "/api/errors/batch",
        }
    }

    fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|door| door.path() == path)
    }
}

/// Answers a request; there is always an answer.
pub(crate) async fn answer(app: &App, peer: IpAddr, request: Request<Incoming>) -> Response<Body> {
    let started = tokio::time::Instant::now();
    let request_id = api::request_id(request.headers().get(&X_REQUEST_ID));
    let origin = request.headers().get(header::ORIGIN).cloned();
    let method = request.method().clone();
    let is_dsn_door = sentry::Door::of(request.uri().path()).is_some();
    let ops = shared::ops::answer(&method, request.uri().path(), app.ready(), &app.metrics);
    let mut response = match ops {
        Some(response) => response.map(|body: Vec<u8>| Full::new(body.into())),
        None => {
            let environment = app.config.service.environment;
            let entrance = Entrance::of(request.uri().path());
            let mut span = Span::server(&method, entrance.map(Entrance::path), request.headers());
            let arrived = Arrived { peer, entrance, origin: span.as_ref().map(Span::origin) };
            let outcome = route(app, arrived, request).await;
            let response = outcome.unwrap_or_else(|error| {
                error
                    .into_response(environment, &request_id)
                    .map(|body: Vec<u8>| Full::new(body.into()))
            });
            let (status, took) = (response.status(), started.elapsed());
            metrics::observe(Histogram::RequestDurationSeconds, class(status), took.as_secs_f64());
            app.vitals.answered(status, took);
            if let Some(span) = &mut span {
                span.answered(status);
            }
            response
        }
    };
    let headers = response.headers_mut();
    if is_dsn_door {
        Cors::open(headers);
    } else {
        app.cors.decorate(origin.as_ref(), headers);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(X_REQUEST_ID, value);
    }
    response
}

/// What is known about a request before it is read.
#[derive(Debug, Clone, Copy)]
struct Arrived {
    peer: IpAddr,
    entrance: Option<Entrance>,
    origin: Option<Origin>,
}

async fn route(
    app: &App,
    arrived: Arrived,
    request: Request<Incoming>,
) -> Result<Response<Body>, ApiError> {
    let (parts, body) = request.into_parts();
    let Arrived { peer, entrance, origin } = arrived;
    let entrance = entrance.ok_or_else(|| ApiError::unknown_path(parts.uri.path()))?;
    if parts.method == Method::OPTIONS {
        return Ok(preflight(entrance));
    }
    if !entrance.takes(&parts.method) {
        return Err(ApiError::method_not_allowed(routes::allowed_methods(entrance.path())));
    }
    let context = Context {
        app,
        client: client::address(peer, &parts.headers, &app.config.trusted_proxies),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        origin,
    };
    match entrance {
        Entrance::Ours(door) => endpoints::submit(door, &context, body).await,
        Entrance::Sentry(door) => {
            let call = endpoints::sentry::Call { door, method: &parts.method, context: &context };
            endpoints::sentry::submit(call, body).await
        }
    }
}

/// Any way in.
#[derive(Debug, Clone, Copy)]
enum Entrance {
    Ours(Door),
    Sentry(sentry::Door),
}

impl Entrance {
    fn of(path: &str) -> Option<Self> {
        Door::of(path).map(Self::Ours).or_else(|| sentry::Door::of(path).map(Self::Sentry))
    }

    fn path(self) -> &'static str {
        match self {
            Self::Ours(door) => door.path(),
            Self::Sentry(door) => door.path(),
        }
    }

    /// Whether events come in by this method; `HEAD` follows `GET`.
    fn takes(self, method: &Method) -> bool {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        routes::find(method, self.path()).is_some_and(|route| route.service == Service::Ingest)
    }
}

fn preflight(entrance: Entrance) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().extend(Cors::preflight(&routes::allowed_methods(entrance.path())));
    response
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "2xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::access::Permission;
    use shared::routes::{Class, Needs};

    use super::*;

    #[test]
    fn every_door_stands_in_the_table_of_routes_and_nothing_else_of_ours() {
        let promised = routes::ALL.iter().filter(|route| route.service == Service::Ingest);
        let ours = Door::ALL.iter().map(|door| door.path());
        let doors: BTreeSet<_> = ours.chain(sentry::Door::PATHS).collect();
        assert_eq!(promised.clone().map(|route| route.path).collect::<BTreeSet<_>>(), doors);
        for route in promised {
            assert_eq!(route.needs, Needs::Key(Permission::Ingest), "{route:?}");
            assert_eq!(route.class, Class::Errors, "{route:?}");
        }
    }
}
