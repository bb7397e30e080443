//! Slack's incoming webhooks.

use http::HeaderMap;
use serde_json::{Value, json};

use super::error::SendError;
use super::http::{Line, Post, parse_url, post};
use super::message::{Item, Listing, Message, shortened};
use crate::config::Secret;

/// What Slack takes of a header, of a section's text and of one of its fields.
const MAX_HEADER: usize = 150;
const MAX_SECTION: usize = 3_000;
const MAX_FIELD: usize = 2_000;
const MAX_FIELDS: usize = 10;

/// A message has room for 50 blocks.
const MAX_LISTINGS: usize = 10;

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
        blocks.push(json!({"type": "section", "text": markup(&text)}));
    }
    if !message.fields.is_empty() {
        blocks.push(json!({"type": "section", "fields": fields(message)}));
    }
    for listing in message.listings.iter().take(MAX_LISTINGS) {
        blocks.push(json!({"type": "section", "text": markup(&lines(listing))}));
    }
    if let Some(link) = message.link.as_deref().and_then(|url| link(url, "Open in Errata")) {
        blocks.push(json!({"type": "context", "elements": [markup(&link)]}));
    }
    // The text stands in notifications, which show no blocks; there it is markup, too.
    let mut body = json!({"text": escaped(&headline, MAX_SECTION), "blocks": blocks});
    if let Some(channel) = channel {
        body["channel"] = channel.into();
    }
    body
}

/// Text in Slack's markup, of which names of channels and people become no mentions by themselves.
fn markup(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

/// A heading and as many lines as a section takes.
fn lines(listing: &Listing) -> String {
    let mut text = format!("*{}*", escaped(&listing.heading, MAX_FIELD / 4));
    let mut length = text.chars().count();
    for item in &listing.items {
        let line = format!("\n• {}", line(item));
        length += line.chars().count();
        if length > MAX_SECTION {
            break;
        }
        text += &line;
    }
    text
}

fn line(item: &Item) -> String {
    let title = escaped(&item.title, MAX_FIELD / 4);
    // Where the first `|` or the first `>` stands, the address or the link ends.
    let linked = item.link.as_deref().and_then(|url| link(url, &title));
    let title = linked.unwrap_or(title);
    match &item.detail {
        Some(detail) => format!("{title}, {}", escaped(detail, MAX_FIELD / 4)),
        None => title,
    }
}

fn fields(message: &Message) -> Vec<Value> {
    let shown = message.fields.iter().take(MAX_FIELDS);
    shown
        .map(|(name, value)| {
            let name = escaped(name, MAX_FIELD / 4);
            markup(&format!("*{name}*\n{}", escaped(value, MAX_FIELD / 2)))
        })
        .collect()
}

/// A link of Slack's markup, in which `|` and `>` would end the address. The title is escaped already.
fn link(url: &str, title: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?.to_string().replace('|', "%7C");
    (url.len() < MAX_FIELD / ESCAPED).then(|| format!("<{}|{title}>", escape(&url)))
}

/// Text that Slack shows as it is, within the limit however much of it has to be escaped.
fn escaped(text: &str, max: usize) -> String {
    if text.char_indices().nth(max).is_none() {
        let whole = escape(text);
        if whole.chars().count() <= max {
            return whole;
        }
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
        let item = |title: &str, link: Option<&str>| Item {
            title: title.to_owned(),
            detail: Some("3 events".to_owned()),
            link: link.map(str::to_owned),
        };
        message.listings = vec![Listing {
            heading: "Top errors".to_owned(),
            items: vec![item("a>b", Some("https://errors.example/1")), item("<!here>", None)],
        }];
        let body = body(Some("#alerts"), &message);
        assert_eq!(body["channel"], "#alerts");
        assert_eq!(body["text"], "It &lt;broke&gt;");
        assert_eq!(body["blocks"][0]["text"]["text"], "It <broke>");
        assert_eq!(
            body["blocks"][3]["text"]["text"],
            "*Top errors*\n• <https://errors.example/1|a&gt;b>, 3 events\n• &lt;!here&gt;, 3 events"
        );
        assert_eq!(body["blocks"][1]["text"]["text"], "a &amp; b &lt;!channel&gt;");
        assert_eq!(body["blocks"][2]["fields"][0]["text"], "*Project*\n&lt;Shop&gt;");
        let link = body["blocks"][4]["elements"][0]["text"].as_str().unwrap();
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
            message.fields = vec![(text.clone(), text.clone()); 20];
            let link = Some("https://errors.example/1".to_owned());
            let item = Item { title: text.clone(), detail: Some(text.clone()), link };
            message.listings = vec![Listing { heading: text, items: vec![item; 9] }; 12];
            let body = body(None, &message);
            let length = |value: &Value| value.as_str().unwrap_or_default().chars().count();
            let blocks = &body["blocks"];
            prop_assert!(length(&blocks[0]["text"]["text"]) <= MAX_HEADER);
            prop_assert!(length(&blocks[1]["text"]["text"]) <= MAX_SECTION);
            prop_assert!(blocks.as_array().unwrap().len() <= 50);
            for block in blocks.as_array().unwrap() {
                prop_assert!(length(&block["text"]["text"]) <= MAX_SECTION);
                let fields = block["fields"].as_array().cloned().unwrap_or_default();
                prop_assert!(fields.len() <= MAX_FIELDS);
                prop_assert!(fields.iter().all(|field| length(&field["text"]) <= MAX_FIELD));
            }
        }
    }
}
