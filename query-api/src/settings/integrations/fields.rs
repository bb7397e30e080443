//! The settings that each integration has, and what each may hold.

use serde_json::Value;
use shared::api::FieldErrorKind;
use shared::channels::{MailServer, Reach, is_internal_literal, is_mail_address, parse_url};
use shared::integrations::Name;

/// Recipients of one mail, and of one text message.
pub(crate) const MAX_RECIPIENTS: usize = 50;
pub(crate) const MAX_NUMBERS: usize = 10;

/// Characters of a URL, of a password, and of anything else.
pub(crate) const MAX_URL: usize = 2_000;
pub(crate) const MAX_PASSWORD: usize = 500;
pub(crate) const MAX_TEXT: usize = 254;

/// A setting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether it has to be there as soon as anything is.
    pub(super) required: bool,
}

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    MailServer,
    MailAddress,
    MailAddresses,
    Numbers,
    /// A URL to post to. Whoever knows it can post, so it is a secret.
    Url,
    Password,
}

impl Kind {
    /// Whether it is encrypted and shown in part only.
    pub(super) fn is_secret(self) -> bool {
        matches!(self, Self::Url | Self::Password)
    }
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

/// The settings of an integration, in the order in which they are shown.
pub(super) fn fields_of(name: Name) -> &'static [Field] {
    match name {
        Name::Slack => {
            const { &[required("webhook_url", Kind::Url), optional("channel", Kind::Text)] }
        }
        Name::Email => {
            const {
                &[
                    required("smtp_server", Kind::MailServer),
                    required("from_email", Kind::MailAddress),
                    optional("recipients", Kind::MailAddresses),
                    optional("username", Kind::Text),
                    optional("password", Kind::Password),
                ]
            }
        }
        Name::Webhook => {
            const { &[required("url", Kind::Url), optional("secret", Kind::Password)] }
        }
        Name::Sms => {
            const {
                &[
                    required("provider_url", Kind::Url),
                    required("from", Kind::Text),
                    required("to", Kind::Numbers),
                    optional("username", Kind::Text),
                    optional("password", Kind::Password),
                ]
            }
        }
    }
}

/// A stored password, and the setting that says which server it is sent to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bond {
    pub(super) password: &'static str,
    pub(super) server: &'static str,
}

/// The bond of an integration that logs in somewhere. The secret of a webhook signs and is never sent.
pub(super) fn bond_of(name: Name) -> Option<Bond> {
    match name {
        Name::Email => Some(Bond { password: "password", server: "smtp_server" }),
        Name::Sms => Some(Bond { password: "password", server: "provider_url" }),
        Name::Slack | Name::Webhook => None,
    }
}

/// What is wrong with a value.
pub(super) type Fault = (FieldErrorKind, String);

/// A value as it is stored.
pub(super) fn read(kind: Kind, value: &Value, reach: Reach) -> Result<Value, Fault> {
    match kind {
        Kind::MailAddresses => list(value, MAX_RECIPIENTS, |text| {
            is_mail_address(text).then_some(()).ok_or(NO_ADDRESS)
        }),
        Kind::Numbers => list(value, MAX_NUMBERS, |text| {
            is_number(text).then_some(()).ok_or("must be numbers such as +15550100")
        }),
        // A password may begin or end with a blank.
        Kind::Password => text(value, MAX_PASSWORD).map(Value::from),
        Kind::Url => url(text(value, MAX_URL)?.trim(), reach),
        Kind::Text => sound(text(value, MAX_TEXT)?.trim(), |_| Ok(())),
        Kind::MailAddress => sound(text(value, MAX_TEXT)?.trim(), |text| {
            is_mail_address(text).then_some(()).ok_or(NO_ADDRESS)
        }),
        Kind::MailServer => mail_server(text(value, MAX_TEXT)?.trim(), reach),
    }
}

const NO_ADDRESS: &str = "must be a mail address such as ann@example.com";

const NEARBY: &str = "names a private address, where messages go only with NOTIFY_ALLOW_PRIVATE=on";

fn text(value: &Value, max: usize) -> Result<&str, Fault> {
    let wrong = || (FieldErrorKind::WrongType, "must be a string".to_owned());
    let text = value.as_str().ok_or_else(wrong)?;
    if let Some(fault) = crate::fields::text_problem(text, max) {
        return Err(fault);
    }
    if text.trim().is_empty() {
        return Err((FieldErrorKind::OutOfRange, "must not be empty".to_owned()));
    }
    Ok(text)
}

fn sound(text: &str, check: impl FnOnce(&str) -> Result<(), &'static str>) -> Result<Value, Fault> {
    check(text).map_err(|message| (FieldErrorKind::Malformed, message.to_owned()))?;
    Ok(text.into())
}

