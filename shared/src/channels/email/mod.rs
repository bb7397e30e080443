//! Mail over SMTP.

mod compose;
mod server;
mod stream;

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;

pub use self::server::MailServer;
use self::stream::Metered;
use super::error::{SendError, SmtpStage};
use super::http::{Line, handshake};
use super::message::{Delivery, Receipt, Refused, shortened};
use super::target;
use crate::config::Secret;

/// What is shown of a mail server's words.
const MAX_REASON: usize = 200;

/// How long a server may take to say goodbye; the mail is accepted by then.
const FAREWELL: Duration = Duration::from_secs(1);

/// Through which server, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The mail server as the administrator wrote it.
    pub smtp_server: String,
    /// The sender's address.
    pub from_email: String,
    /// Who gets what is not meant for somebody in particular.
    pub recipients: Vec<String>,
    /// The account at the mail server.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
}

/// How mail servers are reached.
#[derive(Clone)]
pub(super) struct MailLine {
    pub(super) line: Line,
    /// The authorities of `line.tls`, once more in the mail library's form.
    pub(super) authorities: Arc<[Certificate]>,
}

impl std::fmt::Debug for MailLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailLine").field("line", &self.line).finish_non_exhaustive()
    }
}

/// Whether mail can be sent to or from an address.
pub fn is_mail_address(text: &str) -> bool {
    text.len() <= 254 && text.is_ascii() && text.parse::<Address>().is_ok()
}

pub(super) async fn send(
    line: &MailLine,
    email: &Email,
    delivery: &Delivery,
) -> Result<Receipt, SendError> {
    let server = MailServer::parse(&email.smtp_server).map_err(SendError::BadTarget)?;
    let mail = compose::mail(email, delivery)?;
    let mut talk = Talk::open(line, &server, email).await?;
    talk.log_in(email).await?;
    let handed_over = talk.hand_over(mail.envelope(), &mail.formatted(), email).await;
    talk.leave().await;
    handed_over
}

/// A conversation with a mail server.
struct Talk<'a> {
    connection: AsyncSmtpConnection,
    server: &'a MailServer,
    encrypted: bool,
    /// Whether the server stands within our own network.
    nearby: bool,
}

impl<'a> Talk<'a> {
    /// Connects and greets; encrypted from the start, or as soon as the server offers it.
    async fn open(
        line: &MailLine,
        server: &'a MailServer,
        email: &Email,
    ) -> Result<Self, SendError> {
        let stream = target::connect(&server.host, server.port, line.line.reach).await?;
        let nearby = stream.peer_addr().is_ok_and(|peer| target::is_internal(peer.ip()));
        let stream = secured(line, server, stream).await?;
        let hello = hello(email);
        let connection = AsyncSmtpConnection::connect_with_transport(stream, &hello)
            .await
            .map_err(|error| failed(server, SmtpStage::Greeting, &error, email))?;
        let mut talk = Self { connection, server, encrypted: server.implicit_tls, nearby };
        if !talk.encrypted && talk.connection.can_starttls() {
            talk.start_tls(line, &hello, email).await?;
        }
        Ok(talk)
    }

    async fn start_tls(
        &mut self,
        line: &MailLine,
        hello: &ClientId,
        email: &Email,
    ) -> Result<(), SendError> {
        let mut builder = TlsParameters::builder(self.server.host.clone())
            .certificate_store(CertificateStore::None);
        for authority in line.authorities.iter() {
            builder = builder.add_root_certificate(authority.clone());
        }
        let parameters = builder.build_rustls().map_err(|error| self.tls_failed(&error))?;
        match self.connection.starttls(parameters, hello).await {
            Ok(_) => {
                self.encrypted = true;
                Ok(())
            }
            Err(error) if error.status().is_some() => {
                Err(self.failed(SmtpStage::StartTls, &error, email))
            }
            Err(error) => Err(self.tls_failed(&error)),
        }
    }

    /// A password goes over the internet encrypted, or not at all: somebody on the way could have
    /// taken the offer of encryption out of the greeting.
    async fn log_in(&mut self, email: &Email) -> Result<(), SendError> {
        let Some(password) = &email.password else { return Ok(()) };
        if !self.encrypted && !self.nearby {
            return Err(SendError::Unencrypted { host: self.server.host.clone() });
        }
        let user = email.username.clone().unwrap_or_else(|| email.from_email.clone());
        let credentials = Credentials::new(user, password.expose().to_owned());
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let answered = self.connection.auth(&mechanisms, &credentials).await;
        answered.map_err(|error| self.failed(SmtpStage::Login, &error, email))?;
        Ok(())
    }

