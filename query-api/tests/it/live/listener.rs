//! Clients of the live feed, by either transport.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use shared::lifecycle;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::support::{Instance, PATIENCE};

/// How a client connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    WebSocket,
    ServerSentEvents,
}

pub(super) const BOTH: [By; 2] = [By::WebSocket, By::ServerSentEvents];

/// Bytes that a client's side of a connection holds, so that the service notices soon who does not read.
const RECEIVE_BUFFER: u32 = 4 << 10;

/// A client that has been taken in.
pub(super) struct Listener {
    connection: Connection,
    /// What it was told last.
    pub(super) last_id: Value,
}

enum Connection {
    WebSocket(Box<WebSocketStream<TcpStream>>),
    ServerSentEvents { body: Incoming, text: String },
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With a code, by a WebSocket's close.
    Closed(u16),
    /// With the end of the answer.
    Over,
}

impl Listener {
    /// Connects; a refusal comes back as its status.
    pub(super) async fn try_connect(
        instance: &Instance,
        by: By,
        (key, query): (&str, &str),
        last_id: Option<&Value>,
    ) -> Result<Self, u16> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(RECEIVE_BUFFER).unwrap();
        let stream = socket.connect(instance.address().parse().unwrap()).await.unwrap();
        let connecting = async {
            match by {
                By::WebSocket => web_socket(stream, instance, (key, query), last_id).await,
                By::ServerSentEvents => events(stream, instance, (key, query), last_id).await,
            }
        };
        let connection = tokio::time::timeout(PATIENCE, connecting).await.unwrap()?;
        Ok(Self { connection, last_id: Value::Null })
    }

    /// Connects and reads the first message.
    pub(super) async fn connect(instance: &Instance, by: By, whom: (&str, &str)) -> Self {
        let mut listener = Self::try_connect(instance, by, whom, None).await.unwrap();
        assert_eq!(listener.next().await["type"], "hello");
        listener
    }

    /// Connects again and reads the first message.
    pub(super) async fn resume(
        instance: &Instance,
        by: By,
        whom: (&str, &str),
        last_id: &Value,
    ) -> Self {
        let mut listener = Self::try_connect(instance, by, whom, Some(last_id)).await.unwrap();
        assert_eq!(listener.next().await["type"], "hello");
        listener
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Value {
        let next = tokio::time::timeout(PATIENCE, self.read()).await;
        let message = next.expect("a message should come").expect("the connection should go on");
        if !message["last_id"].is_null() {
            self.last_id = message["last_id"].clone();
        }
        message
    }

    /// The next message of a type.
    pub(super) async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// The next message that satisfies a condition.
    pub(super) async fn until(&mut self, condition: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next().await;
            if condition(&message) {
                return message;
            }
        }
    }

    /// How the connection ends, which it must with no further message.
    pub(super) async fn ended(mut self) -> Ended {
        let ended = tokio::time::timeout(PATIENCE, self.read()).await;
        ended.expect("the connection should end").expect_err("nothing should come")
    }

    async fn read(&mut self) -> Result<Value, Ended> {
        match &mut self.connection {
            Connection::WebSocket(socket) => read_web_socket(socket).await,
            Connection::ServerSentEvents { body, text } => read_events(body, text).await,
        }
    }
}

/// The header of a key, or of a cookie in its place.
fn proof(key: &str) -> &'static str {
    if key.starts_with("errata_session=") { "cookie" } else { "x-api-key" }
}

async fn web_socket(
    stream: TcpStream,
    instance: &Instance,
    (key, query): (&str, &str),
    last_id: Option<&Value>,
) -> Result<Connection, u16> {
    let resume = last_id.map(|id| format!("&last_id={}", id.as_str().unwrap()));
    let resume = resume.unwrap_or_default();
    let url = format!("ws://{}/api/live?{query}{resume}", instance.address());
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert(proof(key), key.parse().unwrap());
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, answer)) => {
            assert_eq!(answer.headers()["access-control-allow-origin"], "*");
            Ok(Connection::WebSocket(Box::new(socket)))
        }
        Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

async fn events(
    stream: TcpStream,
    instance: &Instance,
    (key, query): (&str, &str),
    last_id: Option<&Value>,
) -> Result<Connection, u16> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    drop(lifecycle::spawn(connection));
    let mut request = Request::builder()
        .uri(format!("/api/live?{query}"))
        .header("host", instance.address())
        .header("accept", "text/event-stream")
        .header(proof(key), key);
    if let Some(id) = last_id {
        request = request.header("last-event-id", id.as_str().unwrap());
    }
    let answer = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    if answer.status() != 200 {
        return Err(answer.status().as_u16());
    }
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    Ok(Connection::ServerSentEvents { body: answer.into_body(), text: String::new() })
}

async fn read_web_socket(socket: &mut WebSocketStream<TcpStream>) -> Result<Value, Ended> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(Some(frame)))) => {
                // The service waits for the answer.
                drop(socket.flush().await);
                return Err(Ended::Closed(frame.code.into()));
            }
            Some(Ok(_)) => {}
            other => panic!("the connection broke: {other:?}"),
        }
    }
}

async fn read_events(body: &mut Incoming, text: &mut String) -> Result<Value, Ended> {
    loop {
        if let Some((event, rest)) = text.split_once("\n\n") {
            let message = event.lines().find_map(|line| line.strip_prefix("data: ")).map(|data| {
                let message: Value = serde_json::from_str(data).unwrap();
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                assert_eq!(field("event: "), message["type"].as_str());
                assert_eq!(field("id: "), message["last_id"].as_str());
                message
            });
            *text = rest.to_owned();
            match message {
                Some(message) => return Ok(message),
                // A comment.
                None => continue,
            }
        }
        let Some(frame) = body.frame().await else { return Err(Ended::Over) };
        if let Ok(data) = frame.expect("the connection should not break").into_data() {
            text.push_str(std::str::from_utf8(&data).unwrap());
        }
    }
}
