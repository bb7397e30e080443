//! Who sent a request, seen through the proxies that are trusted.

use std::net::IpAddr;

use http::{HeaderMap, header};
use ipnet::IpNet;

/// A user agent is shown, not read; a longer one says nothing more.
const MAX_USER_AGENT_CHARS: usize = 512;

/// The address of the client: the peer, or what the nearest untrusted hop is said to be.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let peer = peer.to_canonical();
    if !is_trusted(&peer) {
        return peer;
    }
    let hops =
        headers.get_all("x-forwarded-for").iter().rev().filter_map(|value| value.to_str().ok());
    let mut nearest = peer;
    for hop in hops.flat_map(|line| line.rsplit(',')) {
        // What comes before a hop that can't be read is hearsay.
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !is_trusted(&nearest) {
            break;
        }
    }
    nearest
}

/// The `User-Agent`, cut to a sane length.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(MAX_USER_AGENT_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, forwarded: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted = ["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        assert_eq!(address(peer.parse().unwrap(), &headers, &trusted).to_string(), expected);
    }

    #[test]
    fn forwarded_addresses_are_believed_from_trusted_proxies_only() {
        check("127.0.0.1", &["203.0.113.9"], "203.0.113.9");
        check("::ffff:127.0.0.1", &["203.0.113.9"], "203.0.113.9");
        check("203.0.113.1", &["198.51.100.7"], "203.0.113.1");
        check("127.0.0.1", &[], "127.0.0.1");
    }

    #[test]
    fn a_client_cant_put_an_address_before_its_own() {
        check("127.0.0.1", &["1.2.3.4, 203.0.113.9, 10.1.1.1"], "203.0.113.9");
        check("127.0.0.1", &["1.2.3.4", "203.0.113.9"], "203.0.113.9");
        check("127.0.0.1", &["1.2.3.4, nonsense"], "127.0.0.1");
    }
}
