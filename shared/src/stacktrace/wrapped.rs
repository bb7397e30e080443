//! Takes off what a trace was wrapped in on its way here: the JSON of a log line, the escapes of a string,
//! what a logger or the runtime of a container puts before each line. What is left is the text that the
//! language wrote; reading that does not belong here.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memmem};
use serde_json::Value;

use super::reader;
use super::scan::{self, lines};

/// No logger puts a trace deeper into its JSON.
const MAX_DEPTH: usize = 4;
/// Fields that loggers keep traces in.
const FIELDS: [&str; 14] = [
    "stack",
    "stack_trace",
    "stacktrace",
    "stackTrace",
    "exc_info",
    "exception",
    "traceback",
    "backtrace",
    "error.stack",
    "error.stack_trace",
    "err",
    "error",
    "@x",
    "log",
];
/// Objects that are looked at, which may be one for each line.
const MAX_OBJECTS: usize = 200;
/// How a list of texts begins in an object.
const LIST: &[u8] = b"\":[\"";
/// Where React says how components stand in each other, which looks like a trace.
const COMPONENTS: &str = "componentStack";
/// What stands for a space where spaces at the start of a line would be lost, and its last byte.
const FIXED_SPACE: (&str, u8) = ("\u{a0}", 0xa0);

/// The text without what it is wrapped in.
pub(super) fn unwrapped(text: Cow<'_, str>) -> Cow<'_, str> {
    let text = without_escapes(with_line_feeds(text));
    let (fixed_space, last_byte) = FIXED_SPACE;
    let text = match memchr(last_byte, text.as_bytes()) {
        Some(_) => Cow::Owned(text.replace(fixed_space, " ")),
        None => text,
    };
    match prefix(&text) {
        None => text,
        Some(prefix) => Cow::Owned(without_prefix(&text, &prefix)),
    }
}

/// Whether a text without a line feed may be of several lines all the same.
pub(crate) fn is_wrapped(text: &str) -> bool {
    memchr(b'\r', text.trim_ascii_end().as_bytes()).is_some() || is_escaped(text)
}

/// Whether a text is one line that says where its lines end, or an object that has lists of lines.
fn is_escaped(text: &str) -> bool {
    let text = text.trim_ascii_end().as_bytes();
    memchr(b'\n', text).is_none()
        && (memchr_iter(b'\\', text).any(|at| text.get(at + 1) == Some(&b'n'))
            || memchr(b'{', text).is_some_and(|at| memmem::find(&text[at..], LIST).is_some()))
}

/// The text with line feeds where what carried it made them carriage returns.
fn with_line_feeds(text: Cow<'_, str>) -> Cow<'_, str> {
    let inner = text.trim_ascii_end().as_bytes();
    if memchr(b'\n', inner).is_some() || memchr(b'\r', inner).is_none() {
        return text;
    }
    Cow::Owned(text.replace('\r', "\n"))
}

fn without_escapes(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_escaped = is_escaped(&text);
    if !is_escaped && !text.trim_ascii_start().starts_with('{') {
        return text;
    }
    match trace_in_json(&text) {
        Some(trace) => Cow::Owned(trace),
        None if is_escaped => Cow::Owned(unescaped(&text)),
        None => text,
    }
}

/// The trace in the objects that a text holds: one, or one a line. The runtime of a container writes an object
/// for each line of a trace.
fn trace_in_json(text: &str) -> Option<String> {
    let objects = text.get(text.find('{')?..)?;
    let objects = serde_json::Deserializer::from_str(objects).into_iter::<Value>();
    let objects: Vec<Value> = objects.take(MAX_OBJECTS).map_while(Result::ok).collect();
    let line = |object: &Value| object.get("log").and_then(Value::as_str).map(str::to_owned);
    let lines: Option<String> = objects.iter().map(line).collect();
    let lines = lines.filter(|lines| objects.len() > 1 && reader(lines).is_some());
    lines.or_else(|| objects.iter().find_map(|object| trace_in(object, 0)))
}

/// The trace of a field that is there for it, else the first of any other: what a log line quotes, or how
/// components of a page stand in each other, may look like one, too.
fn trace_in(value: &Value, depth: usize) -> Option<String> {
    if depth > MAX_DEPTH {
        return None;
    }
    match value {
        Value::String(text) => trace_in_text(text, depth),
        Value::Array(values) => {
            let joined = || lines_of(values).filter(|text| reader(text).is_some());
            joined().or_else(|| values.iter().find_map(|value| trace_in(value, depth + 1)))
        }
        Value::Object(fields) => {
            let named = FIELDS.iter().filter_map(|name| fields.get(*name));
            let others = fields.iter().filter(|(name, _)| *name != COMPONENTS);
            let mut all = named.chain(others.map(|(_, value)| value));
            all.find_map(|value| trace_in(value, depth + 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// A text that is a trace, or that another logger wrapped one in.
fn trace_in_text(text: &str, depth: usize) -> Option<String> {
    if is_escaped(text) && text.contains('{') {
        let object = text.get(text.find('{')?..)?;
        let value = serde_json::from_str(object.trim_ascii_end()).ok()?;
        return trace_in(&value, depth + 1);
    }
    reader(text).map(|_| text.to_owned())
}

/// The lines that a list of texts is, as AWS Lambda writes them.
fn lines_of(values: &[Value]) -> Option<String> {
    let lines: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
    let is_line = |text: &&str| !text.trim_ascii_end().contains('\n');
    lines.filter(|lines| lines.len() > 1 && lines.iter().all(is_line)).map(|lines| lines.join("\n"))
}

/// The text that a string with escapes stands for, as far as traces have them.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        let escaped = if char == '\\' { chars.clone().next() } else { None };
        match escaped {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => {}
            Some(mark @ ('"' | '\'' | '\\' | '/')) => plain.push(mark),
            _ => {
                plain.push(char);
                continue;
            }
        }
        chars.next();
    }
    plain
}

/// What something put before each line: words that are the same but for their numbers, and so much space
/// behind the last of them.
struct Prefix {
    words: usize,
    space: usize,
}

/// What was put before each line of a trace, if anything was. Lines that have nothing else are of any length:
/// the space at their end is often lost.
fn prefix(text: &str) -> Option<Prefix> {
    let mut lines = lines(text).filter(|line| !line.trim_ascii().is_empty());
    let first = lines.next()?;
    let mut common = words(first).count();
    let mut others = 0;
    for line in lines {
        let alike = words(first).zip(words(line)).take(common).take_while(|(a, b)| are_alike(a, b));
        let alike = alike.count();
        if alike == 0 {
            return None;
        }
        if alike < words(line).count() {
            common = alike;
        }
        others += 1;
    }
    let is_put = others > 0 && words(first).take(common).any(is_of_logger);
    let space = |line| space_behind(line, common);
    let space = scan::lines(text).filter_map(space).min().filter(|_| is_put)?;
    Some(Prefix { words: common, space })
}

/// Whether a word is one that loggers and containers put before a line, and no language: one with a time, a
/// bar, or a name in brackets.
fn is_of_logger(word: &str) -> bool {
    word.contains('|') || word.starts_with('[') && word.ends_with(']') || has_time(word.as_bytes())
}

/// The words of a line, with nothing of the space between them.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_ascii_whitespace()
}

/// Whether words are the same but for their numbers.
fn are_alike(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([first, ..], [second, ..]) = (a, b) {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (one, other) = match (digits(a), digits(b)) {
            (0, 0) if first == second => (1, 1),
            (0, _) | (_, 0) => return false,
            numbers => numbers,
        };
        (a, b) = (&a[one..], &b[other..]);
    }
    a.is_empty() && b.is_empty()
}

/// How much space stands behind so many words of a line, where another word follows.
fn space_behind(line: &str, count: usize) -> Option<usize> {
    let rest = behind(line, count)?;
    let space = rest.len() - rest.trim_ascii_start().len();
    (space < rest.len()).then_some(space)
}

/// The line behind so many words; nothing when it has not so many.
fn behind(line: &str, count: usize) -> Option<&str> {
    (0..count).try_fold(line, |rest, _| {
        let rest = rest.trim_ascii_start();
        let length = rest.bytes().take_while(|byte| !byte.is_ascii_whitespace()).count();
        if length == 0 { None } else { rest.get(length..) }
    })
}

/// Whether hours and minutes stand in the text.
fn has_time(text: &[u8]) -> bool {
    let is_time = |it: &[u8]| matches!(it, [a, b, b':', c, d] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()));
    text.windows("09:15".len()).any(is_time)
}

fn without_prefix(text: &str, prefix: &Prefix) -> String {
    let mut plain = String::with_capacity(text.len());
    for line in lines(text) {
        let rest = behind(line, prefix.words).and_then(|rest| rest.get(prefix.space..));
        plain.push_str(rest.unwrap_or_default());
        plain.push('\n');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(unwrapped(Cow::Borrowed(text)), expected);
    }

    #[test]
    fn plain_traces_stay() {
        for text in [
            "",
            "KeyError: 1",
            "Error: x\n    at f (/a.js:10:12)\n    at f (/a.js:10:12)",
            "    at f (/a.js:10:12)\n    at f (/a.js:10:12)",
            "a.rb:12:in 'f'\na.rb:13:in 'f'",
            "#0 /a.php(12): f()\n#1 /a.php(13): f()",
            "  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\"\n  | E: x",
        ] {
            let plain = unwrapped(Cow::Borrowed(text));
            assert!(matches!(plain, Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn loggers_put_text_before_each_line() {
        let trace = "E: x\n  at f\n\n  at g\n";
        check("web_1  | E: x\nweb_1  |   at f\nweb_1  |\nweb_1  |   at g", trace);
        check("0|shop | E: x\r\n0|shop |   at f\r\n0|shop |\r\n0|shop |   at g", trace);
        check("7 09:15:01 [a] E: x\n8 09:15:02 [a]   at f\n\n9 10:16:03 [a]   at g", trace);
        check("09:15 \u{fc} E: x\n09:15 \u{fc} at f", "E: x\nat f\n");
        check(
            "09:15:01.12Z \tE: x\n09:15:01.123Z \t  at f\n09:15:02.5Z \t\n09:15:02.5Z \t  at g",
            trace,
        );
        check("[pod/a-1/a] E: x\n[pod/a-1/a]   at f\n[pod/a-1/a]\n[pod/a-1/a]   at g", trace);
    }

    #[test]
    fn strings_say_where_their_lines_end() {
        check(r#"E: \"x\"\r\n\tat C:\\f\n"#, "E: \"x\"\n\tat C:\\f\n");
        check(r"'E: \'x\'\n  at f\q\'", "'E: 'x'\n  at f\\q'");
    }

    #[test]
    fn log_lines_of_json_hold_traces() {
        check(r#"{"a": "b\nc", "err": {"stack": "E: x\n at f (a:1:2)"}}"#, "E: x\n at f (a:1:2)");
        check(r#"ERROR {"b": ["q", "E: x\n at f (a:1:2)"]} tail"#, "E: x\n at f (a:1:2)");
        check(r#"{"cut": "E: x\n  at f"#, "{\"cut\": \"E: x\n  at f");
        let deep = format!("{}\"E: x\\n at f (a:1:2)\"{}", "[{\"a\": ".repeat(9), "}]".repeat(9));
        assert!(unwrapped(Cow::Owned(deep)).starts_with("[{\"a\""));
    }

    #[test]
    fn fields_for_traces_come_first() {
        let (trace, other) = (r"E: x\n at f (a:1:2)", r"E: y\n at g (b:1:2)");
        let plain = "E: x\n at f (a:1:2)";
        for text in [
            format!(r#"{{"stack": "{trace}", "componentStack": "{other}"}}"#),
            format!(r#"{{"cause": {{"stack": "{other}"}}, "err": {{"stack": "{trace}"}}}}"#),
            format!(r#"{{"breadcrumb": "{other}", "exc_info": "{trace}"}}"#),
            format!(r#"{{"note": "{trace}", "componentStack": "{other}"}}"#),
            r#"{"a": "\n", "stack": ["E: x", " at f (a:1:2)"]}"#.to_owned(),
            r#"ERROR	Invoke	{"errorType":"E","stack":["E: x"," at f (a:1:2)"]}"#.to_owned(),
            format!("{{\"a\": 1}}\n{{\"err\": {{\"stack\": \"{trace}\"}}}}\n"),
            format!("{{\n  \"a\": 1,\n  \"stack\": \"{trace}\"\n}}"),
            r#"{"log": "{\"stack\": \"E: x\\n at f (a:1:2)\"}\n"}"#.to_owned(),
        ] {
            check(&text, plain);
        }
    }

    #[test]
    fn containers_write_an_object_for_each_line() {
        check("{\"log\":\"E: x\\n\"}\n{\"log\":\" at f (a:1:2)\\n\"}\n", "E: x\n at f (a:1:2)\n");
    }

    #[test]
    fn carriage_returns_end_lines_where_nothing_else_does() {
        check("E: x\r at f\r at g", "E: x\n at f\n at g");
        check("E: 10 %\r20 %\n at f", "E: 10 %\r20 %\n at f");
    }

    #[test]
    fn fixed_spaces_are_spaces() {
        check("E: x\n\u{a0}\u{a0}at f", "E: x\n  at f");
    }
}
