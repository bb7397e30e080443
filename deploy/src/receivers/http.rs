//! A web server that takes posts.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::{MAX_LINE, listen};

/// What the server does with a post.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Answers with a status and a body.
    Answer(u16, String),
    /// Answers that the resource is elsewhere.
    Redirect(String),
    /// Answers a success when a permit is there.
    Await(Arc<Semaphore>),
    /// Reads, and never answers.
    Hang,
    /// Answers the head of a success, and never the body.
    HangAfterHead,
    /// Answers a success with a body that never ends.
    Endless,
    /// Closes the connection without a word.
    Close,
    /// Each post gets the next of them, those beyond the last the last.
    InTurn(Vec<Self>),
}

impl Behaviour {
    /// What is done with the post that comes after so many others.
    fn after(&self, others: usize) -> &Self {
        match self {
            Self::InTurn(turns) => turns.get(others).or(turns.last()).unwrap_or(&Self::Close),
            always => always,
        }
    }
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
    /// When all of it had arrived.
    pub at: Instant,
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
    posted: watch::Receiver<Vec<Posted>>,
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
        let (arriving, posted) = watch::channel(Vec::new());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, behaviour, arriving, tls));
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
        self.posted.borrow().clone()
    }

    /// Waits until so many posts have arrived. The caller bounds the time.
    ///
    /// # Errors
    /// When the server has ended.
    pub async fn arrived(&self, posts: usize) -> io::Result<Vec<Posted>> {
        let mut posted = self.posted.clone();
        let arrived = posted.wait_for(|posted| posted.len() >= posts).await;
        let ended = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        arrived.map(|posted| posted.clone()).map_err(ended)
    }
}

async fn serve(
    listener: TcpListener,
    behaviour: Behaviour,
    posted: watch::Sender<Vec<Posted>>,
    tls: Option<TlsAcceptor>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (behaviour, posted, tls) = (behaviour.clone(), posted.clone(), tls.clone());
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
    posted: &watch::Sender<Vec<Posted>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream).await?;
    let mut others = 0;
    posted.send_modify(|posted| {
        others = posted.len();
        posted.push(request);
    });
    let behaviour = behaviour.after(others);
    if let Behaviour::Await(permits) = behaviour {
        permits.acquire().await.map_err(io::Error::other)?.forget();
    }
    let head = match behaviour {
        Behaviour::Answer(status, body) => {
            format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        }
        Behaviour::Redirect(to) => {
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
        }
        Behaviour::Await(_) => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
        Behaviour::HangAfterHead => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n".to_owned(),
        Behaviour::Endless => "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
        Behaviour::Hang | Behaviour::Close | Behaviour::InTurn(_) => String::new(),
    };
    stream.write_all(head.as_bytes()).await?;
    stream.flush().await?;
    match behaviour {
        Behaviour::Hang | Behaviour::HangAfterHead => std::future::pending().await,
        Behaviour::Endless => loop {
            stream.write_all(&[b'x'; 4_096]).await?;
        },
        Behaviour::Answer(..)
        | Behaviour::Redirect(_)
        | Behaviour::Await(_)
        | Behaviour::Close
        | Behaviour::InTurn(_) => stream.shutdown().await,
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
    let mut posted = Posted { line, headers, body: Vec::new(), at: Instant::now() };
    let length = posted.header("content-length").and_then(|text| text.parse().ok());
    posted.body = vec![0; length.unwrap_or(0).min(1 << 20)];
    stream.read_exact(&mut posted.body).await?;
    posted.at = Instant::now();
    Ok(posted)
}

/// A line without its end.
async fn read_line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<String> {
    let mut line = String::new();
    stream.take(MAX_LINE as u64).read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}
