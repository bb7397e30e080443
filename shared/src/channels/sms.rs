//! Text messages through an HTTP provider, in the form that Twilio's API made common: a form with
//! `From`, `To` and `Body`, and basic authentication.

use futures_util::future::join_all;
use http::header::{self, HeaderMap};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use super::error::SendError;
use super::http::{Line, Post, basic, parse_url, post};
use super::message::{Message, shortened};
use crate::config::Secret;

/// Three parts of a text message, which providers charge one by one.
const MAX_TEXT: usize = 459;

/// Where to post, and whom to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    /// The provider's URL; its user and password are used unless others are given.
    pub provider_url: Secret,
    /// The sender: a number or a name.
    pub from: String,
    /// The numbers to reach.
    pub to: Vec<String>,
    /// The account at the provider.
    pub username: Option<String>,
    /// Its password or token.
    pub password: Option<Secret>,
}

/// Sends to every number. One that fails keeps no other from being tried; its failure is the answer.
pub(super) async fn send(line: &Line, sms: &Sms, message: &Message) -> Result<(), SendError> {
    if sms.to.is_empty() {
        return Err(SendError::NoRecipients);
    }
    let url = parse_url(sms.provider_url.expose())?;
    let text = text(message);
    let sent = sms.to.iter().map(|to| send_one(line, sms, &url, to, &text));
    join_all(sent).await.into_iter().collect()
}

async fn send_one(
    line: &Line,
    sms: &Sms,
    url: &Url,
    to: &str,
    text: &str,
) -> Result<(), SendError> {
    let request = Post {
        url: url.clone(),
        content_type: "application/x-www-form-urlencoded",
        headers: headers(sms),
        body: form(&[("From", &sms.from), ("To", to), ("Body", text)]).into(),
    };
    post(line, request).await?.accepted(reason)
}

fn form(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn headers(sms: &Sms) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(password) = &sms.password {
        let user = sms.username.as_deref().unwrap_or_default();
        let value = basic(user.as_bytes(), password.expose().as_bytes());
        headers.insert(header::AUTHORIZATION, value);
    }
    headers
}

/// Providers number their failures. Their texts could quote what was sent.
fn reason(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    answer["code"].as_u64().map(|code| format!("code {code} of the provider"))
}

fn text(message: &Message) -> String {
    let headline = message.headline(MAX_TEXT);
    let mut parts = vec![headline.as_str(), message.text.trim()];
    parts.extend(message.link.as_deref());
    parts.retain(|part| !part.is_empty());
    shortened(&parts.join("\n"), MAX_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_short_text() {
        let mut message = Message::new("test", "It broke", "Twice.");
        message.link = Some("https://errors.example".to_owned());
        assert_eq!(text(&message), "It broke\nTwice.\nhttps://errors.example");
        message.text = "x".repeat(1_000);
        assert_eq!(text(&message).chars().count(), MAX_TEXT);
    }

    #[test]
    fn only_the_number_of_a_failure_is_told() {
        for (body, expected) in [
            (r#"{"code": 21211, "message": "bad To"}"#, Some("code 21211 of the provider")),
            (r#"{"code": "x"}"#, None),
            ("nonsense", None),
        ] {
            assert_eq!(reason(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
