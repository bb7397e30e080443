//! Why a message could not be sent, in words that a person can act on.
//!
//! No variant holds a URL or a secret: these texts are stored, shown and logged.

use std::io;

/// A message that did not go out.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SendError {
    #[error("the address to send to can't be used: {0}")]
    BadTarget(&'static str),
    #[error("no address is known for the host {host}")]
    Unresolved {
        host: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "the host {host} has a private or reserved address, where messages go only with \
         NOTIFY_ALLOW_PRIVATE=on"
    )]
    Refused { host: String },
    #[error("failed to connect to {host} on port {port}")]
    Connect {
        host: String,
        port: u16,
        #[source]
        source: io::Error,
    },
    #[error("failed to agree on TLS with {host}")]
    Tls {
        host: String,
        #[source]
        source: io::Error,
    },
    #[error("{host} offers no encryption (STARTTLS), without which the password is not sent")]
    Unencrypted { host: String },
    #[error("the service did not answer within {seconds} seconds")]
    Timeout { seconds: u64 },
    #[error("the exchange with {host} broke off")]
    Exchange {
        host: String,
        #[source]
        source: hyper::Error,
    },
    #[error("{host} answered {status}{}", in_words(.reason.as_deref()))]
    Answered { host: String, status: u16, reason: Option<String> },
    #[error("{host} answered {status}: it redirects, which is not followed; enter the final URL")]
    Redirected { host: String, status: u16 },
    #[error("the mail server {host} refused {stage}{}", in_words(.reason.as_deref()))]
    Smtp { host: String, stage: SmtpStage, code: Option<u16>, reason: Option<String> },
    #[error("no recipients are known")]
    NoRecipients,
    #[error("{0} is no address that mail can be sent with")]
    BadAddress(String),
    #[error("failed to put the message together")]
    Compose(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How far a mail came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpStage {
    /// Greeting and capabilities.
    Greeting,
    /// The change to TLS.
    StartTls,
    /// User name and password.
    Login,
    /// The mail itself.
    Mail,
}

impl std::fmt::Display for SmtpStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the connection",
            Self::StartTls => "TLS",
            Self::Login => "the user name and password",
            Self::Mail => "the mail",
        })
    }
}

impl SendError {
    /// Whether another attempt may succeed with the same settings.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unresolved { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Exchange { .. } => true,
            // A certificate does not become good by asking again; a broken connection may.
            Self::Tls { source, .. } => source.kind() != io::ErrorKind::InvalidData,
            Self::Answered { status, .. } => {
                matches!(status, 408 | 425 | 429) || (500..600).contains(status)
            }
            // Without a code the connection broke.
            Self::Smtp { code, .. } => code.is_none_or(|code| (400..500).contains(&code)),
            Self::BadTarget(_)
            | Self::Refused { .. }
            | Self::Unencrypted { .. }
            | Self::Redirected { .. }
            | Self::NoRecipients
            | Self::BadAddress(_)
            | Self::Compose(_) => false,
        }
    }

    /// A word for metrics.
    pub fn as_label(&self) -> &'static str {
        match self {
            Self::BadTarget(_) | Self::BadAddress(_) | Self::NoRecipients | Self::Compose(_) => {
                "settings"
            }
            Self::Unresolved { .. } => "unresolved",
            Self::Refused { .. } => "refused_target",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } | Self::Unencrypted { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            Self::Exchange { .. } => "exchange",
            Self::Answered { .. } | Self::Redirected { .. } | Self::Smtp { .. } => "answer",
        }
    }

    /// The error and its causes in one line, for people: an operator who sets up a channel needs to
    /// know that a connection was refused, not only that it failed.
    pub fn sentence(&self) -> String {
        const MAX: usize = 500;
        let line = crate::telemetry::ErrorChain(self).to_string();
        line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX).collect()
    }
}

fn in_words(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: SendError, transient: bool, sentence: &str) {
        assert_eq!((error.is_transient(), error.sentence().as_str()), (transient, sentence));
    }

    fn answered(status: u16, reason: Option<&str>) -> SendError {
        let reason = reason.map(str::to_owned);
        SendError::Answered { host: "a.example".to_owned(), status, reason }
    }

    #[test]
    fn errors_say_what_happened_and_whether_to_try_again() {
        check(answered(503, None), true, "a.example answered 503");
        check(answered(429, None), true, "a.example answered 429");
        check(answered(404, Some("no_service")), false, "a.example answered 404: no_service");
        let host = || "mail.example".to_owned();
        let source = io::Error::from(io::ErrorKind::ConnectionRefused);
        let sentence = "failed to connect to mail.example on port 25: connection refused";
        check(SendError::Connect { host: host(), port: 25, source }, true, sentence);
        let smtp = |code, reason: Option<&str>| SendError::Smtp {
            host: host(),
            stage: SmtpStage::Mail,
            code,
            reason: reason.map(str::to_owned),
        };
        check(smtp(None, None), true, "the mail server mail.example refused the mail");
        check(smtp(Some(451), None), true, "the mail server mail.example refused the mail");
        let sentence = "the mail server mail.example refused the mail: 550 unknown  user";
        check(smtp(Some(550), Some("550 unknown\r\nuser")), false, sentence);
    }

    #[test]
    fn a_bad_certificate_stays_bad() {
        let tls = |kind| SendError::Tls { host: "h".to_owned(), source: io::Error::from(kind) };
        assert!(!tls(io::ErrorKind::InvalidData).is_transient());
        assert!(tls(io::ErrorKind::UnexpectedEof).is_transient());
    }
}
