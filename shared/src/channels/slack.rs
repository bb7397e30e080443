//! Slack's incoming webhooks.

use http::HeaderMap;
use serde_json::{Value, json};

use super::error::SendError;
use super::http::{Line, Post, parse_url, post};
use super::message::{Message, shortened};
use crate::config::Secret;

/// What Slack takes of a header, of a section's text and of one of its fields.
const MAX_HEADER: usize = 150;
const MAX_SECTION: usize = 3_000;
const MAX_FIELD: usize = 2_000;
const MAX_FIELDS: usize = 10;

/// Escaping makes five characters of one.
const ESCAPED: usize = 5;

/// Where to post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slack {
    /// The webhook's URL, which is all that is needed to post.
    pub webhook_url: Secret,
    /// Another channel than the webhook's own, where the workspace allows it.
    pub channel: Option<String>,
}

pub(super) async fn send(line: &Line, slack: &Slack, message: &Message) -> Result<(), SendError> {
    let body = body(slack.channel.as_deref(), message).to_string().into();
    let url = parse_url(slack.webhook_url.expose())?;
    let content_type = "application/json";
    let reply = post(line, Post { url, content_type, headers: HeaderMap::new(), body }).await?;
    reply.accepted(reason)
}

/// Slack names failures by words such as `no_service`. Anything else could quote the URL.
fn reason(body: &[u8]) -> Option<String> {
    let word = std::str::from_utf8(body).ok()?.trim();
    let is_word = (1..=40).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_word.then(|| word.to_owned())
}

fn body(channel: Option<&str>, message: &Message) -> Value {
    let headline = message.headline(MAX_HEADER);
    let mut blocks =
        vec![json!({"type": "header", "text": {"type": "plain_text", "text": headline}})];
    if !message.text.trim().is_empty() {
        let text = escaped(&message.text, MAX_SECTION);
        blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": text}}));
    }
    if !message.fields.is_empty() {
        blocks.push(json!({"type": "section", "fields": fields(message)}));
    }
    if let Some(link) = message.link.as_deref().and_then(link) {
        let text = json!({"type": "mrkdwn", "text": link});
        blocks.push(json!({"type": "context", "elements": [text]}));
    }
    // The text stands in notifications, which show no blocks; there it is markup, too.
    let mut body = json!({"text": escaped(&headline, MAX_SECTION), "blocks": blocks});
    if let Some(channel) = channel {
        body["channel"] = channel.into();
    }
    body
}

fn fields(message: &Message) -> Vec<Value> {
    let shown = message.fields.iter().take(MAX_FIELDS);
    shown
        .map(|(name, value)| {
            let name = escaped(name, MAX_FIELD / 4);
            let text = format!("*{name}*\n{}", escaped(value, MAX_FIELD / 2));
            json!({"type": "mrkdwn", "text": text})
        })
        .collect()
}

/// A link of Slack's markup, in which `|` and `>` would end the address.
fn link(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?.to_string().replace('|', "%7C");
    (url.len() < MAX_FIELD).then(|| format!("<{}|Open in Errata>", escape(&url)))
}

/// Text that Slack shows as it is, within the limit however much of it has to be escaped.
fn escaped(text: &str, max: usize) -> String {
    let whole = escape(text);
    if whole.chars().count() <= max {
        return whole;
    }
    escape(&shortened(text, max / ESCAPED))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_becomes_blocks() {
        let mut message = Message::new("test", "It <broke>", "a & b <!channel>");
        message.fields = vec![("Project".to_owned(), "<Shop>".to_owned())];
        message.link = Some("https://errors.example/e?a=1&b=|x>".to_owned());
        let body = body(Some("#alerts"), &message);
        assert_eq!(body["channel"], "#alerts");
        assert_eq!(body["text"], "It &lt;broke&gt;");
        assert_eq!(body["blocks"][0]["text"]["text"], "It <broke>");
        assert_eq!(body["blocks"][1]["text"]["text"], "a &amp; b &lt;!channel&gt;");
        assert_eq!(body["blocks"][2]["fields"][0]["text"], "*Project*\n&lt;Shop&gt;");
        let link = body["blocks"][3]["elements"][0]["text"].as_str().unwrap();
        assert_eq!(link, "<https://errors.example/e?a=1&amp;b=%7Cx%3E|Open in Errata>");
    }

    #[test]
    fn only_words_of_slack_are_told() {
        for (body, expected) in [
            ("no_service\n", Some("no_service")),
            ("<html>Cannot POST /services/T0/B0/secret</html>", None),
            ("", None),
            ("Not Found", None),
        ] {
            assert_eq!(reason(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_limits(title in "[<&a]{0,400}", text in "[<&a\n]{0,9000}") {
            let mut message = Message::new("test", title, text.clone());
            message.fields = vec![(text.clone(), text); 20];
            let body = body(None, &message);
            let length = |value: &Value| value.as_str().unwrap_or_default().chars().count();
            let blocks = &body["blocks"];
            prop_assert!(length(&blocks[0]["text"]["text"]) <= MAX_HEADER);
            prop_assert!(length(&blocks[1]["text"]["text"]) <= MAX_SECTION);
            for block in blocks.as_array().unwrap() {
                let fields = block["fields"].as_array().cloned().unwrap_or_default();
                prop_assert!(fields.len() <= MAX_FIELDS);
                prop_assert!(fields.iter().all(|field| length(&field["text"]) <= MAX_FIELD));
            }
        }
    }
}
