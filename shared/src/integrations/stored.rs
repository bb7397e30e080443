//! An integration as the table holds it, and what it takes to send through it.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tokio_postgres::Row;

use super::{Name, Status};
use crate::channels::{Channel, Email, Slack, Sms, Webhook};
use crate::config::Secret;
use crate::secrets::{Place, Secrets, SecretsError};

/// A row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Integration {
    /// Which one.
    pub name: Name,
    /// Settings that may be seen, by field.
    pub config: Map<String, Value>,
    /// Encrypted settings, by field.
    pub secrets: Map<String, Value>,
    /// How far it is, as it was noted last.
    pub status: Status,
    /// When it was tried last.
    pub last_test: Option<DateTime<Utc>>,
    /// Why the last message failed.
    pub last_error: Option<String>,
    /// Moves with the settings.
    pub revision: i64,
    /// When the settings changed last.
    pub updated_at: DateTime<Utc>,
}

/// Why an integration can't be sent through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Unusable {
    #[error("it is not set up")]
    NotConfigured,
    #[error("its stored secrets can't be read with this SECRET_KEY; enter them again")]
    Unreadable,
}

impl Integration {
    /// From a row with all columns.
    pub fn from_row(name: Name, row: &Row) -> Self {
        let object = |column| match row.get::<_, Value>(column) {
            Value::Object(object) => object,
            _ => Map::new(),
        };
        Self {
            name,
            config: object("config"),
            secrets: object("secrets"),
            status: Status::of_word(row.get("status")),
            last_test: row.get("last_test"),
            last_error: row.get("last_error"),
            revision: row.get("revision"),
            updated_at: row.get("updated_at"),
        }
    }

    /// A secret in the clear; none where none is stored.
    ///
    /// # Errors
    /// When it was stored under another key.
    pub fn secret(&self, secrets: &Secrets, field: &str) -> Result<Option<Secret>, SecretsError> {
        let Some(sealed) = self.secrets.get(field) else { return Ok(None) };
        let place = Place { owner: self.name.as_str(), field };
        secrets.open(place, sealed.as_str().unwrap_or_default()).map(Some)
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.config.is_empty() && self.secrets.is_empty()
    }

    /// What it takes to send through it.
    ///
    /// # Errors
    /// When it is not set up, or its secrets can't be read.
    pub fn channel(&self, secrets: &Secrets) -> Result<Channel, Unusable> {
        let secret = |field: &str| self.secret(secrets, field).map_err(|_| Unusable::Unreadable);
        let required = |field: &str| secret(field)?.ok_or(Unusable::NotConfigured);
        Ok(match self.name {
            Name::Slack => Channel::Slack(Slack {
                webhook_url: required("webhook_url")?,
                channel: self.text("channel"),
            }),
            Name::Email => Channel::Email(Email {
                smtp_server: self.required_text("smtp_server")?,
                from_email: self.required_text("from_email")?,
                recipients: self.texts("recipients"),
                username: self.text("username"),
                password: secret("password")?,
            }),
            Name::Webhook => {
                Channel::Webhook(Webhook { url: required("url")?, secret: secret("secret")? })
            }
            Name::Sms => Channel::Sms(Sms {
                provider_url: required("provider_url")?,
                from: self.required_text("from")?,
                to: self.texts("to"),
                username: self.text("username"),
                password: secret("password")?,
            }),
        })
    }

    fn text(&self, field: &str) -> Option<String> {
        self.config.get(field)?.as_str().map(str::to_owned)
    }

    fn required_text(&self, field: &str) -> Result<String, Unusable> {
        self.text(field).ok_or(Unusable::NotConfigured)
    }

    fn texts(&self, field: &str) -> Vec<String> {
        let texts = self.config.get(field).and_then(Value::as_array).into_iter().flatten();
        texts.filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secrets(setting: &str) -> Secrets {
        Secrets::new(&Secret::new(setting)).unwrap()
    }

    fn stored(name: Name, config: Value, sealed: &[(&str, &str)]) -> Integration {
        let seal = |field: &str, text: &str| {
            let place = Place { owner: name.as_str(), field };
            secrets("a").seal(place, &Secret::new(text)).unwrap()
        };
        let sealed =
            sealed.iter().map(|(field, text)| ((*field).to_owned(), seal(field, text).into()));
        let Value::Object(config) = config else { panic!("a config is an object") };
        Integration {
            name,
            config,
            secrets: sealed.collect(),
            status: Status::Configured,
            last_test: None,
            last_error: None,
            revision: 1,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_set_up_can_be_sent_through() {
        let config = json!({"smtp_server": "mail.example", "from_email": "a@b.example",
            "recipients": ["c@d.example"]});
        let email = stored(Name::Email, config, &[("password", "hunter2")]);
        let Ok(Channel::Email(email)) = email.channel(&secrets("a")) else { panic!("no channel") };
        assert_eq!((email.smtp_server.as_str(), email.username), ("mail.example", None));
        assert_eq!(email.recipients, ["c@d.example"]);
        assert_eq!(email.password, Some(Secret::new("hunter2")));
    }

    #[test]
    fn what_is_not_set_up_says_so() {
        for name in Name::ALL {
            let empty = stored(name, json!({}), &[]);
            assert_eq!(empty.channel(&secrets("a")), Err(Unusable::NotConfigured), "{name}");
        }
    }

    #[test]
    fn another_key_is_told_from_nothing() {
        let slack = stored(Name::Slack, json!({}), &[("webhook_url", "https://a.example/x")]);
        assert_eq!(slack.channel(&secrets("b")), Err(Unusable::Unreadable));
        assert!(slack.channel(&secrets("a")).is_ok());
    }

    #[test]
    fn secrets_of_one_integration_do_not_open_in_another() {
        let email = stored(Name::Email, json!({}), &[("password", "hunter2")]);
        let moved = Integration { name: Name::Sms, ..email };
        assert_eq!(moved.secret(&secrets("a"), "password"), Err(SecretsError::Open));
    }
}
