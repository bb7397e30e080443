//! What an event says in words: a text, a template with parameters, or a whole line of a structured log.

use serde_json::Value;
use shared::event::Object;

use super::fields::{Fields, text_of};
use crate::decode::bounds;

/// Lines of structured logs that are longer are read as texts.
const MAX_LINE: usize = 256 * 1024;

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
/// `{name}`. What has no parameter stays as it is.
fn fill_in(template: &str, params: &Value) -> String {
    let mut params = Params { params, next: 0 };
    if template.contains('%') {
        fill_percents(template, &mut params)
    } else {
        fill_braces(template, &mut params)
    }
}

struct Params<'a> {
    params: &'a Value,
    next: usize,
}

impl Params<'_> {
    /// The parameter of a name or number, or else the next one.
    fn get(&mut self, name: &str) -> Option<String> {
        let value = match (self.params, name) {
            (Value::Array(values), "") => {
                self.next += 1;
                values.get(self.next - 1)
            }
            (Value::Array(values), number) => values.get(number.parse::<usize>().ok()?),
            (Value::Object(values), name) => values.get(name),
            _ => None,
        };
        text_of(value?.clone())
    }
}

fn fill_percents(template: &str, params: &mut Params<'_>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let (name, behind) = match after.strip_prefix('(').and_then(|it| it.split_once(')')) {
            Some((name, behind)) => (name, behind),
            None => ("", after),
        };
        let flags = behind.bytes().take_while(|byte| b"-+ #0123456789.".contains(byte)).count();
        let conversion = behind.as_bytes().get(flags).copied().unwrap_or_default();
        rest = after;
        if after.starts_with('%') {
            text.push('%');
            rest = after.get(1..).unwrap_or_default();
        } else if conversion.is_ascii_alphabetic()
            && let Some(value) = params.get(name)
        {
            text.push_str(&value);
            rest = behind.get(flags + 1..).unwrap_or_default();
        } else {
            text.push('%');
        }
    }
    text.push_str(rest);
    text
}

fn fill_braces(template: &str, params: &mut Params<'_>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let filled = after.split_once('}').and_then(|(name, behind)| {
            let name = name.split([':', '!']).next().unwrap_or(name);
            Some((params.get(name)?, behind))
        });
        match filled {
            Some((value, behind)) => {
                text.push_str(&value);
                rest = behind;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// Reads a line of a structured log, which is one JSON object: loggers that write JSON hand the whole line
/// to the SDK, with times and ids that make every one of them a new message.
fn read_line(text: &str) -> Option<Message> {
    let text = text.trim();
    if !text.starts_with('{') || !text.ends_with('}') || text.len() > MAX_LINE {
        return None;
    }
    let mut line: Object = serde_json::from_str(text).ok()?;
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
        check(json!({"message": {"message": "m", "formatted": "f"}}), "f", Some("m"));
        check(json!({"message": ["a"]}), "[\"a\"]", None);
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
        check(json!({"message": "{\"a\":1}"}), "{\"a\":1}", None);
        check(json!({"message": "{broken}"}), "{broken}", None);
    }
}
