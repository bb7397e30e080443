//! What this process answers itself: its own `/ready`, asked over loopback like anybody would.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http::{Request, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A process that needs longer is not ready.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A look at `/ready`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) ready: bool,
    pub(super) took: Duration,
}

/// Asks the service that listens on the address.
pub(super) async fn look(listening: SocketAddr) -> Look {
    let started = Instant::now();
    let asked = tokio::time::timeout(TIMEOUT, ask(reachable(listening))).await;
    Look { ready: asked.ok().flatten().unwrap_or(false), took: started.elapsed() }
}

/// Where a service that listens on all addresses is reached from its own host.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// Whether it says that it is ready; none when it says nothing.
async fn ask(address: SocketAddr) -> Option<bool> {
    let stream = TcpStream::connect(address).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::get("/ready")
        .header(header::HOST, "localhost")
        .header(header::CONNECTION, "close")
        .body(String::new())
        .ok()?;
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answer = tokio::select! {
        answer = &mut answer => answer,
        // A connection may end with the answer that it brought.
        _ended = connection => answer.await,
    };
    Some(answer.ok()?.status().is_success())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn check(answer: &'static [u8], ready: bool) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = crate::lifecycle::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).await.unwrap();
            assert!(head[..read].starts_with(b"GET /ready HTTP/1.1\r\n"));
            stream.write_all(answer).await.unwrap();
        });
        assert_eq!(look(address).await.ready, ready);
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn only_a_good_answer_is_ready() {
        check(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true).await;
        check(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", false).await;
        check(b"", false).await;
        check(b"nonsense\r\n\r\n", false).await;
    }

    #[test]
    fn all_addresses_are_reached_over_loopback() {
        for (listening, expected) in [
            ("0.0.0.0:8081", "127.0.0.1:8081"),
            ("[::]:8081", "[::1]:8081"),
            ("10.0.0.7:8081", "10.0.0.7:8081"),
        ] {
            let reached = reachable(listening.parse().unwrap());
            assert_eq!(reached, expected.parse().unwrap());
        }
    }
}
