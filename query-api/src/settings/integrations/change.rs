//! What a request changes of an integration: given fields change, null removes, and a masked value
//! that comes back as it was shown keeps the secret.

use serde_json::{Map, Value};
use shared::api::{ApiError, FieldError, FieldErrorKind};
use shared::audit::Changes;
use shared::channels::Reach;
use shared::config::Secret;
use shared::integrations::{Integration, Status};
use shared::secrets::{Place, Secrets};

use super::fields::{self, Fault, Field, fields_of};
use super::view::{MASK, masked};

/// Under which circumstances fields are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) secrets: &'a Secrets,
    pub(super) reach: Reach,
}

/// Changes the fields that the body names, and says what that changed.
pub(super) fn apply(
    integration: &mut Integration,
    body: &Map<String, Value>,
    terms: Terms<'_>,
) -> Result<Changes, ApiError> {
    let before = integration.clone();
    let mut change = Change { integration, terms, changes: Changes::new(), problems: Vec::new() };
    for field in fields_of(change.integration.name) {
        match body.get(field.name) {
            None => {}
            Some(Value::Null) => change.remove(field),
            Some(given) => change.set(field, given)?,
        }
    }
    change.check_bond(&before, body);
    change.finish()
}

/// A change under way.
struct Change<'a> {
    integration: &'a mut Integration,
    terms: Terms<'a>,
    changes: Changes,
    problems: Vec<FieldError>,
}

