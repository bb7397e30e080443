//! What an event says in words: a text, a template with parameters, or a whole line of a structured log.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use shared::event::Object;

use super::fields::{Fields, text_of};
use crate::decode::{bounds, json};

/// Lines of structured logs that are longer are read as texts.
const MAX_LINE: usize = 256 * 1024;

/// Parameters of a message.
const MAX_PARAMS: usize = 1_000;

/// The words of an event.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// The text to show; empty when the event has none.
    pub(super) text: String,
    /// The text before its parameters were filled in, where that is another one.
    pub(super) template: Option<String>,
    /// The stack that stood in a line of a log.
    pub(super) stack_trace: Option<String>,
    /// What else stood in that line.
    pub(super) log: Option<Object>,
}

/// Takes the message, wherever clients put it.
pub(super) fn take(fields: &mut Fields) -> Message {
    let entry = fields.take_either("logentry", "sentry.interfaces.Message");
    let message = fields.take("message");
    let (template, formatted) = match entry.or(message.clone()) {
        Some(Value::Object(entry)) => read_entry(entry),
        Some(other) => (None, text_of(other)),
        None => (None, None),
    };
    let plain = || message.and_then(|value| value.as_str().map(str::to_owned));
    let text = formatted.filter(|text| !text.trim().is_empty()).or_else(plain).unwrap_or_default();
    if let Some(line) = read_line(&text) {
        return bounded(fields, line);
    }
    let template = template.filter(|template| *template != text);
    bounded(fields, Message { text, template, ..Message::default() })
}

fn bounded(fields: &mut Fields, message: Message) -> Message {
    let notes = &mut fields.notes;
    Message {
        text: notes.bounded("message", message.text, bounds::MESSAGE),
        template: message.template.map(|it| notes.bounded("message", it, bounds::MESSAGE)),
        stack_trace: message
            .stack_trace
            .map(|text| notes.bounded("stack_trace", text, bounds::STACK_TRACE)),
        log: message.log,
    }
}

/// The template, and the text with its parameters filled in.
fn read_entry(mut entry: Object) -> (Option<String>, Option<String>) {
    let mut text = |name: &str| entry.remove(name).and_then(text_of);
    let (template, formatted) = (text("message"), text("formatted"));
    let formatted = formatted.or_else(|| {
        let template = template.as_deref()?;
        Some(match entry.remove("params") {
            Some(params) => fill_in(template, &params),
            None => template.to_owned(),
        })
    });
    (template, formatted)
}

/// Fills parameters into a template: `%s` and `%(name)s` where it has a percent sign, else `{}`, `{0}` and
/// `{name}`. What has no parameter stays as it is. One pass, which ends where the text is too long to be
/// kept: a short template may ask for a long parameter a thousand times.
fn fill_in(template: &str, params: &Value) -> String {
    let (sign, filled): (&str, Fill) =
        if template.contains('%') { ("%", fill_percent) } else { ("{", fill_brace) };
    let mut params = Params::new(params);
    let mut text = String::new();
    let mut rest = template;
    while text.len() <= bounds::MESSAGE
        && let Some((before, after)) = rest.split_once(sign)
    {
        push(&mut text, before);
        let (value, behind) = filled(after, &mut params).unwrap_or((sign.into(), after));
        push(&mut text, &value);
        rest = behind;
    }
    push(&mut text, rest);
    text
}

/// Appends what may still be kept, and a little more, so that it shows that something was cut.
fn push(text: &mut String, more: &str) {
    let room = (bounds::MESSAGE + 1).saturating_sub(text.len());
    text.push_str(more.get(..more.ceil_char_boundary(room)).unwrap_or(more));
}

/// What stands for a placeholder whose sign was read, and the rest behind it.
type Fill = for<'a> fn(&'a str, &mut Params<'a>) -> Option<(Cow<'a, str>, &'a str)>;

fn fill_percent<'a>(after: &'a str, params: &mut Params<'a>) -> Option<(Cow<'a, str>, &'a str)> {
    if let Some(behind) = after.strip_prefix('%') {
        return Some(("%".into(), behind));
    }
    let named = after.strip_prefix('(').and_then(|it| name_before(it, ')'));
    let (name, behind) = named.unwrap_or(("", after));
    let flags = behind.bytes().take_while(|byte| b"-+ #0123456789.".contains(byte)).count();
    let (_, rest) = behind.split_at_checked(flags)?;
    let rest = rest.strip_prefix(|conversion: char| conversion.is_ascii_alphabetic())?;
    Some((params.get(name)?, rest))
}

fn fill_brace<'a>(after: &'a str, params: &mut Params<'a>) -> Option<(Cow<'a, str>, &'a str)> {
    let (name, rest) = name_before(after, '}')?;
    let name = name.split([':', '!']).next().unwrap_or(name);
    Some((params.get(name)?, rest))
}

/// The name up to its end, and what follows. Where it would be longer than names are there is none.
fn name_before(text: &str, end: char) -> Option<(&str, &str)> {
    let near = text.get(..text.floor_char_boundary(bounds::NAME))?;
    text.split_at_checked(near.find(end)?).and_then(|(name, rest)| Some((name, rest.get(1..)?)))
}

/// What may stand in a template, as texts. Each is written once, however often it is asked for.
struct Params<'a> {
    by_name: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    next: usize,
}

