//! One POST to a service outside: over a connection of its own, without redirects and proxies, and
//! bounded in what it reads.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};

use super::error::SendError;
use super::target::{self, Reach};

/// What is read of an answer; the status says all that counts.
const MAX_ANSWER: usize = 64 << 10;

/// How long an answer's body is waited for once its status is there.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);

const USER_AGENT: &str = concat!("Errata/", env!("CARGO_PKG_VERSION"));

/// How connections are made.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) reach: Reach,
    pub(crate) tls: Arc<ClientConfig>,
}

/// What is posted. No log shows it: the URL is a secret.
pub(crate) struct Post {
    pub(crate) url: Url,
    pub(crate) content_type: &'static str,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) host: String,
    pub(crate) status: StatusCode,
    /// The beginning of the body.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Success, or what the status means; `reason` reads the body of a failure.
    pub(super) fn accepted(
        self,
        reason: impl FnOnce(&[u8]) -> Option<String>,
    ) -> Result<(), SendError> {
        let (host, status) = (self.host, self.status.as_u16());
        if self.status.is_success() {
            return Ok(());
        }
        if self.status.is_redirection() {
            return Err(SendError::Redirected { host, status });
        }
        Err(SendError::Answered { host, status, reason: reason(&self.body) })
    }
}

/// Reads a URL that messages can be posted to.
///
/// # Errors
/// When it is none; the error does not quote it, since such URLs are secrets.
pub fn parse_url(text: &str) -> Result<Url, SendError> {
    // The parser would leave line breaks out.
    if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(SendError::BadTarget("it must not contain blanks"));
    }
    let url = Url::parse(text).map_err(|_| SendError::BadTarget("it is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(SendError::BadTarget("it must begin with http:// or https://"));
    }
    if url.host_str().is_none_or(str::is_empty) || url.port() == Some(0) {
        return Err(SendError::BadTarget("it names no host"));
    }
    Ok(url)
}

/// Posts, and waits for the answer. The caller bounds the time.
pub(crate) async fn post(line: &Line, post: Post) -> Result<Reply, SendError> {
    let host = host_name(&post.url);
    // Known schemes have a default port; others were refused when the URL was read.
    let port = post.url.port_or_known_default().unwrap_or(443);
    let secure = post.url.scheme() == "https";
    let request = request(post)?;
    let stream = target::connect(&host, port, line.reach).await?;
    if secure {
        let mut tls = ClientConfig::clone(&line.tls);
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let stream = handshake(Arc::new(tls), &host, stream).await?;
        exchange(stream, host, request).await
    } else {
        exchange(stream, host, request).await
    }
}

/// The host as it is resolved and verified: an IPv6 address without brackets.
fn host_name(url: &Url) -> String {
    match url.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(host) => host.to_string(),
        None => String::new(),
    }
}

/// Agrees on TLS with the host at the other end of a connection.
pub(super) async fn handshake(
    tls: Arc<ClientConfig>,
    host: &str,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, SendError> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| SendError::BadTarget("its host can't have a certificate"))?;
    let failed = |source| SendError::Tls { host: host.to_owned(), source };
    TlsConnector::from(tls).connect(name, stream).await.map_err(failed)
}

fn request(post: Post) -> Result<Request<Full<Bytes>>, SendError> {
    let Post { url, content_type, headers, body } = post;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let mut request = Request::post(path)
        .body(Full::new(body))
        .map_err(|_| SendError::BadTarget("its path is not readable"))?;
    let fixed = request.headers_mut();
    *fixed = headers;
    let unsound = |_| SendError::BadTarget("its host is not readable");
    let authority = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    fixed.insert(header::HOST, HeaderValue::try_from(authority).map_err(unsound)?);
    fixed.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    fixed.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    fixed.insert(header::CONNECTION, HeaderValue::from_static("close"));
    if let Some(authorization) = authorization_of(&url) {
        fixed.entry(header::AUTHORIZATION).or_insert(authorization);
    }
    Ok(request)
}

/// What the URL's user and password say.
fn authorization_of(url: &Url) -> Option<HeaderValue> {
    let decoded = |text: &str| -> Vec<u8> { percent_encoding::percent_decode_str(text).collect() };
    let (user, password) = (decoded(url.username()), decoded(url.password().unwrap_or_default()));
    if user.is_empty() && password.is_empty() {
        return None;
    }
    Some(basic(&user, &password))
}

/// HTTP's basic authentication. The value is kept out of debugging output.
pub(super) fn basic(user: &[u8], password: &[u8]) -> HeaderValue {
    let text = format!("Basic {}", STANDARD.encode([user, b":", password].concat()));
    let mut value =
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

async fn exchange<S>(
    stream: S,
    host: String,
    request: Request<Full<Bytes>>,
) -> Result<Reply, SendError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |source| SendError::Exchange { host: host.clone(), source };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answered = async {
        let (parts, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
        let body = beginning_of(body).await;
        Ok(Reply { host: host.clone(), status: parts.status, body })
    };
    // The connection works only while it is polled. When it ends, the answer has been told what came.
    let driven = async {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to a channel ended");
        }
        std::future::pending::<Result<Reply, SendError>>().await
    };
    tokio::select! {
        reply = answered => reply,
        reply = driven => reply,
    }
}

/// As much of a body as is read. That it breaks off, goes on without end or hangs does not matter: the
/// status has been told.
async fn beginning_of(mut body: Incoming) -> Vec<u8> {
    let mut read = Vec::new();
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let Ok(data) = frame.into_data() else { continue };
            let room = MAX_ANSWER - read.len();
            read.extend_from_slice(data.get(..room).unwrap_or(&data));
            if read.len() >= MAX_ANSWER {
                return;
            }
        }
    };
    if tokio::time::timeout(BODY_TIMEOUT, reading).await.is_err() {
        tracing::debug!("the body of an answer took too long");
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_that_can_be_posted_to_are_taken() {
        for url in ["https://a.example/x?y=z", "http://[::1]:8080", "http://u:p@a.example"] {
            assert!(parse_url(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "a.example",
            "/x",
            "ftp://a.example",
            "file:///etc/passwd",
            "http://",
            "http://a.example:0/",
            "http://a b/",
            "gopher://a.example",
            "https://a.example:99999",
        ] {
            let error = parse_url(url).unwrap_err();
            assert!(matches!(error, SendError::BadTarget(_)), "{url}");
        }
    }

    #[test]
    fn a_request_says_where_it_goes_and_hides_the_password() {
        let url = parse_url("https://us%40er:p%3Aw@a.example:444/x/y?z=1#part").unwrap();
        let post = Post {
            url,
            content_type: "application/json",
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let request = request(post).unwrap();
        assert_eq!(request.uri(), "/x/y?z=1");
        assert_eq!(request.headers()["host"], "a.example:444");
        let authorization = &request.headers()["authorization"];
        assert_eq!(STANDARD.decode(&authorization.as_bytes()[6..]).unwrap(), b"us@er:p:w");
        assert!(!format!("{request:?}").contains("Basic"));
    }
}
