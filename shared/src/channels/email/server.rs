//! What an administrator writes to name a mail server.

use url::{Host, Url};

/// Where mail is handed in, unless the setting says otherwise (RFC 6409).
const SUBMISSION: u16 = 587;

/// The port of TLS from the first byte (RFC 8314).
const SUBMISSIONS: u16 = 465;

/// A mail server: `host`, `host:port`, `smtp://host:port` or `smtps://host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// The name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS comes before the greeting.
    pub implicit_tls: bool,
}

impl MailServer {
    /// Reads the setting.
    ///
    /// # Errors
    /// What is wrong with it, to complete "can't be used: …".
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str =
            "a mail server is written as host, host:port, smtp://host:port or smtps://host:port";
        // The parser would leave line breaks out.
        if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(FORM);
        }
        let whole = if text.contains("://") { text.to_owned() } else { format!("smtp://{text}") };
        let url = Url::parse(&whole).map_err(|_| FORM)?;
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err(FORM);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("user name and password have fields of their own");
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(FORM);
        }
        let host = match url.host().ok_or(FORM)? {
            Host::Domain(name) if is_host_name(name) => name.to_ascii_lowercase(),
            Host::Domain(_) => return Err(FORM),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let secure = url.scheme() == "smtps";
        let port = url.port().unwrap_or(if secure { SUBMISSIONS } else { SUBMISSION });
        if port == 0 {
            return Err(FORM);
        }
        Ok(Self { host, port, implicit_tls: secure || port == SUBMISSIONS })
    }
}

fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= 253 && name.trim_end_matches('.').split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, u16, bool)>) {
        let read = MailServer::parse(text).ok();
        let expected = expected.map(|(host, port, implicit_tls)| MailServer {
            host: host.to_owned(),
            port,
            implicit_tls,
        });
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn servers_are_written_in_four_ways() {
        check("smtp.example.com", Some(("smtp.example.com", 587, false)));
        check("SMTP.example.com:25", Some(("smtp.example.com", 25, false)));
        check("smtp.example.com:465", Some(("smtp.example.com", 465, true)));
        check("smtp://mail:2525", Some(("mail", 2525, false)));
        check("smtps://mail.example.com", Some(("mail.example.com", 465, true)));
        check("smtps://mail.example.com:4650/", Some(("mail.example.com", 4650, true)));
        check("10.0.0.1:25", Some(("10.0.0.1", 25, false)));
        check("[2001:db8::1]:25", Some(("2001:db8::1", 25, false)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            ":25",
            "https://a.example",
            "smtp://",
            "a b",
            "a/b",
            "a?b",
            "u@a.example",
            "smtp://u:p@a.example",
            "a.example:0",
            "a.example:99999",
            "a..b",
            "a\r\nb",
            "ä.example",
        ] {
            check(text, None);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            if let Ok(server) = MailServer::parse(&text) {
                prop_assert!(server.port > 0 && !server.host.is_empty());
                prop_assert!(server.host.is_ascii() && !server.host.contains(char::is_whitespace));
            }
        }
    }
}
