//! What probes and Prometheus ask, on the same port as everything else but without a key.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::Method;
use shared::api::{ApiError, Code};
use shared::ops;

use crate::app::App;
use crate::db;
use crate::routes::Answer;

/// A Postgres that needs longer for `SELECT 1` is not ready for requests.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// `GET /health`: the process answers.
pub(crate) async fn health(app: Arc<App>) -> Answer {
    answer(&app, "/health", Ok(()))
}

/// `GET /ready`: requests would be answered. Turns to 503 first when the service shuts down, so
/// that the edge sends nothing new.
pub(crate) async fn ready(app: Arc<App>) -> Answer {
    let ready = readiness(&app).await;
    answer(&app, "/ready", ready)
}

/// `GET /metrics`, in the text form of Prometheus.
pub(crate) async fn metrics(app: Arc<App>) -> Answer {
    answer(&app, "/metrics", Ok(()))
}

fn answer(app: &App, path: &'static str, ready: Result<(), &'static str>) -> Answer {
    let answered: Option<axum::http::Response<Vec<u8>>> =
        ops::answer(&Method::GET, path, ready, &app.metrics);
    let response = answered.ok_or_else(|| ApiError::new(Code::NotFound, "Nothing answers here"))?;
    Ok(Response::from(response.map(axum::body::Body::from)))
}

async fn readiness(app: &App) -> Result<(), &'static str> {
    if app.shutdown.is_cancelled() {
        return Err("shutting down");
    }
    if app.access.table().is_none() {
        return Err("the keys are not loaded yet");
    }
    match tokio::time::timeout(PROBE_TIMEOUT, probe(app)).await {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err("Postgres does not answer"),
    }
}

async fn probe(app: &App) -> bool {
    match db::client(&app.pool).await {
        Ok(client) => client.simple_query("SELECT 1").await.is_ok(),
        Err(_away) => false,
    }
}
