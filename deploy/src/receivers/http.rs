//! A web server that takes posts.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::{MAX_LINE, listen};

/// What the server does with a post.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Answers with a status and a body.
    Answer(u16, String),
    /// Answers that the resource is elsewhere.
    Redirect(String),
    /// Reads, and never answers.
    Hang,
    /// Answers the head of a success, and never the body.
    HangAfterHead,
    /// Answers a success with a body that never ends.
    Endless,
    /// Closes the connection without a word.
    Close,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The method, the target and the version.
    pub line: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Posted {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A web server on loopback. It ends when this is dropped.
#[derive(Debug)]
pub struct HttpReceiver {
    address: SocketAddr,
    posted: Arc<Mutex<Vec<Posted>>>,
    scheme: &'static str,
    _serving: JoinSet<()>,
}

impl HttpReceiver {
    /// Starts a server.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(behaviour: Behaviour) -> io::Result<Self> {
        Self::start_with(behaviour, None).await
    }

    /// Starts a server that speaks TLS where it is told how.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start_with(behaviour: Behaviour, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let (listener, address) = listen().await?;
        let posted = Arc::new(Mutex::new(Vec::new()));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, behaviour, Arc::clone(&posted), tls));
        Ok(Self { address, posted, scheme, _serving: serving })
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What has arrived, and is answered or about to be.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(
    listener: TcpListener,
    behaviour: Behaviour,
    posted: Arc<Mutex<Vec<Posted>>>,
    tls: Option<TlsAcceptor>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (behaviour, posted, tls) = (behaviour.clone(), Arc::clone(&posted), tls.clone());
        connections.spawn(async move {
            // How a connection ends is for the test to notice at its own end.
            let outcome = match tls {
                None => answer(stream, &behaviour, &posted).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => answer(stream, &behaviour, &posted).await,
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = outcome {
                tracing::debug!(%error, "a connection to a receiver ended");
            }
        });
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    behaviour: &Behaviour,
    posted: &Mutex<Vec<Posted>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream).await?;
    posted.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    let head = match behaviour {
        Behaviour::Answer(status, body) => {
            format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        }
        Behaviour::Redirect(to) => {
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
        }
        Behaviour::HangAfterHead => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n".to_owned(),
        Behaviour::Endless => "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
        Behaviour::Hang | Behaviour::Close => String::new(),
    };
    stream.write_all(head.as_bytes()).await?;
    stream.flush().await?;
    match behaviour {
        Behaviour::Hang | Behaviour::HangAfterHead => std::future::pending().await,
        Behaviour::Endless => loop {
            stream.write_all(&[b'x'; 4_096]).await?;
        },
        Behaviour::Answer(..) | Behaviour::Redirect(_) | Behaviour::Close => {
            stream.shutdown().await
        }
    }
}

async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Posted> {
    let line = read_line(stream).await?;
    let mut headers = Vec::new();
    loop {
        let header = read_line(stream).await?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut posted = Posted { line, headers, body: Vec::new() };
    let length = posted.header("content-length").and_then(|text| text.parse().ok());
    posted.body = vec![0; length.unwrap_or(0).min(1 << 20)];
    stream.read_exact(&mut posted.body).await?;
    Ok(posted)
}

/// A line without its end.
async fn read_line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<String> {
    let mut line = String::new();
    stream.take(MAX_LINE as u64).read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}
