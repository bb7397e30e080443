//! Connects to what an administrator named, and to nothing inside our own network.
//!
//! A name is resolved once, every address that comes back is judged, and the connection goes to one
//! of exactly those addresses. Judging the name, or resolving it again to connect, would leave room
//! for a name that changes its mind in between.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;

use super::error::SendError;

/// For resolving the name and for connecting, each.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 4;

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those of the public internet.
    Public,
    /// Private and reserved ones, too.
    Private,
}

/// Connects to a host within the reach.
pub(super) async fn connect(host: &str, port: u16, reach: Reach) -> Result<TcpStream, SendError> {
    let addresses = resolve(host, port).await?;
    if reach == Reach::Public && addresses.iter().any(|address| is_internal(address.ip())) {
        return Err(SendError::Refused { host: host.to_owned() });
    }
    let failed = |source| SendError::Connect { host: host.to_owned(), port, source };
    let attempts = addresses.into_iter().take(MAX_ADDRESSES);
    match tokio::time::timeout(CONNECT_TIMEOUT, connect_to_any(attempts)).await {
        Ok(connected) => connected.map_err(failed),
        Err(_elapsed) => Err(failed(io::ErrorKind::TimedOut.into())),
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, SendError> {
    let unresolved = |source| SendError::Unresolved { host: host.to_owned(), source };
    let lookup = tokio::time::timeout(CONNECT_TIMEOUT, tokio::net::lookup_host((host, port))).await;
    let found = lookup.map_err(|_| unresolved(io::ErrorKind::TimedOut.into()))?;
    let addresses: Vec<SocketAddr> = found.map_err(unresolved)?.collect();
    if addresses.is_empty() {
        return Err(unresolved(io::ErrorKind::NotFound.into()));
    }
    Ok(addresses)
}

async fn connect_to_any(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Whether a host is an address that messages do not go to. Names are judged by what they resolve
/// to, when a message is sent.
pub fn is_internal_literal(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse().is_ok_and(is_internal) || host.eq_ignore_ascii_case("localhost")
}

/// Whether an address is set aside from the public internet.
pub(super) fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_internal_v4(address),
        IpAddr::V6(address) => is_internal_v6(address),
    }
}

/// What IANA keeps from the public internet, and a public address at which a cloud answers its guests.
const INTERNAL_V4: [(Ipv4Addr, u32); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),          // this host
    (Ipv4Addr::new(10, 0, 0, 0), 8),         // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),      // shared by carriers
    (Ipv4Addr::new(127, 0, 0, 0), 8),        // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32),   // metadata of Azure
    (Ipv4Addr::new(169, 254, 0, 0), 16),     // link-local, metadata of most clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),      // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),       // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),       // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),     // relays of 6to4
    (Ipv4Addr::new(192, 168, 0, 0), 16),     // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),      // measurements
    (Ipv4Addr::new(198, 51, 100, 0), 24),    // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),     // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),        // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),        // reserved
    (Ipv4Addr::new(255, 255, 255, 255), 32), // broadcast
];

/// What is set aside within the part of IPv6 that is handed out.
const INTERNAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, Teredo among them
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16), // segment routing
];

/// The part of IPv6 that is handed out. Loopback, link-local, unique-local and multicast lie outside.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

fn is_internal_v4(address: Ipv4Addr) -> bool {
    INTERNAL_V4.iter().any(|(network, length)| {
        let differs = address.to_bits() ^ network.to_bits();
        differs >> (32 - length) == 0
    })
}

fn is_internal_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = embedded_v4(address) {
        return is_internal_v4(inner);
    }
    let within = |(network, length): (Ipv6Addr, u32)| {
        let differs = address.to_bits() ^ network.to_bits();
        differs >> (128 - length) == 0
    };
    !within(GLOBAL_V6) || INTERNAL_V6.into_iter().any(within)
}

/// The IPv4 address that packets to an IPv6 address end at: mapped, through NAT64, or by 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(join(high, low))
        }
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(addresses: &[&str], internal: bool) {
        for address in addresses {
            assert_eq!(is_internal(address.parse().unwrap()), internal, "{address}");
        }
    }

    #[test]
    fn what_is_set_aside_is_internal() {
        check(
            &[
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "10.255.255.255",
                "100.64.0.1",
                "100.100.100.200",
                "127.0.0.1",
                "127.9.9.9",
                "168.63.129.16",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.192",
                "192.168.1.1",
                "198.18.0.1",
                "198.19.255.255",
                "203.0.113.9",
                "224.0.0.1",
                "239.255.255.250",
                "240.0.0.1",
                "255.255.255.255",
            ],
            true,
        );
        check(
            &[
                "::",
                "::1",
                "::7f00:1",
                "fe80::1",
                "fec0::1",
                "fc00::1",
                "fd00:ec2::254",
                "ff02::1",
                "2001:db8::1",
                "2001::1",
                "100::1",
                "3fff::1",
                "5f00::1",
                "64:ff9b:1::1",
            ],
            true,
        );
    }

    #[test]
    fn an_ipv4_address_within_an_ipv6_one_is_judged() {
        check(
            &[
                "::ffff:127.0.0.1",
                "::ffff:169.254.169.254",
                "64:ff9b::10.0.0.1",
                "2002:7f00:1::1",
                "2002:a9fe:a9fe::",
            ],
            true,
        );
        check(&["::ffff:93.184.215.14", "64:ff9b::93.184.215.14", "2002:5db8:d70e::1"], false);
    }

    #[test]
    fn the_public_internet_is_not_internal() {
        check(
            &[
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.1.1.1",
                "172.15.255.255",
                "172.32.0.0",
                "192.167.255.255",
                "192.169.0.0",
                "223.255.255.255",
            ],
            false,
        );
        check(&["2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888"], false);
    }

    #[test]
    fn literals_are_known_without_resolving() {
        for (host, internal) in [
            ("127.0.0.1", true),
            ("[::1]", true),
            ("LOCALHOST", true),
            ("1.1.1.1", false),
            ("a.example", false),
        ] {
            assert_eq!(is_internal_literal(host), internal, "{host}");
        }
    }

    #[tokio::test]
    async fn names_and_spellings_of_loopback_are_refused() {
        for host in ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "::1", "0"] {
            let outcome = connect(host, 9, Reach::Public).await;
            assert!(matches!(outcome, Err(SendError::Refused { .. })), "{host}: {outcome:?}");
        }
    }

    #[tokio::test]
    async fn within_a_private_reach_loopback_answers() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(connect("127.0.0.1", port, Reach::Private).await.is_ok());
        drop(listener);
        let outcome = connect("127.0.0.1", port, Reach::Private).await;
        assert!(matches!(outcome, Err(SendError::Connect { .. })), "{outcome:?}");
    }

    proptest! {
        #[test]
        fn mapping_changes_no_verdict(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(is_internal(address.into()), is_internal(address.to_ipv6_mapped().into()));
        }
    }
}
