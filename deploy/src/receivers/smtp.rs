//! A mail server that takes mail (RFC 5321), with encryption (RFC 3207) and login (RFC 4954) where
//! the test asks for them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::{MAX_LINE, listen};

/// How the server behaves.
#[derive(Clone, Default)]
pub struct SmtpOptions {
    /// How to speak TLS: by STARTTLS, or from the first byte.
    pub tls: Option<TlsAcceptor>,
    /// Whether TLS comes before the greeting.
    pub implicit_tls: bool,
    /// The user and the password that have to be given first.
    pub login: Option<(String, String)>,
    /// What is said to a recipient instead of welcoming them.
    pub refusal: Option<String>,
    /// Recipients that alone are refused, and what is said to them.
    pub refused: BTreeMap<String, String>,
    /// Whether the greeting never ends.
    pub endless: bool,
}

impl std::fmt::Debug for SmtpOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpOptions").finish_non_exhaustive()
    }
}

/// A mail that arrived.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// Headers and body as they came.
    pub text: String,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Who had logged in.
    pub user: Option<String>,
}

/// A mail server on loopback. It ends when this is dropped.
#[derive(Debug)]
pub struct SmtpReceiver {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<Mail>>>,
    _serving: JoinSet<()>,
}

impl SmtpReceiver {
    /// Starts a server.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(options: SmtpOptions) -> io::Result<Self> {
        let (listener, address) = listen().await?;
        let mails = Arc::new(Mutex::new(Vec::new()));
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, options, Arc::clone(&mails)));
        Ok(Self { address, mails, _serving: serving })
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What has been accepted.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(listener: TcpListener, options: SmtpOptions, mails: Arc<Mutex<Vec<Mail>>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (options, mails) = (options.clone(), Arc::clone(&mails));
        connections.spawn(async move {
            if let Err(error) = receive(stream, &options, &mails).await {
                tracing::debug!(%error, "a connection to a receiver ended");
            }
        });
    }
}

async fn receive(
    stream: TcpStream,
    options: &SmtpOptions,
    mails: &Mutex<Vec<Mail>>,
) -> io::Result<()> {
    if let (true, Some(tls)) = (options.implicit_tls, &options.tls) {
        let mut talk = Talk::new(tls.accept(stream).await?, options, mails, true);
        talk.say("220 mail.example ESMTP").await?;
        return talk.go_on().await.map(drop);
    }
    let mut talk = Talk::new(stream, options, mails, false);
    if options.endless {
        loop {
            talk.stream.write_all(&[b'2'; 4_096]).await?;
        }
    }
    talk.say("220 mail.example ESMTP").await?;
    if let (Next::StartTls, Some(tls)) = (talk.go_on().await?, &options.tls) {
        let stream = tls.accept(talk.stream.into_inner()).await?;
        Talk::new(stream, options, mails, true).go_on().await?;
    }
    Ok(())
}

/// What follows when a conversation pauses.
enum Next {
    End,
    StartTls,
}

/// A conversation with a client.
struct Talk<'a, S> {
    stream: BufReader<S>,
    options: &'a SmtpOptions,
    mails: &'a Mutex<Vec<Mail>>,
    mail: Mail,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Talk<'a, S> {
    fn new(
        stream: S,
        options: &'a SmtpOptions,
        mails: &'a Mutex<Vec<Mail>>,
        encrypted: bool,
    ) -> Self {
        let mail = Mail { encrypted, ..Mail::default() };
        Self { stream: BufReader::new(stream), options, mails, mail }
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        let read = (&mut self.stream).take(MAX_LINE as u64).read_line(&mut line).await?;
        if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(line) }
    }

    async fn go_on(&mut self) -> io::Result<Next> {
        loop {
            let line = self.hear().await?;
            let line = line.trim_end();
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.greet().await?,
                "STARTTLS" if self.can_encrypt() => {
                    self.say("220 go ahead").await?;
                    return Ok(Next::StartTls);
                }
                "AUTH" => self.log_in(rest).await?,
                "MAIL" if self.options.login.is_some() && self.mail.user.is_none() => {
                    self.say("530 5.7.0 log in first").await?;
                }
                "MAIL" => {
                    self.mail.from = address(rest);
                    self.say("250 2.1.0 fine").await?;
                }
                "RCPT" => self.welcome(rest).await?,
                "DATA" => self.take_mail().await?,
                "QUIT" => {
                    self.say("221 2.0.0 goodbye").await?;
                    return Ok(Next::End);
                }
                _ => self.say("502 5.5.1 not known here").await?,
            }
        }
    }

    fn can_encrypt(&self) -> bool {
        self.options.tls.is_some() && !self.mail.encrypted
    }

    async fn greet(&mut self) -> io::Result<()> {
        self.say("250-mail.example").await?;
        if self.can_encrypt() {
            self.say("250-STARTTLS").await?;
        }
        if self.options.login.is_some() {
            self.say("250-AUTH PLAIN").await?;
        }
        self.say("250 8BITMIME").await
    }

    /// `AUTH PLAIN` with what the client says at once. A refusal repeats it, as careless servers do.
    async fn log_in(&mut self, rest: &str) -> io::Result<()> {
        let said = rest.rsplit(' ').next().unwrap_or_default();
        let plain = STANDARD.decode(said).unwrap_or_default();
        let mut parts = plain.split(|byte| *byte == 0).skip(1).map(String::from_utf8_lossy);
        let (user, password) = (parts.next(), parts.next());
        let given = user.zip(password).map(|(user, password)| (user.into(), password.into()));
        if given.is_some() && given == self.options.login {
            self.mail.user = given.map(|(user, _)| user);
            return self.say("235 2.7.0 welcome").await;
        }
        self.say(&format!("535 5.7.8 refused: {}", String::from_utf8_lossy(&plain))).await
    }

    async fn welcome(&mut self, rest: &str) -> io::Result<()> {
        let to = address(rest);
        let refusal = self.options.refused.get(&to).or(self.options.refusal.as_ref()).cloned();
        match refusal {
            Some(refusal) => self.say(&refusal).await,
            None => {
                self.mail.to.push(to);
                self.say("250 2.1.5 fine").await
            }
        }
    }

    async fn take_mail(&mut self) -> io::Result<()> {
        self.say("354 go on").await?;
        let mut text = String::new();
        loop {
            let line = self.hear().await?;
            if line == ".\r\n" {
                break;
            }
            // A line that begins with a dot comes with two.
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        let mail = Mail { text, ..self.mail.clone() };
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        self.mail.to.clear();
        self.say("250 2.0.0 taken").await
    }
}

/// The address between `<` and `>`.
fn address(text: &str) -> String {
    let inner = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(address, _)| address.to_owned())
}
