//! `GET /api/openapi.json`: what the API takes and answers, for programs.
//!
//! One file for each kind of thing describes its schemas and operations, in the pieces of `schema`,
//! `operation`, `parameters` and `failures`. What an operation needs is read from the table of
//! routes. Nothing here is on the way of another request, and paths that only operators reach
//! (`/ready`, `/metrics`) stand nowhere.

mod alert_firings;
mod alert_preview;
mod alert_rules;
mod analytics;
mod changes;
mod error_object;
mod errors;
mod event_object;
mod failures;
mod grouping;
mod health;
mod history;
mod incidents;
mod ingest;
mod integrations;
mod live;
mod merging;
mod monitoring;
mod operation;
mod parameters;
mod projects;
mod releases;
mod schema;
mod sentry;
mod service;
mod session;
mod settings_audit;
mod settings_keys;
mod settings_team;
mod stats;

use std::sync::{Arc, LazyLock};

use axum::response::Response;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use serde_json::{Map, Value, json};
use shared::routes;

use self::operation::Operation;
use crate::app::App;
use crate::routes::Answer;

/// The version of OpenAPI that the document follows.
const VERSION: &str = "3.1.0";

/// The document does not change while the service runs.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| document().to_string().into());

/// `GET /api/openapi.json`.
pub(crate) async fn get(_app: Arc<App>) -> Answer {
    let mut response = Response::new(axum::body::Body::from(DOCUMENT.clone()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

fn document() -> Value {
    json!({
        "openapi": VERSION,
        "info": {
            "title": "Errata",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INFO,
        },
        // Relative to where the document was read, which is where the API is.
        "servers": [{"url": "/"}],
        "tags": tags(),
        "paths": paths(),
        "components": {
            "securitySchemes": {"ApiKey": {
                "type": "apiKey", "in": "header", "name": "X-API-Key",
                "description": "`write` contains `ingest`, and `admin` contains all permissions.",
            }},
            "parameters": by_name(parameters::shared()),
            "headers": by_name(parameters::headers()),
            "responses": failures::responses(),
            "schemas": by_name(schemas()),
        },
    })
}

const INFO: &str = "Error tracking. An *event* is one report; an *error* is the group of all events \
    of a project that have one fingerprint.\n\nFields are only ever added, to answers too. Every \
    documented field of an answer is always present; what is not known is null. Times are written \
    as `2025-08-29T12:00:00.000Z`, and any RFC 3339 is read. Unknown fields and parameters are \
    ignored; known ones with bad values are refused, all at once. `HEAD` follows `GET`.\n\nEvery \
    answer to a key that has limits says where it stands: `X-RateLimit-Limit`, \
    `X-RateLimit-Remaining` and `X-RateLimit-Reset`.";

fn tags() -> Value {
    json!([
        {"name": "submitting", "description": "Errors come in."},
        {"name": "errors", "description": "Errors and their events are read and settled."},
        {"name": "statistics", "description": "Numbers over all errors, and how they move."},
        {"name": "alerts", "description": "What people are told of, and what they work on."},
        {"name": "monitoring", "description": "How the system itself fares."},
        {"name": "projects", "description": "What errors belong to."},
        {"name": "settings", "description": "Who may use the installation, and what it works with."},
        {"name": "service", "description": "The service itself."},
    ])
}

fn operations() -> impl Iterator<Item = Operation> {
    [
        ingest::operations(),
        sentry::operations(),
        errors::operations(),
        changes::operations(),
        merging::operations(),
        grouping::operations(),
        history::operations(),
        stats::operations(),
        analytics::operations(),
        releases::operations(),
        alert_rules::operations(),
        alert_preview::operations(),
        alert_firings::operations(),
        incidents::operations(),
        health::operations(),
        monitoring::operations(),
        projects::operations(),
        settings_keys::operations(),
        settings_team::operations(),
        settings_audit::operations(),
        integrations::operations(),
        live::operations(),
        session::operations(),
        service::operations(),
    ]
    .into_iter()
    .flatten()
}

fn schemas() -> Vec<schema::Field> {
    let mut schemas = failures::schemas();
    schemas.extend(ingest::schemas());
    schemas.extend(sentry::schemas());
    schemas.extend(error_object::schemas());
    schemas.extend(event_object::schemas());
    schemas.extend(grouping::schemas());
    schemas.extend(stats::schemas());
    schemas.extend(analytics::schemas());
    schemas.extend(releases::schemas());
    schemas.extend(alert_rules::schemas());
    schemas.extend(alert_preview::schemas());
    schemas.extend(alert_firings::schemas());
    schemas.extend(incidents::schemas());
    schemas.extend(health::schemas());
    schemas.extend(monitoring::schemas());
    schemas.extend(projects::schemas());
    schemas.extend(settings_keys::schemas());
    schemas.extend(settings_team::schemas());
    schemas.extend(settings_audit::schemas());
    schemas.extend(integrations::schemas());
    schemas.extend(live::schemas());
    schemas.extend(session::schemas());
    schemas
}

fn by_name(fields: Vec<schema::Field>) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn paths() -> Value {
    let mut paths = json!({});
    for operation in operations() {
        let (path, method) = (operation.path, operation.method.as_str().to_lowercase());
        // What answers to nobody is described to nobody.
        if let Some(route) = routes::find(&operation.method, path) {
            paths[path][method] = operation.into_value(route.needs);
        }
    }
    paths
}

#[cfg(test)]
mod tests;
