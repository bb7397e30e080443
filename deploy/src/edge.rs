//! The edge: HAProxy in front of the services.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::account::Account;
use crate::error::Error;
use crate::part::Part;
use crate::process::Stop;
use crate::programs;
use crate::provision::Program;
use crate::ready::Ready;
use crate::settings::ServicePorts;

/// The one that containers mount, too; everything variable comes from the environment.
const SETTINGS: &str = include_str!("../haproxy/haproxy.cfg");

/// HAProxy with its settings below `folder`, which the account can enter.
pub(crate) fn part(
    folder: &Path,
    logs: &Path,
    account: &Account,
    bind: IpAddr,
    ports: ServicePorts,
) -> Result<Part, Error> {
    let folder = folder.join("haproxy");
    let settings = folder.join("haproxy.cfg");
    account.folder(&folder)?;
    account.file(&settings, SETTINGS)?;
    let env = [
        ("BIND", bind.to_string()),
        ("PORT", ports.edge.to_string()),
        ("INGEST_PORT", ports.ingest.to_string()),
        ("QUERY_API_PORT", ports.query_api.to_string()),
        ("WORKER_PORT", ports.worker.to_string()),
    ];
    Ok(Part {
        name: "edge".to_owned(),
        title: "the edge (HAProxy)".to_owned(),
        program: programs::find("haproxy").ok_or_else(|| Program::HaProxy.missing())?,
        is_ours: false,
        // In the foreground, so that the process we started is the one that serves.
        args: vec!["-db".into(), "-f".into(), settings.into()],
        env: env.map(|(name, value)| (name.to_owned(), value)).into(),
        folder,
        account: account.clone(),
        log: logs.join("edge.log"),
        ports: vec![(ports.edge, "PORT")],
        ready: Ready::Http { address: reachable(bind, ports.edge), path: "/health" },
        start_limit: Duration::from_secs(15),
        stop: Stop::terminate(5),
    })
}

/// Where this machine reaches what listens on `bind`.
pub(crate) fn reachable(bind: IpAddr, port: u16) -> SocketAddr {
    let address = if bind.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { bind };
    (address, port).into()
}
