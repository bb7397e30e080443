//! The port of a peer that a text about a connection names.

use super::keywords::Keyword;
use super::words::{Word, is_error_name};

/// Systems hand out ports from here on to clients; they say nothing about the peer.
const EPHEMERAL_PORTS: u32 = 32_768;

/// What the words so far say of the peer of a connection.
#[derive(Default)]
pub(super) struct Peer {
    /// The text speaks of a connection.
    is_network_failure: bool,
    /// The first number that is certain to be a port, though not of a peer.
    named: Option<u32>,
    /// The first port of a peer.
    reached: Option<u32>,
    clause: Clause,
}

#[derive(Default)]
struct Clause {
    /// Words that lead to a peer were read, so that a name with a number is its address.
    leads_to_peer: bool,
    /// A number behind a name, which is a port if the clause goes on to speak of a connection.
    port: Option<u32>,
    /// A colon behind the word before separates parts of one clause: `redis:6379: connection refused`.
    goes_on: bool,
}

impl Peer {
    pub(super) fn port(&self) -> Option<u32> {
        self.reached.or(self.named).filter(|_| self.is_network_failure)
    }

    /// Reads a word, of which it is known what it and the word before announce.
    pub(super) fn read(
        &mut self,
        word: &Word<'_>,
        keyword: Option<Keyword>,
        previous: Option<Keyword>,
    ) {
        let mark = word.clause_mark();
        if mark.is_some() && !(mark == Some(b':') && self.clause.goes_on) {
            self.clause = Clause::default();
        }
        self.clause.goes_on = keyword == Some(Keyword::Refused);
        self.read_port(word, previous);
        self.is_network_failure |=
            matches!(keyword, Some(Keyword::Refused | Keyword::Connect | Keyword::Dial));
        self.clause.leads_to_peer |= match keyword {
            Some(Keyword::Refused | Keyword::Dial) => true,
            _ if previous == Some(Keyword::Connect) => {
                word.text.eq_ignore_ascii_case("to") || is_error_name(word.text)
            }
            _ => false,
        };
        if self.clause.leads_to_peer {
            self.reached = self.reached.or(self.clause.port);
        }
    }

    /// Goes on behind a word that neither is a port nor says anything of a connection.
    pub(super) fn pass(&mut self) {
        self.clause.goes_on = false;
    }

    /// A port is called one, or stands behind a host. What looks like the address of one is, wherever
    /// the text speaks of a connection; any name may have a number, so that its own clause has to.
    fn read_port(&mut self, word: &Word<'_>, previous: Option<Keyword>) {
        if word.text.len() > 5 || !word.begins_with_digit() {
            return;
        }
        let Some(port) = word.text.parse().ok().filter(|port| *port < EPHEMERAL_PORTS) else {
            return;
        };
        // Two digits behind a colon are minutes or seconds rather than a port.
        let host = word.host().filter(|_| word.text.len() > 2);
        self.clause.goes_on = host.is_some();
        if previous == Some(Keyword::Port) || host.is_some_and(is_address) {
            self.named.get_or_insert(port);
        } else if host.is_some() {
            self.clause.port.get_or_insert(port);
        }
    }
}

/// Whether the text is the address of a host rather than a name of anything.
fn is_address(host: &str) -> bool {
    host.ends_with(']') || host.contains('.') || host.eq_ignore_ascii_case("localhost")
}
