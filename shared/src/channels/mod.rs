//! Sends messages to people and programs outside: mail, Slack, webhooks, text messages.
//!
//! What is here sends one message once and says how it went. Which message goes where, how often it is
//! tried and what is remembered of it is the caller's business.
//!
//! - `target`: which addresses are connected to, and which never.
//! - `http`, `email`: the two ways out. `slack`, `webhook` and `sms` post over HTTP.
//! - `error`: what went wrong, without secrets, and whether another attempt makes sense.

mod email;
mod error;
mod http;
mod message;
mod slack;
mod sms;
mod target;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::client::Certificate;

pub use self::email::{Email, MailServer, is_mail_address};
pub use self::error::{SendError, SmtpStage};
pub use self::http::parse_url;
pub(crate) use self::http::{Line, Post, post};
pub use self::message::{Delivery, Item, Listing, Message, Receipt, Refused, Severity};
pub use self::slack::Slack;
pub use self::sms::Sms;
pub use self::target::{Reach, is_internal_literal};
pub use self::webhook::{Webhook, X_ERRATA_DELIVERY, X_ERRATA_SIGNATURE};

use self::email::MailLine;
use crate::config::ChannelsConfig;
use crate::tls::{self, TlsError};

/// From resolving the name to the answer.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a message goes, with all that is needed to send it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Channel {
    Email(Email),
    Slack(Slack),
    Webhook(Webhook),
    Sms(Sms),
}

/// Sends messages.
#[derive(Debug, Clone)]
pub struct Sender {
    mail: MailLine,
}

impl Sender {
    /// A sender as the settings say.
    ///
    /// # Errors
    /// When the CA file can't be read.
    pub fn new(config: &ChannelsConfig) -> Result<Self, TlsError> {
        let authorities = tls::outside_authorities(config.ca_file.as_deref())?;
        let reach = if config.allow_private { Reach::Private } else { Reach::Public };
        let line = Line { reach, tls: Arc::new(tls::outside_config(&authorities)?) };
        let authorities = authorities
            .iter()
            .filter_map(|authority| Certificate::from_der(authority.to_vec()).ok())
            .collect();
        Ok(Self { mail: MailLine { line, authorities } })
    }

    /// Which addresses messages go to.
    pub fn reach(&self) -> Reach {
        self.mail.line.reach
    }

    /// Sends within [`SEND_TIMEOUT`].
    ///
    /// # Errors
    /// When the other side did not accept the message for anybody, or there is no knowing whether it
    /// did.
    pub async fn send(&self, channel: &Channel, delivery: &Delivery) -> Result<Receipt, SendError> {
        self.send_within(SEND_TIMEOUT, channel, delivery).await
    }

    /// Sends within a time.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_within(
        &self,
        limit: Duration,
        channel: &Channel,
        delivery: &Delivery,
    ) -> Result<Receipt, SendError> {
        let sending = tokio::time::timeout(limit, self.send_unbounded(channel, delivery));
        let too_late = |_| SendError::Timeout { seconds: limit.as_secs() };
        sending.await.map_err(too_late)?
    }

    async fn send_unbounded(
        &self,
        channel: &Channel,
        delivery: &Delivery,
    ) -> Result<Receipt, SendError> {
        let line = &self.mail.line;
        match channel {
            Channel::Email(settings) => email::send(&self.mail, settings, delivery).await,
            Channel::Slack(settings) => {
                slack::send(line, settings, &delivery.message).await?;
                Ok(Receipt::default())
            }
            Channel::Webhook(settings) => {
                webhook::send(line, settings, delivery, crate::time::now()).await?;
                Ok(Receipt::default())
            }
            Channel::Sms(settings) => sms::send(line, settings, &delivery.message).await,
        }
    }
}
