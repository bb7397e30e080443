//! What every service answers to its operator, on its own port and without a key.

use http::{HeaderValue, Method, Response, StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use crate::api::json_response;
use crate::time;

/// Answers `/health`, `/ready` and `/metrics`; `None` for every other path or method.
pub fn answer<B: From<Vec<u8>>>(
    method: &Method,
    path: &str,
    ready: Result<(), &'static str>,
    metrics: &PrometheusHandle,
) -> Option<Response<B>> {
    if method != Method::GET && method != Method::HEAD {
        return None;
    }
    match path {
        "/health" => {
            let body = json!({"status": "ok", "timestamp": time::format(time::now())});
            Some(json_response(StatusCode::OK, &body))
        }
        "/ready" => Some(match ready {
            Ok(()) => json_response(StatusCode::OK, &json!({"status": "ready"})),
            Err(reason) => json_response(
                StatusCode::SERVICE_UNAVAILABLE,
                &json!({"status": "not ready", "reason": reason}),
            ),
        }),
        "/metrics" => {
            let mut response = Response::new(B::from(metrics.render().into_bytes()));
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
            );
            Some(response)
        }
        _ => None,
    }
}
