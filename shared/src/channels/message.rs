//! What is sent, whatever the channel.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the documentation; they stand in messages")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// All of them, the mildest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The severity of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }

    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A message to people; webhooks get it as an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What it is about, for programs: `test`, `invitation` and so on.
    pub kind: &'static str,
    /// One line.
    pub title: String,
    /// Some sentences, plain.
    pub text: String,
    /// The same for mail programs; made from the text when there is none.
    pub html: Option<String>,
    /// Where to read on.
    pub link: Option<String>,
    /// How much it matters, where that can be said.
    pub severity: Option<Severity>,
    /// Short facts in order: name and value.
    pub fields: Vec<(String, String)>,
    /// What only programs need, for webhooks.
    pub data: Option<Value>,
}

impl Message {
    /// A message of a title and a text.
    pub fn new(kind: &'static str, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            kind,
            title: title.into(),
            text: text.into(),
            html: None,
            link: None,
            severity: None,
            fields: Vec::new(),
            data: None,
        }
    }

    /// The title in one line of at most `max` characters, with the severity before it.
    pub(super) fn headline(&self, max: usize) -> String {
        let title: String =
            self.title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let line = match self.severity {
            Some(severity) => format!("[{}] {title}", severity.as_str()),
            None => title,
        };
        shortened(line.trim(), max)
    }
}

/// One message on its way. The id stays the same when it is sent again, so that receivers can tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Names the delivery.
    pub id: Uuid,
    /// What is delivered.
    pub message: Message,
}

/// The text in at most `max` characters; where something is left out, a mark says so.
pub(super) fn shortened(text: &str, max: usize) -> String {
    if text.char_indices().nth(max).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headlines_are_one_line() {
        let mut message = Message::new("test", "it broke\r\nBcc: x@y.example", "");
        assert_eq!(message.headline(100), "it broke  Bcc: x@y.example");
        message.severity = Some(Severity::High);
        assert_eq!(message.headline(10), "[high] it…");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, max, expected) in
            [("äöü", 3, "äöü"), ("äöüß", 3, "äö…"), ("", 0, ""), ("a", 0, "…")]
        {
            assert_eq!(shortened(text, max), expected, "{text}");
        }
    }
}