fn url(text: &str, reach: Reach) -> Result<Value, Fault> {
    let malformed = |message: String| (FieldErrorKind::Malformed, message);
    let url = parse_url(text)
        .map_err(|_| malformed("must be a URL that begins with http:// or https://".to_owned()))?;
    if url.path() == super::view::MASKED_PATH {
        return Err(malformed("is not the whole URL but how one is shown".to_owned()));
    }
    check_reach(url.host_str().unwrap_or_default(), reach)?;
    Ok(text.into())
}

fn mail_server(text: &str, reach: Reach) -> Result<Value, Fault> {
    let server = MailServer::parse(text)
        .map_err(|message| (FieldErrorKind::Malformed, message.to_owned()))?;
    check_reach(&server.host, reach)?;
    Ok(text.into())
}

/// An early word on addresses. Names are judged by what they resolve to when a message is sent.
fn check_reach(host: &str, reach: Reach) -> Result<(), Fault> {
    if reach == Reach::Public && is_internal_literal(host) {
        return Err((FieldErrorKind::OutOfRange, NEARBY.to_owned()));
    }
    Ok(())
}

/// Texts in an array, or between commas.
fn list(
    value: &Value,
    max: usize,
    check: impl Fn(&str) -> Result<(), &'static str>,
) -> Result<Value, Fault> {
    let texts: Option<Vec<&str>> = match value {
        Value::String(text) => Some(text.split(',').collect()),
        Value::Array(values) => values.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let wrong = || (FieldErrorKind::WrongType, "must be a list of strings".to_owned());
    let texts = texts.ok_or_else(wrong)?;
    let mut kept: Vec<&str> = Vec::new();
    for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
        check(text).map_err(|message| (FieldErrorKind::Malformed, message.to_owned()))?;
        if !kept.contains(&text) {
            kept.push(text);
        }
        if kept.len() > max {
            return Err((FieldErrorKind::TooLong, format!("may hold at most {max} values")));
        }
    }
    if kept.is_empty() {
        return Err((FieldErrorKind::OutOfRange, "must not be empty".to_owned()));
    }
    Ok(kept.into())
}

/// A telephone number with the country's code (E.164).
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(kind: Kind, value: &Value, expected: Result<Value, FieldErrorKind>) {
        assert_eq!(read(kind, value, Reach::Public).map_err(|fault| fault.0), expected, "{value}");
    }

    #[test]
    fn good_values_are_kept_as_they_were_meant() {
        check(Kind::Text, &json!(" #alerts "), Ok(json!("#alerts")));
        check(Kind::Password, &json!(" p "), Ok(json!(" p ")));
        check(Kind::Url, &json!("https://a.example/x"), Ok(json!("https://a.example/x")));
        check(Kind::MailServer, &json!("mail.example:25"), Ok(json!("mail.example:25")));
        let both = Ok(json!(["a@b.example", "c@d.example"]));
        check(Kind::MailAddresses, &json!("a@b.example, c@d.example"), both.clone());
        check(Kind::MailAddresses, &json!(["a@b.example", "c@d.example", "a@b.example"]), both);
        check(Kind::Numbers, &json!("+15550100"), Ok(json!(["+15550100"])));
    }

    #[test]
    fn bad_values_are_named() {
        use FieldErrorKind::{Malformed, OutOfRange, TooLong, WrongType};
        for (kind, value, expected) in [
            (Kind::Text, json!(7), WrongType),
            (Kind::Text, json!(" "), OutOfRange),
            (Kind::Text, json!("x".repeat(MAX_TEXT + 1)), TooLong),
            (Kind::Password, json!("a\0b"), Malformed),
            (Kind::Url, json!("ftp://a.example"), Malformed),
            (Kind::Url, json!("https://a.example/..."), Malformed),
            (Kind::Url, json!("http://127.0.0.1/x"), OutOfRange),
            (Kind::Url, json!("http://[::ffff:10.0.0.1]/"), OutOfRange),
            (Kind::Url, json!("http://localhost:8080/"), OutOfRange),
            (Kind::MailServer, json!("smtp://u:p@mail.example"), Malformed),
            (Kind::MailServer, json!("169.254.169.254:25"), OutOfRange),
            (Kind::MailAddress, json!("ann"), Malformed),
            (Kind::MailAddresses, json!(["ann"]), Malformed),
            (Kind::MailAddresses, json!([]), OutOfRange),
            (Kind::MailAddresses, json!([1]), WrongType),
            (Kind::Numbers, json!(["0123"]), Malformed),
        ] {
            check(kind, &value, Err(expected));
        }
        let many: Vec<String> = (0..=MAX_RECIPIENTS).map(|n| format!("a{n}@b.example")).collect();
        check(Kind::MailAddresses, &json!(many), Err(TooLong));
    }

    #[test]
    fn private_addresses_are_taken_where_they_are_allowed() {
        let nearby = json!("http://127.0.0.1:9/x");
        assert_eq!(read(Kind::Url, &nearby, Reach::Private), Ok(nearby.clone()));
    }
}