    /// Hands the mail over for those recipients that the server takes, if there are any. The mail and
    /// the addresses are ASCII, which every server takes.
    async fn hand_over(
        &mut self,
        envelope: &Envelope,
        mail: &[u8],
        email: &Email,
    ) -> Result<Receipt, SendError> {
        let stage = SmtpStage::Mail;
        let from = Mail::new(envelope.from().cloned(), vec![]);
        let answered = self.connection.command(from).await;
        answered.map_err(|error| self.failed(stage, &error, email))?;
        let mut refusals = Vec::new();
        for to in envelope.to() {
            let answered = self.connection.command(Rcpt::new(to.clone(), vec![])).await;
            match answered {
                Ok(_) => {}
                Err(error) if error.status().is_some() => refusals.push((to, error)),
                Err(error) => return Err(self.failed(stage, &error, email)),
            }
        }
        if refusals.len() == envelope.to().len() {
            // One that may pass is told before others, because it is worth another attempt.
            let errors = refusals.iter().map(|(_, error)| self.failed(stage, error, email));
            let told = errors.max_by_key(SendError::is_transient);
            return Err(told.unwrap_or(SendError::NoRecipients));
        }
        let answered = self.connection.command(Data).await;
        answered.map_err(|error| self.failed(stage, &error, email))?;
        let answered = self.connection.message(mail).await;
        answered.map_err(|error| self.failed(stage, &error, email))?;
        let refused = refusals.iter().map(|(to, error)| Refused {
            to: to.to_string(),
            reason: reason(stage, error, email).unwrap_or_default(),
        });
        Ok(Receipt { refused: refused.collect() })
    }

    /// Says goodbye. How the conversation ends changes nothing.
    async fn leave(&mut self) {
        match tokio::time::timeout(FAREWELL, self.connection.quit()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a mail server did not say goodbye"),
            Err(_elapsed) => tracing::debug!("a mail server did not say goodbye in time"),
        }
    }

    fn failed(&self, stage: SmtpStage, error: &SmtpError, email: &Email) -> SendError {
        failed(self.server, stage, error, email)
    }

    fn tls_failed(&self, error: &SmtpError) -> SendError {
        let source = match io_cause(error) {
            Some(cause) => io::Error::new(cause.kind(), cause.to_string()),
            None => io::Error::other(error.to_string()),
        };
        SendError::Tls { host: self.server.host.clone(), source }
    }
}

/// The connection as the mail library takes it, bounded in what is read from it.
async fn secured(
    line: &MailLine,
    server: &MailServer,
    stream: TcpStream,
) -> Result<Box<dyn AsyncTokioStream>, SendError> {
    if !server.implicit_tls {
        return Ok(Box::new(Metered::new(stream)));
    }
    let tls = handshake(Arc::clone(&line.line.tls), &server.host, stream).await?;
    Ok(Box::new(Metered::new(tls)))
}

/// Servers expect the name of a domain; the sender's is the one that is known.
fn hello(email: &Email) -> ClientId {
    match email.from_email.rsplit_once('@') {
        Some((_, domain)) => ClientId::Domain(domain.to_owned()),
        None => ClientId::default(),
    }
}

fn failed(server: &MailServer, stage: SmtpStage, error: &SmtpError, email: &Email) -> SendError {
    let code = error.status().map(u16::from);
    SendError::Smtp { host: server.host.clone(), stage, code, reason: reason(stage, error, email) }
}

/// What the server or the network said. Nothing of an answer to the password, which it could repeat.
fn reason(stage: SmtpStage, error: &SmtpError, email: &Email) -> Option<String> {
    let code = error.status();
    let said = match code {
        Some(code) if stage == SmtpStage::Login => code.to_string(),
        Some(code) => match error.source() {
            Some(text) => format!("{code} {text}"),
            None => code.to_string(),
        },
        None => error.to_string(),
    };
    let quotes_password =
        email.password.as_ref().is_some_and(|password| said.contains(password.expose()));
    (!quotes_password).then(|| shortened(&said, MAX_REASON))
}

fn io_cause(error: &SmtpError) -> Option<&io::Error> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}
