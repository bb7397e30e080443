//! Services outside, for tests of what is sent to them: a web server and a mail server on loopback
//! that remember what they get, and that misbehave on request.
//!
//! They speak their protocols by themselves, byte by byte, so that they agree with our client about
//! nothing but the wire.

mod http;
mod smtp;

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

pub use self::http::{Behaviour, HttpReceiver, Posted};
pub use self::smtp::{Mail, SmtpOptions, SmtpReceiver};

/// Longer than any test waits.
const MAX_LINE: usize = 64 << 10;

async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
