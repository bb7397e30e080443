//! Accepts connections, bounded in number and in what each may send, and drains them at the end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::service::TowerToHyperService;
use shared::connection::{self, Bounds};
use shared::lifecycle;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::live::Cut;

/// Open connections; the edge keeps some hundreds. Further ones wait in the listen queue.
const MAX_CONNECTIONS: usize = 4_096;

/// The wait between two requests counts as time for a head; a thousand ids in a query string fit.
const BOUNDS: Bounds = Bounds { head_time: Duration::from_secs(30), head_bytes: 64 << 10 };

/// For so long after the signal new connections are still served, with `/ready` at 503, until the edge
/// has noticed and sends no more.
const FAREWELL: Duration = Duration::from_secs(2);

/// The pause after an accept that failed for want of descriptors, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until the shutdown, then waits up to `grace` for requests and changes under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, app: &Arc<App>, grace: Duration) {
    let (connections, stop) = (TaskTracker::new(), CancellationToken::new());
    accept(&listener, &router, app, &connections, &stop).await;
    // New connections are refused from here on.
    drop(listener);
    app.live.close();
    stop.cancel();
    connections.close();
    app.changes.close();
    let drained = async {
        connections.wait().await;
        app.changes.wait().await;
        app.live.closed().await;
    };
    if tokio::time::timeout(grace, drained).await.is_err() {
        tracing::warn!("requests did not end in time");
    }
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    app: &Arc<App>,
    connections: &TaskTracker,
    stop: &CancellationToken,
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
                let open = app.vitals.connected();
                let connection = connection(stream, router.clone(), stop.clone());
                lifecycle::spawn(connections.track_future(async move {
                    connection.await;
                    drop((slot, open));
                }));
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
    let cut = Cut::default();
    let ended = cut.0.clone();
    let answers = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(cut.clone());
        answers.call(request)
    });
    tokio::select! {
        () = connection::serve(stream, BOUNDS, service, stop) => {}
        () = ended.cancelled() => {}
    }
}