impl Change<'_> {
    fn note(&mut self, note: impl FnOnce(Changes) -> Changes) {
        self.changes = note(std::mem::take(&mut self.changes));
    }

    fn problem(&mut self, field: &Field, (kind, message): Fault) {
        self.problems.push(FieldError::new(kind, field.name, message));
    }

    fn remove(&mut self, field: &Field) {
        if self.integration.secrets.remove(field.name).is_some() {
            self.note(|changes| changes.hidden(field.name));
        }
        if let Some(before) = self.integration.config.remove(field.name) {
            self.note(|changes| changes.field(field.name, before, Value::Null));
        }
    }

    /// An error here is a failure of ours; what is wrong with the value is gathered.
    fn set(&mut self, field: &Field, given: &Value) -> Result<(), ApiError> {
        if field.kind.is_secret() && self.is_as_shown(field, given) {
            return Ok(());
        }
        match fields::read(field.kind, given, self.terms.reach) {
            Err(fault) => self.problem(field, fault),
            Ok(value) if field.kind.is_secret() => self.set_secret(field, &value)?,
            Ok(value) => self.set_plain(field, value),
        }
        Ok(())
    }

    fn is_as_shown(&self, field: &Field, given: &Value) -> bool {
        let shown = masked(self.integration, field, self.terms.secrets);
        shown.is_some_and(|shown| given.as_str() == Some(&shown))
    }

    fn set_plain(&mut self, field: &Field, value: Value) {
        let before = self.integration.config.insert(field.name.to_owned(), value.clone());
        self.note(|changes| changes.field(field.name, before, value));
    }

    fn set_secret(&mut self, field: &Field, value: &Value) -> Result<(), ApiError> {
        let secret = Secret::new(value.as_str().unwrap_or_default());
        if secret.expose() == MASK {
            let message = "is not the secret but how one is shown";
            self.problem(field, (FieldErrorKind::Malformed, message.to_owned()));
            return Ok(());
        }
        let Terms { secrets, .. } = self.terms;
        if self.integration.secret(secrets, field.name) == Ok(Some(secret.clone())) {
            return Ok(());
        }
        let place = Place { owner: self.integration.name.as_str(), field: field.name };
        let sealed = secrets.seal(place, &secret).map_err(ApiError::internal)?;
        self.integration.secrets.insert(field.name.to_owned(), sealed.into());
        self.note(|changes| changes.hidden(field.name));
        Ok(())
    }

    /// A password that nobody can read any more must not be sent to whoever a new server belongs to:
    /// with another server it is entered again.
    fn check_bond(&mut self, before: &Integration, body: &Map<String, Value>) {
        let Some(bond) = fields::bond_of(before.name) else { return };
        let kept = before.secrets.get(bond.password);
        if kept.is_none() || kept != self.integration.secrets.get(bond.password) {
            return;
        }
        let server = |of: &Integration| {
            of.config.get(bond.server).or_else(|| of.secrets.get(bond.server)).cloned()
        };
        if server(before) == server(self.integration) || self.is_entered(bond.password, body) {
            return;
        }
        let message = format!("has to be entered again when {} changes", bond.server);
        self.problems.push(FieldError::new(FieldErrorKind::Missing, bond.password, message));
    }

    /// Whether the body holds the secret that is stored.
    fn is_entered(&self, field: &str, body: &Map<String, Value>) -> bool {
        let given = body.get(field).and_then(Value::as_str).map(Secret::new);
        given.is_some() && self.integration.secret(self.terms.secrets, field) == Ok(given)
    }

    fn finish(mut self) -> Result<Changes, ApiError> {
        self.find_missing();
        if !self.problems.is_empty() {
            return Err(ApiError::validation(self.problems));
        }
        self.integration.status =
            if self.integration.is_empty() { Status::NotConfigured } else { Status::Configured };
        Ok(self.changes)
    }

    /// Names what is not there and has to be, unless it is named already.
    fn find_missing(&mut self) {
        if self.integration.is_empty() {
            return;
        }
        for field in fields_of(self.integration.name).iter().filter(|field| field.required) {
            let Integration { config, secrets, .. } = &*self.integration;
            let is_there = config.contains_key(field.name) || secrets.contains_key(field.name);
            let is_named = self.problems.iter().any(|problem| problem.field == field.name);
            if !is_there && !is_named {
                let message = "is required as long as other settings are there".to_owned();
                self.problem(field, (FieldErrorKind::Missing, message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use serde_json::json;
    use shared::integrations::Name;

    use super::*;
    use crate::settings::integrations::view::IntegrationObject;

    fn secrets(setting: &str) -> Secrets {
        Secrets::new(&Secret::new(setting)).unwrap()
    }

    fn empty(name: Name) -> Integration {
        Integration {
            name,
            config: Map::new(),
            secrets: Map::new(),
            status: Status::NotConfigured,
            last_test: None,
            last_error: None,
            revision: 1,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn put(integration: &mut Integration, key: &Secrets, body: Value) -> Result<Changes, ApiError> {
        let Value::Object(body) = body else { panic!("a body is an object") };
        apply(integration, &body, Terms { secrets: key, reach: Reach::Public })
    }

    fn shown(integration: &Integration, key: &Secrets) -> Value {
        json!(IntegrationObject::new(integration, key))
    }

    #[track_caller]
    fn check_refused(name: Name, body: Value, fields: &[&str]) {
        let error = put(&mut empty(name), &secrets("a"), body).unwrap_err();
        let error = error.to_json(shared::config::Environment::Production);
        let errors = error["details"]["errors"].as_array().unwrap();
        let named: Vec<&str> =
            errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields);
    }

    #[test]
    fn given_fields_change_and_null_removes() {
        let (mut slack, key) = (empty(Name::Slack), secrets("a"));
        let body =
            json!({"webhook_url": "https://hooks.slack.com/services/T/B/x", "channel": "#a"});
        assert!(!put(&mut slack, &key, body).unwrap().is_empty());
        assert_eq!(slack.status, Status::Configured);
        let view = shown(&slack, &key);
        let expected = json!({"webhook_url": "https://hooks.slack.com/...", "channel": "#a"});
        assert_eq!(view["config"], expected);

        put(&mut slack, &key, json!({"channel": null, "unknown": 1})).unwrap();
        assert_eq!(shown(&slack, &key)["config"]["channel"], Value::Null);
        put(&mut slack, &key, json!({"webhook_url": null})).unwrap();
        assert_eq!(slack.status, Status::NotConfigured);
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        check_refused(Name::Slack, json!({"channel": "#a"}), &["webhook_url"]);
        let body = json!({"smtp_server": "a b", "from_email": 7, "recipients": ["x"]});
        check_refused(Name::Email, body, &["smtp_server", "from_email", "recipients"]);
        check_refused(Name::Sms, json!({"from": "+1"}), &["provider_url", "to"]);
        check_refused(
            Name::Webhook,
            json!({"url": "https://a.example", "secret": MASK}),
            &["secret"],
        );
    }

    #[track_caller]
    fn check_moved(name: Name, stored: &Value, body: Value, problems: &[&str]) {
        let (mut integration, key) = (empty(name), secrets("a"));
        put(&mut integration, &key, stored.clone()).unwrap();
        let named: Vec<String> = match put(&mut integration, &key, body.clone()) {
            Ok(_) => Vec::new(),
            Err(error) => {
                let error = error.to_json(shared::config::Environment::Production);
                let errors = error["details"]["errors"].as_array().unwrap().iter();
                errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect()
            }
        };
        assert_eq!(named, problems, "{body}");
    }

    #[test]
    fn a_stored_password_goes_to_no_other_server() {
        let email = json!({
            "smtp_server": "mail.example", "from_email": "a@mail.example", "username": "a",
            "password": "p",
        });
        let check_email = |body, problems| check_moved(Name::Email, &email, body, problems);
        check_email(json!({"smtp_server": "mine.example"}), &["password"]);
        check_email(json!({"smtp_server": "mail.example:25"}), &["password"]);
        check_email(json!({"smtp_server": "mine.example", "password": MASK}), &["password"]);
        check_email(json!({"smtp_server": "mine.example", "password": "p"}), &[]);
        check_email(json!({"smtp_server": "mine.example", "password": "q"}), &[]);
        check_email(json!({"smtp_server": "mine.example", "password": null}), &[]);
        check_email(json!({"smtp_server": "mail.example", "from_email": "b@mail.example"}), &[]);

        let sms = json!({
            "provider_url": "https://sms.example/x", "from": "+1", "to": ["+15550100"],
            "username": "a", "password": "p",
        });
        let check_sms = |body, problems| check_moved(Name::Sms, &sms, body, problems);
        check_sms(json!({"provider_url": "https://mine.example/x"}), &["password"]);
        check_sms(json!({"provider_url": "https://sms.example/...", "from": "+2"}), &[]);
        check_sms(json!({"provider_url": "https://mine.example/x", "password": "q"}), &[]);
    }

    #[test]
    fn what_another_key_encrypted_is_an_error_until_it_is_entered_again() {
        let (mut webhook, old, new) = (empty(Name::Webhook), secrets("old"), secrets("new"));
        let body = json!({"url": "https://a.example/x", "secret": "s"});
        put(&mut webhook, &old, body.clone()).unwrap();
        let view = shown(&webhook, &new);
        assert_eq!(view["status"], "error");
        assert!(view["last_error"].as_str().unwrap().contains("SECRET_KEY"), "{view}");
        assert_eq!(view["config"], json!({"url": MASK, "secret": MASK}));

        // One of two is not enough.
        put(&mut webhook, &new, json!({"url": "https://a.example/x", "secret": MASK})).unwrap();
        assert_eq!(shown(&webhook, &new)["status"], "error");
        put(&mut webhook, &new, body).unwrap();
        assert_eq!(shown(&webhook, &new)["status"], "configured");
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_sent_back(
            path in "[a-zA-Z0-9/]{1,40}", secret in "[!-~]{1,40}", host in "[a-z]{1,20}",
        ) {
            let (mut webhook, key) = (empty(Name::Webhook), secrets("a"));
            let url = format!("https://{host}.example/hook/{path}");
            put(&mut webhook, &key, json!({"url": url, "secret": secret})).unwrap();
            let before = webhook.clone();
            let view = shown(&webhook, &key);
            let text = view.to_string();
            prop_assert!(!text.contains(&url));
            prop_assert_eq!(&view["config"]["secret"], MASK);
            let changes = put(&mut webhook, &key, view["config"].clone()).unwrap();
            prop_assert!(changes.is_empty());
            prop_assert_eq!(webhook, before);
        }
    }
}
