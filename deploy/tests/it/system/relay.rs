//! A TCP relay between a service and an engine, whose directions a test can hold up or cut.
//!
//! Killing an engine shows what happens when connections break. What loses data in practice is the
//! connection that does not: bytes went one way and nothing comes back. It knows no protocol.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;

use deploy::services::{Options, Service};
use shared::lifecycle;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::client::System;
use super::quiet::Queues;

/// A system one of whose services reaches the broker through a relay.
pub(crate) async fn system_behind_relay(
    service: Service,
    change: impl FnOnce(Options) -> Options,
) -> (System, Relay, Queues) {
    let mut relay = None;
    let system = System::start_with(|options| {
        let url = options.env["AMQP_URL"].clone();
        let before_broker = relay.insert(Relay::before(&url));
        change(options).set_for(service, "AMQP_URL", &before_broker.url(&url))
    })
    .await;
    let queues = Queues::at(system.sandbox.amqp_url(), system.sandbox.namespace()).await;
    (system, relay.unwrap(), queues)
}

/// What the relay carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Everything.
    Open,
    /// What the service says, but nothing that the engine answers.
    NoAnswers,
    /// What the engine says, but nothing that the service answers.
    NoRequests,
    /// Nothing, although connections stand and new ones are taken.
    Nothing,
    /// Nothing, and new connections are closed at once.
    Refused,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Reset,
    Silence,
}

/// Stands before one engine. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Relay {
    port: u16,
    flow: watch::Sender<Flow>,
    /// How the connections that stand end; each change ends them.
    ends: watch::Sender<End>,
    accepting: AbortHandle,
}

impl Relay {
    /// A relay to the server that a URL names.
    pub(crate) fn before(url: &str) -> Self {
        let server: SocketAddr = authority(url).parse().unwrap();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (flow, ends) = (watch::Sender::new(Flow::Open), watch::Sender::new(End::Reset));
        let watching = (flow.subscribe(), ends.subscribe());
        let accepting = lifecycle::spawn(accept(listener, server, watching)).abort_handle();
        Self { port, flow, ends, accepting }
    }

    /// The URL with the relay in the server's place.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replacen(authority(url), &format!("127.0.0.1:{}", self.port), 1)
    }

    /// Changes what is carried. What was held up meanwhile goes on when it opens again.
    pub(crate) fn set(&self, flow: Flow) {
        self.flow.send_replace(flow);
    }

    /// Resets every connection that stands, with whatever is on its way.
    pub(crate) fn cut(&self) {
        self.ends.send_replace(End::Reset);
    }

    /// Carries nothing for the connections that stand, ever again, and tells nobody. New ones work.
    pub(crate) fn abandon(&self) {
        self.ends.send_replace(End::Silence);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

/// Host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").unwrap().1;
    let rest = rest.split(['/', '?']).next().unwrap();
    rest.rsplit('@').next().unwrap()
}

type Watching = (watch::Receiver<Flow>, watch::Receiver<End>);

async fn accept(listener: TcpListener, server: SocketAddr, (flow, ends): Watching) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        if *flow.borrow() == Flow::Refused {
            client.set_zero_linger().ok();
            continue;
        }
        let mut ends = ends.clone();
        ends.mark_unchanged();
        drop(lifecycle::spawn(carry(client, server, (flow.clone(), ends))));
    }
}

/// Carries both directions until one side closes, or the connection is cut.
async fn carry(client: TcpStream, server: SocketAddr, (flow, mut ends): Watching) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    // Closing then resets instead of ending in order, on both sides.
    client.set_zero_linger().ok();
    server.set_zero_linger().ok();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let open_for = |open: fn(Flow) -> bool| (flow.clone(), open);
    let carried_there = open_for(|flow| matches!(flow, Flow::Open | Flow::NoAnswers));
    let carried_back = open_for(|flow| matches!(flow, Flow::Open | Flow::NoRequests));
    let mut there = pin!(pump(from_client, to_server, carried_there));
    let mut back = pin!(pump(from_server, to_client, carried_back));
    tokio::select! {
        () = &mut there => {}
        () = &mut back => {}
        _ = ends.changed() => {
            if *ends.borrow() == End::Silence {
                // Holds on to both sockets, and looks at neither.
                std::future::pending::<()>().await;
            }
        }
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    (mut flow, is_open): (watch::Receiver<Flow>, fn(Flow) -> bool),
) {
    let mut chunk = vec![0; 64 << 10];
    loop {
        let Ok(length @ 1..) = from.read(&mut chunk).await else { return };
        if flow.wait_for(|flow| is_open(*flow)).await.is_err() {
            return;
        }
        if to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}