impl<'a> Params<'a> {
    fn new(params: &'a Value) -> Self {
        let by_name = match params {
            Value::Array(values) => {
                let numbered = values.iter().enumerate().take(MAX_PARAMS);
                numbered
                    .filter_map(|(at, it)| Some((at.to_string().into(), written(it)?)))
                    .collect()
            }
            Value::Object(values) => {
                let named = values.iter().take(MAX_PARAMS);
                named.filter_map(|(name, it)| Some((name.into(), written(it)?))).collect()
            }
            _ => BTreeMap::new(),
        };
        Self { by_name, next: 0 }
    }

    /// The parameter of a name or number, or else the next one.
    fn get(&mut self, name: &str) -> Option<Cow<'a, str>> {
        if !name.is_empty() {
            return self.by_name.get(name).cloned();
        }
        self.next += 1;
        self.by_name.get((self.next - 1).to_string().as_str()).cloned()
    }
}

fn written(param: &Value) -> Option<Cow<'_, str>> {
    match param {
        Value::String(text) => Some(text.into()),
        other => text_of(other.clone()).map(Cow::Owned),
    }
}

/// Reads a line of a structured log, which is one JSON object: loggers that write JSON hand the whole line
/// to the SDK, with times and ids that make every one of them a new message.
fn read_line(text: &str) -> Option<Message> {
    let text = text.trim();
    if !text.starts_with('{') || !text.ends_with('}') || text.len() > MAX_LINE {
        return None;
    }
    let Ok(Value::Object(mut line)) = json::parse(text.as_bytes()) else { return None };
    let says_something = |name: &&str| {
        line.get(*name).and_then(Value::as_str).is_some_and(|it| !it.trim().is_empty())
    };
    let name = ["event", "message", "msg"].into_iter().find(says_something)?;
    let text = line.remove(name).and_then(text_of)?;
    let stack_trace = ["exception", "stack", "exc_info"]
        .into_iter()
        .find(|name| line.get(*name).and_then(Value::as_str).is_some_and(|it| it.contains('\n')))
        .and_then(|name| line.remove(name))
        .and_then(text_of);
    Some(Message { text, template: None, stack_trace, log: Some(line) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(event: Value, text: &str, template: Option<&str>) {
        let Value::Object(object) = event.clone() else { unreachable!() };
        let message = take(&mut Fields::new(object));
        assert_eq!(
            (message.text.as_str(), message.template.as_deref()),
            (text, template),
            "{event}"
        );
    }

    #[test]
    fn messages_are_found_and_filled_in() {
        check(json!({"message": "plain"}), "plain", None);
        check(json!({}), "", None);
        check(json!({"message": "", "logentry": {"message": "a", "formatted": null}}), "a", None);
        check(
            json!({"logentry": {"message": "row %s of %d%%", "params": ["7", 9]}}),
            "row 7 of 9%",
            Some("row %s of %d%%"),
        );
        check(
            json!({"sentry.interfaces.Message": {"message": "%(a)s %.1f %q", "params": {"a": 1}}}),
            "1 %.1f %q",
            Some("%(a)s %.1f %q"),
        );
        check(
            json!({"logentry": {"message": "{} {0} {x} {", "params": ["a"]}}),
            "a a {x} {",
            Some("{} {0} {x} {"),
        );
        check(
            json!({"logentry": {"message": "%%%(a)s%(b", "params": {"a": ["x"]}}}),
            "%[\"x\"]%(b",
            Some("%%%(a)s%(b"),
        );
        check(json!({"message": {"message": "m", "formatted": "f"}}), "f", Some("m"));
        check(json!({"message": ["a"]}), "[\"a\"]", None);
    }

    #[test]
    fn a_filled_message_is_bounded_however_it_is_made() {
        let large = "x".repeat(100_000);
        for (template, params) in [
            ("{a}".repeat(300_000), json!({"a": large})),
            ("{a}".repeat(300_000), json!({"a": [large]})),
            ("{}".repeat(300_000), json!(vec![7; 300_000])),
            ("{a}".repeat(300_000), json!({"a": ""})),
            ("{".repeat(300_000), json!(["a"])),
            ("%(".repeat(300_000), json!({"a": "b"})),
            ("%s".repeat(300_000), json!([large, large])),
            (format!("{large}ü{large}{{a}}"), json!({"a": "b"})),
        ] {
            let filled = fill_in(&template, &params);
            assert!(filled.len() <= bounds::MESSAGE + 4, "{} {}", template.len(), filled.len());
        }
    }

    #[test]
    fn lines_of_structured_logs_are_read_for_their_event() {
        let line = json!({
            "event": "Payout failed", "user_id": 7,
            "exception": "Traceback (most recent call last):\n  File \"a.py\", line 1, in b\nE: x",
        });
        let Value::Object(object) = json!({"logentry": {"message": line.to_string()}}) else {
            unreachable!()
        };
        let message = take(&mut Fields::new(object));
        assert_eq!(message.text, "Payout failed");
        assert!(message.stack_trace.unwrap().starts_with("Traceback"));
        assert_eq!(Value::Object(message.log.unwrap()), json!({"user_id": 7}));
        check(json!({"message": r#"{"event":"Late","ratio":NaN,"name":"\ud83d"}"#}), "Late", None);
        check(json!({"message": "{\"a\":1}"}), "{\"a\":1}", None);
        check(json!({"message": "{broken}"}), "{broken}", None);
    }
}
