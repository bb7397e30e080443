//! What probes and Prometheus ask.

use std::sync::Arc;
use std::time::Duration;

use axum::response::IntoResponse as _;
use http::{StatusCode, header};
use serde_json::json;
use shared::api::{ApiError, json_response};
use shared::postgres::DbError;

use crate::app::App;
use crate::db;
use crate::routes::Answer;

/// A Postgres that needs longer for `SELECT 1` is not ready for requests.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// `GET /health`: the process answers.
pub(crate) async fn health(_app: Arc<App>) -> Answer {
    let body = json!({"status": "ok", "timestamp": shared::time::format(shared::time::now())});
    Ok(json_response(StatusCode::OK, &body))
}

/// `GET /ready`: requests would be answered. Turns to 503 first when the service shuts down, so
/// that the edge sends nothing new.
pub(crate) async fn ready(app: Arc<App>) -> Answer {
    if app.shutdown.is_cancelled() {
        return Err(ApiError::unavailable("The service is shutting down", 1));
    }
    if app.access.table().is_none() {
        return Err(ApiError::unavailable("The keys are not loaded yet", 1));
    }
    match tokio::time::timeout(PROBE_TIMEOUT, probe(&app)).await {
        Ok(Ok(())) => Ok(json_response(StatusCode::OK, &json!({"status": "ready"}))),
        Ok(Err(error)) => {
            Err(ApiError::unavailable("Postgres does not answer", 1).with_cause(error))
        }
        Err(elapsed) => {
            Err(ApiError::unavailable("Postgres does not answer", 1).with_cause(elapsed))
        }
    }
}

async fn probe(app: &App) -> Result<(), DbError> {
    let client = db::client(&app.pool).await?;
    client.simple_query("SELECT 1").await.map_err(DbError::statement("probe Postgres"))?;
    Ok(())
}

/// `GET /metrics`, in the text form of Prometheus.
pub(crate) async fn metrics(app: Arc<App>) -> Answer {
    let content_type = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    Ok(([content_type], app.metrics.render()).into_response())
}
