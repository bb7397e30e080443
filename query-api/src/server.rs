//! Accepts connections, bounded in number and in what each may send, and drains them at the end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use shared::lifecycle;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::app::App;

/// Open connections; the edge keeps some hundreds. Further ones wait in the listen queue.
const MAX_CONNECTIONS: usize = 4_096;

/// A client has this long to send a request's head, waiting between two requests included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Request line and headers together; a thousand ids in a query string fit.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// For so long after the signal new connections are still served, with `/ready` at 503, until the edge
/// has noticed and sends no more.
const FAREWELL: Duration = Duration::from_secs(2);

/// The pause after an accept that failed for want of descriptors, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until the shutdown, then waits up to `grace` for requests and changes under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, app: &Arc<App>, grace: Duration) {
    let connections = GracefulShutdown::new();
    accept(&listener, &router, app, &connections).await;
    // New connections are refused from here on.
    drop(listener);
    app.changes.close();
    let drained = async {
        connections.shutdown().await;
        app.changes.wait().await;
    };
    if tokio::time::timeout(grace, drained).await.is_err() {
        tracing::warn!("requests did not end in time");
    }
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    app: &Arc<App>,
    connections: &GracefulShutdown,
) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let closing = async {
        app.shutdown.cancelled().await;
        tokio::time::sleep(FAREWELL).await;
    };
    let mut closing = std::pin::pin!(closing);
    loop {
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            next = next => next,
            () = &mut closing => return,
        };
        match accepted {
            Ok((stream, _peer)) => {
                let connection = connections.watch(connection(stream, router.clone()));
                lifecycle::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended badly");
                    }
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn connection(
    stream: TcpStream,
    router: Router,
) -> http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}
