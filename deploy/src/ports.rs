//! Ports: whether one is taken, and free ones for throw-away parts.

use std::net::{Ipv4Addr, TcpListener};

use uuid::Uuid;

use crate::error::Error;

/// Below the range from which the kernel picks the source ports of outgoing connections, so that
/// an engine that was killed finds its port free when it starts again.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Whether something listens on this port, or the port cannot be had for another reason.
pub(crate) fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

/// `N` different ports that are free now. Nothing reserves them: the caller binds them at once.
/// The search starts at a random place, so that processes that search together do not collide.
pub(crate) fn free<const N: usize>() -> Result<[u16; N], Error> {
    let [first, second, ..] = *Uuid::new_v4().as_bytes();
    let start = u16::from_le_bytes([first, second]) % COUNT;
    let mut found = (0..COUNT)
        .map(|step| FIRST + (start + step) % COUNT)
        // Every listener stays open until all ports are found, so none is found twice.
        .filter_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok())
        .take(N)
        .collect::<Vec<_>>()
        .into_iter();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = found.next().ok_or(Error::NoFreePort)?;
        *port = listener.local_addr().map_err(|_gone| Error::NoFreePort)?.port();
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_port_is_taken() {
        let [port] = free().unwrap();
        assert!(!is_taken(port));
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(is_taken(port));
    }

    #[test]
    fn free_ports_differ() {
        let mut ports = free::<20>().unwrap();
        ports.sort_unstable();
        assert!(ports.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
