//! Accepts connections, bounds them, and lets the last requests finish.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use shared::connection::{self, Bounds, RequestBody};
use shared::lifecycle;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{App, router};

/// A client that does not finish its headers, or keeps an idle connection, is hung up on. Longer
/// than the edge keeps idle connections, so that the edge is the one that closes them. More bytes of
/// headers are an attack.
const BOUNDS: Bounds = Bounds { head_time: Duration::from_secs(30), head_bytes: 64 * 1024 };

/// For so long after the signal new connections are still served, with `/ready` at 503, until the edge
/// has noticed and sends no more.
const FAREWELL: Duration = Duration::from_secs(2);

/// Serves until the token is cancelled, then finishes the requests that were begun. Whether they
/// all finished within the grace time.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: CancellationToken,
) -> bool {
    let closing = async {
        shutdown.cancelled().await;
        tokio::time::sleep(FAREWELL).await;
    };
    let mut closing = std::pin::pin!(closing);
    let connections = Arc::new(Semaphore::new(app.config.max_connections));
    let (serving, stop) = (TaskTracker::new(), CancellationToken::new());
    loop {
        // Waits for a free place first: the kernel queues whoever comes meanwhile.
        let accepted = tokio::select! {
            place = Arc::clone(&connections).acquire_owned() => {
                let Ok(place) = place else { break };
                tokio::select! {
                    accepted = listener.accept() => accepted.map(|(stream, peer)| (stream, peer, place)),
                    () = &mut closing => break,
                }
            }
            () = &mut closing => break,
        };
        let Ok((stream, peer, place)) = accepted else {
            // Out of file descriptors: let other connections end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // An answer is one small write; waiting to fill a packet only delays it.
        stream.set_nodelay(true).ok();
        let (app, open) = (Arc::clone(&app), app.vitals.connected());
        let service = service_fn(move |request: Request<Incoming>| {
            let app = Arc::clone(&app);
            async move {
                Ok::<_, Infallible>(
                    router::answer(&app, peer.ip(), request.map(RequestBody::new)).await,
                )
            }
        });
        let connection = connection::serve(stream, BOUNDS, service, stop.clone());
        lifecycle::spawn(serving.track_future(async move {
            connection.await;
            drop((place, open));
        }));
    }
    drop(listener);
    stop.cancel();
    serving.close();
    tokio::time::timeout(app.config.service.shutdown_timeout, serving.wait()).await.is_ok()
}
