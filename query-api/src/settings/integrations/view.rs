//! An integration as clients see it: secrets in part, or not at all.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use shared::channels::parse_url;
use shared::config::Secret;
use shared::integrations::{Integration, Status, Unusable};
use shared::secrets::Secrets;

use super::fields::{Field, Kind, fields_of};

/// The path that stands for any path of a URL.
pub(super) const MASKED_PATH: &str = "/...";

/// What stands for a password, and for a secret that can't be read.
pub(super) const MASK: &str = "********";

/// Every field of an integration.
#[derive(Debug, Serialize)]
pub(super) struct IntegrationObject {
    name: &'static str,
    status: &'static str,
    config: Map<String, Value>,
    #[serde(with = "shared::time::json_option")]
    last_test: Option<DateTime<Utc>>,
    last_error: Option<String>,
    #[serde(with = "shared::time::json")]
    updated_at: DateTime<Utc>,
}

impl IntegrationObject {
    pub(super) fn new(integration: &Integration, secrets: &Secrets) -> Self {
        let fields = fields_of(integration.name);
        let config =
            fields.iter().map(|field| (field.name.to_owned(), shown(integration, field, secrets)));
        let unreadable = fields.iter().any(|field| {
            field.kind.is_secret() && integration.secret(secrets, field.name).is_err()
        });
        let (status, last_error) = if unreadable {
            (Status::Error, Some(Unusable::Unreadable.to_string()))
        } else {
            (integration.status, integration.last_error.clone())
        };
        Self {
            name: integration.name.as_str(),
            status: status.as_str(),
            config: config.collect(),
            last_test: integration.last_test,
            last_error,
            updated_at: integration.updated_at,
        }
    }
}

fn shown(integration: &Integration, field: &Field, secrets: &Secrets) -> Value {
    if field.kind.is_secret() {
        return masked(integration, field, secrets).map_or(Value::Null, Value::from);
    }
    integration.config.get(field.name).cloned().unwrap_or(Value::Null)
}

/// How a secret is shown; none where none is stored.
pub(super) fn masked(
    integration: &Integration,
    field: &Field,
    secrets: &Secrets,
) -> Option<String> {
    match integration.secret(secrets, field.name) {
        Ok(secret) => secret.map(|secret| mask(field.kind, &secret)),
        Err(_) => Some(MASK.to_owned()),
    }
}

/// Of a URL its host, by which people know it. User, password, path and query may be secret.
fn mask(kind: Kind, secret: &Secret) -> String {
    let url = match kind {
        Kind::Url => parse_url(secret.expose()).ok(),
        _ => None,
    };
    let Some(url) = url else { return MASK.to_owned() };
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}{MASKED_PATH}", url.scheme(), url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: Kind, secret: &str, expected: &str) {
        assert_eq!(mask(kind, &Secret::new(secret)), expected);
    }

    #[test]
    fn of_urls_the_host_is_shown_and_of_passwords_nothing() {
        let url = "https://hooks.slack.com/services/T0/B0/abcdef";
        check(Kind::Url, url, "https://hooks.slack.com/...");
        check(Kind::Url, "http://AC1:tok@sms.example:81/x?k=v#y", "http://sms.example:81/...");
        check(Kind::Url, "https://[2606:4700::1]/x", "https://[2606:4700::1]/...");
        check(Kind::Url, "no longer a URL", MASK);
        check(Kind::Password, "https://a.example/x", MASK);
    }
}
