//! Health and metrics of the worker, the only HTTP it speaks.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use metrics_exporter_prometheus::PrometheusHandle;
use shared::api::{ApiError, X_REQUEST_ID};
use shared::config::Environment;
use shared::connection::{self, Bounds};
use shared::lifecycle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A scraper that sends no request within this time is hung up on.
const BOUNDS: Bounds = Bounds { head_time: Duration::from_secs(5), head_bytes: 16 << 10 };

/// How many lanes are taking messages.
#[derive(Debug, Default)]
pub struct Readiness {
    lanes: AtomicUsize,
}

impl Readiness {
    /// A lane takes messages from now on, until the guard is dropped.
    pub fn lane_up(self: &Arc<Self>) -> LaneUp {
        self.lanes.fetch_add(1, Ordering::Relaxed);
        LaneUp { readiness: Arc::clone(self) }
    }

    fn state(&self) -> Result<(), &'static str> {
        if self.lanes.load(Ordering::Relaxed) > 0 {
            Ok(())
        } else {
            Err("no connection to the broker")
        }
    }
}

/// A lane that takes messages.
#[derive(Debug)]
pub struct LaneUp {
    readiness: Arc<Readiness>,
}

impl Drop for LaneUp {
    fn drop(&mut self) {
        self.readiness.lanes.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves health and metrics until the token is cancelled.
pub async fn serve(
    listener: TcpListener,
    metrics: PrometheusHandle,
    readiness: Arc<Readiness>,
    shutdown: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors: let other connections end first.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (metrics, readiness, stop) =
            (metrics.clone(), Arc::clone(&readiness), shutdown.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = respond(&request, &metrics, &readiness, stop.is_cancelled());
            std::future::ready(Ok::<_, Infallible>(answer))
        });
        lifecycle::spawn(connection::serve(stream, BOUNDS, service, shutdown.clone()));
    }
}

fn respond(
    request: &Request<Incoming>,
    metrics: &PrometheusHandle,
    readiness: &Readiness,
    stopping: bool,
) -> Response<Full<Bytes>> {
    let id = shared::api::request_id(request.headers().get(&X_REQUEST_ID));
    let ready = if stopping { Err("shutting down") } else { readiness.state() };
    let answer = shared::ops::answer(request.method(), request.uri().path(), ready, metrics);
    let mut answer = answer
        .unwrap_or_else(|| {
            ApiError::unknown_path(request.uri().path()).into_response(Environment::Production, &id)
        })
        .map(|body: Vec<u8>| Full::new(body.into()));
    if let Ok(id) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(X_REQUEST_ID, id);
    }
    answer
}
