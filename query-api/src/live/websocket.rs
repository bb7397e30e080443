//! WebSockets: the handshake, and what goes to and fro.

use std::ops::ControlFlow;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::UPGRADE;
use http::{Method, Request, Version};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use shared::api::{ApiError, FieldErrorKind};
use shared::lifecycle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_util::task::TaskTracker;

use super::hub::Transport;
use super::message::End;
use super::queue::Next;
use super::subscribe::Subscription;
use crate::call::Call;

/// How long the connection may take to become a WebSocket after the answer that says so.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a client may take to close its side.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Clients have nothing to say but pongs and a goodbye.
const MAX_INCOMING: usize = 1 << 10;

/// A connection that is to become a WebSocket.
#[derive(Debug)]
pub(super) struct Handshake {
    response: http::Response<()>,
    upgrade: OnUpgrade,
}

/// How a request wants to be answered.
pub(super) fn transport(call: &Call) -> Transport {
    let upgrade = call.headers().get(UPGRADE).and_then(|value| value.to_str().ok());
    let wanted = upgrade.is_some_and(|name| name.trim().eq_ignore_ascii_case("websocket"));
    if wanted { Transport::WebSocket } else { Transport::ServerSentEvents }
}

/// The handshake of a request that wants a WebSocket.
pub(super) fn handshake(call: &Call) -> Result<Option<Handshake>, ApiError> {
    if transport(call) != Transport::WebSocket {
        return Ok(None);
    }
    let refuse = |reason: String| {
        ApiError::field(
            FieldErrorKind::Malformed,
            "upgrade",
            format!("must be a good handshake of a WebSocket: {reason}"),
        )
    };
    let mut request = Request::new(());
    *request.method_mut() = Method::GET;
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = call.headers().clone();
    let response = create_response(&request).map_err(|error| refuse(error.to_string()))?;
    let upgrade =
        call.upgrade().ok_or_else(|| refuse("the connection can't be upgraded".to_owned()))?;
    Ok(Some(Handshake { response, upgrade }))
}

/// Answers the handshake and goes on with the connection in the background.
pub(super) fn respond(
    handshake: Handshake,
    subscription: Subscription,
    tasks: &TaskTracker,
) -> Response {
    let Handshake { response, upgrade } = handshake;
    lifecycle::spawn(tasks.track_future(async move {
        match tokio::time::timeout(UPGRADE_TIMEOUT, upgrade).await {
            Ok(Ok(upgraded)) => serve(upgraded, &subscription).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection became no WebSocket"),
            Err(_elapsed) => tracing::debug!("a connection became no WebSocket in time"),
        }
    }));
    response.map(|()| Body::empty())
}

type Socket = WebSocketStream<TokioIo<Upgraded>>;

async fn serve(upgraded: Upgraded, subscription: &Subscription) {
    // Hundreds of connections that say nothing must cost next to nothing.
    let config = WebSocketConfig::default()
        .read_buffer_size(MAX_INCOMING)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_INCOMING))
        .max_frame_size(Some(MAX_INCOMING));
    let io = TokioIo::new(upgraded);
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let client = subscription.client();
    loop {
        let step = tokio::select! {
            next = subscription.next() => {
                tokio::select! {
                    step = send(&mut socket, next, subscription) => step,
                    () = client.cut.cancelled() => ControlFlow::Break(()),
                }
            }
            incoming = socket.next() => match incoming {
                Some(Ok(_)) => {
                    client.pulse.note_answer();
                    ControlFlow::Continue(())
                }
                Some(Err(_)) | None => ControlFlow::Break(()),
            },
            () = client.cut.cancelled() => ControlFlow::Break(()),
        };
        if step.is_break() {
            return;
        }
    }
}

async fn send(socket: &mut Socket, next: Next, subscription: &Subscription) -> ControlFlow<()> {
    let message = match next {
        Next::Message(message) => Message::Text(message.text()),
        Next::Ping => {
            subscription.client().pulse.note_ping();
            Message::Ping(Bytes::new())
        }
        Next::End(end) => {
            close(socket, end).await;
            return ControlFlow::Break(());
        }
    };
    match socket.send(message).await {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            tracing::debug!(%error, "a WebSocket failed");
            ControlFlow::Break(())
        }
    }
}

/// Says goodbye, and waits for the client's, so that it reads what was sent before.
async fn close(socket: &mut Socket, end: End) {
    let frame = CloseFrame { code: end.close_code(), reason: end.reason().into() };
    let closing = async {
        socket.close(Some(frame)).await?;
        while let Some(Ok(_)) = socket.next().await {}
        Ok::<_, tokio_tungstenite::tungstenite::Error>(())
    };
    if let Ok(Err(error)) = tokio::time::timeout(CLOSE_TIMEOUT, closing).await {
        tracing::debug!(%error, "a WebSocket was gone before its end");
    }
}
