//! Text messages through an HTTP provider, in the form that Twilio's API made common: a form with
//! `From`, `To` and `Body`, and basic authentication.

use futures_util::future::join_all;
use http::header::{self, HeaderMap};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use super::error::SendError;
use super::http::{Line, Post, basic, parse_url, post};
use super::message::{Message, Receipt, Refused, shortened};
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

/// Sends to every number. Where one gets it and another does not, that is told and not tried again:
/// the first would get it, and pay for it, twice.
pub(super) async fn send(line: &Line, sms: &Sms, message: &Message) -> Result<Receipt, SendError> {
    if sms.to.is_empty() {
        return Err(SendError::NoRecipients);
    }
    let url = parse_url(sms.provider_url.expose())?;
    let text = text(message);
    let sent = sms.to.iter().map(|to| send_one(line, sms, &url, to, &text));
    let outcomes = sms.to.iter().cloned().zip(join_all(sent).await);
    summed_up(
        outcomes.filter_map(|(to, outcome)| Some((to, outcome.err()?))).collect(),
        sms.to.len(),
    )
}

/// What the failures among so many recipients come to. Where all failed, one that may pass is told
/// before others, because it is worth another attempt.
fn summed_up(failed: Vec<(String, SendError)>, among: usize) -> Result<Receipt, SendError> {
    if failed.len() < among {
        let refused =
            failed.into_iter().map(|(to, error)| Refused { to, reason: error.sentence() });
        return Ok(Receipt { refused: refused.collect() });
    }
    let errors = failed.into_iter().map(|(_, error)| error);
    Err(errors.max_by_key(SendError::is_transient).unwrap_or(SendError::NoRecipients))
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
    let text = message.short.as_deref().unwrap_or(&message.text).trim();
    let mut parts = vec![headline.as_str(), text];
    parts.retain(|part| !part.is_empty());
    // Half a link leads nowhere: room is made for it, or it is left out.
    let link = message.link.as_deref().filter(|link| link.chars().count() < MAX_TEXT / 2);
    let room = link.map_or(MAX_TEXT, |link| MAX_TEXT - link.chars().count() - 1);
    let said = shortened(&parts.join("\n"), room);
    link.map_or_else(|| said.clone(), |link| format!("{said}\n{link}"))
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
        assert!(text(&message).ends_with("x…\nhttps://errors.example"));
        message.short = Some("Three times.".to_owned());
        assert_eq!(text(&message), "It broke\nThree times.\nhttps://errors.example");
    }

    #[test]
    fn some_numbers_may_fail_and_not_all() {
        let failed = |to: &str, status| {
            let host = "sms.example".to_owned();
            (to.to_owned(), SendError::Answered { host, status, reason: None })
        };
        assert_eq!(summed_up(vec![], 2).unwrap(), Receipt::default());
        let receipt = summed_up(vec![failed("+1", 400)], 2).unwrap();
        assert_eq!(receipt.note().unwrap(), "refused for +1: sms.example answered 400");
        let both = summed_up(vec![failed("+1", 503), failed("+2", 400)], 2);
        assert!(both.unwrap_err().is_transient());
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
