//! V8: Node, Deno, Chromium and everything built on them.

use super::scan::{Header, MAX_EXCEPTIONS, frame, location, push};
use crate::event::{Exception, Frame};

/// Whether the line is a frame as V8 writes it.
pub(super) fn recognises(line: &str) -> bool {
    call(line).and_then(read_frame).is_some()
}

/// Reads the error and its causes, outermost first.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut chain: Vec<Exception> = Vec::new();
    let mut head = Head::default();
    for line in text.lines() {
        if let Some(frame) = call(line).and_then(read_frame) {
            if let Some(exception) = head.take() {
                chain.push(exception);
            } else if chain.is_empty() {
                chain.push(Exception::default());
            }
            if let Some(exception) = chain.last_mut() {
                push(&mut exception.frames, frame);
            }
        } else {
            head.line(line.trim(), chain.is_empty());
        }
        if chain.len() >= MAX_EXCEPTIONS {
            return chain;
        }
    }
    chain
}

/// What stands above the frames of one error.
#[derive(Default)]
struct Head<'a> {
    first_line: Option<&'a str>,
    header: Option<Header<'a>>,
}

impl<'a> Head<'a> {
    /// Node prints the source above the error it dies of, so the header need not come first. Further
    /// down, a header must be announced or unmistakable.
    fn line(&mut self, line: &'a str, is_first_error: bool) {
        let cause = ["[cause]: ", "Caused by: ", "caused by: ", "[errors]: ["]
            .iter()
            .find_map(|start| line.strip_prefix(start));
        if self.header.is_some() && cause.is_none() {
            return;
        }
        let content = cause.unwrap_or(line);
        let content = content.strip_prefix("Uncaught ").unwrap_or(content);
        let content = content.strip_prefix("(in promise) ").unwrap_or(content);
        self.header =
            if cause.is_some() { Header::read(content) } else { Header::read_certain(content) };
        if is_first_error && self.first_line.is_none() && !content.is_empty() {
            self.first_line = Some(content);
        }
    }

    fn take(&mut self) -> Option<Exception> {
        let Head { first_line, header } = std::mem::take(self);
        if let Some(header) = header {
            return Some(header.exception());
        }
        let line = first_line?;
        match Header::read(line) {
            Some(header) => Some(header.exception()),
            None => Some(Exception { value: Some(line.to_owned()), ..Exception::default() }),
        }
    }
}

/// What follows `at`, without the brace that opens the properties of an inspected error.
fn call(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("at ")?;
    Some(rest.strip_suffix(" {").unwrap_or(rest))
}

fn read_frame(rest: &str) -> Option<Frame> {
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    let split = rest.strip_suffix(')').and_then(split_call);
    let (function, source) = split.unwrap_or(("", rest));
    // Engines on phones name the place in the bundle.
    let source = source.strip_prefix("address at ").unwrap_or(source);
    let (path, line, column) = location(innermost(source));
    // A frame without a position is one of the engine's own.
    let is_native = matches!(path, "<anonymous>" | "native") || source.starts_with("index ");
    // `name (path: text)` in prose, and frames of other languages, have no column.
    let is_frame = match is_native {
        true => !function.is_empty(),
        false => column.is_some(),
    };
    if !is_frame {
        return None;
    }
    let path = if is_native { "<anonymous>" } else { path };
    Some(Frame { colno: column, ..frame(function, path, line) })
}

/// The function and the place in the first brackets that a space stands before.
fn split_call(call: &str) -> Option<(&str, &str)> {
    let open = call.as_bytes().windows(2).position(|pair| pair == b" (")?;
    Some((call.get(..open)?, call.get(open + 2..)?))
}

/// The file that evaluated code comes from: `eval at run (/srv/a.js:1:2), <anonymous>:1:1`.
fn innermost(source: &str) -> &str {
    if !source.starts_with("eval at ") {
        return source;
    }
    let inner = source.rsplit('(').next().unwrap_or(source);
    inner.split(')').next().unwrap_or(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_frame(line: &str, function: Option<&str>, path: &str) {
        let frame = call(line).and_then(read_frame).expect(line);
        assert_eq!(frame.function.as_deref(), function, "{line}");
        assert_eq!(frame.abs_path.as_deref(), Some(path), "{line}");
    }

    #[test]
    fn frames_in_all_their_forms() {
        check_frame("    at run (/srv/a.js:1:2)", Some("run"), "/srv/a.js");
        check_frame("    at /srv/a.js:1:2", None, "/srv/a.js");
        check_frame("    at async file:///srv/a.mjs:1:2", None, "file:///srv/a.mjs");
        check_frame("at async Q.take [as next] (a.ts:1:2)", Some("Q.take [as next]"), "a.ts");
        check_frame("at new Pool (C:\\srv\\a.js:1:2) {", Some("new Pool"), "C:\\srv\\a.js");
        check_frame("at emit (node:events:1:2)", Some("emit"), "node:events");
        check_frame("at JSON.parse (<anonymous>)", Some("JSON.parse"), "<anonymous>");
        check_frame("at async Promise.all (index 3)", Some("Promise.all"), "<anonymous>");
        check_frame(
            "at eval (eval at f (/srv/a.js:1:2), <anonymous>:1:1)",
            Some("eval"),
            "/srv/a.js",
        );
        check_frame(
            "at go (https://x.example/b/app-1f2e.js:1:400)",
            Some("go"),
            "https://x.example/b/app-1f2e.js",
        );
        check_frame("at go (address at /data/a.bundle:1:400)", Some("go"), "/data/a.bundle");
        check_frame("at go (/srv/a (old)/b.js:1:4)", Some("go"), "/srv/a (old)/b.js");
    }

    #[test]
    fn prose_is_no_frame() {
        for line in ["at noon (sharp)", "at a.B.c(D.java:3)", "at <anonymous>", "look at x"] {
            assert!(!recognises(line), "{line}");
        }
    }

    fn kinds(text: &str) -> Vec<(Option<String>, Option<String>, usize)> {
        let chain = parse(text).into_iter();
        chain.map(|it| (it.kind, it.value, it.frames.len())).collect()
    }

    fn owned(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn headers_and_causes() {
        let text = "/srv/a.js:3\n  throw x\n  ^\n\nTypeError [ERR_ARG]: bad\n  more\n    at f (/srv/a.js:3:1)\n    \
            at g (/srv/a.js:9:1) {\n  code: 'ERR_ARG',\n  [cause]: RangeError: worse\n      at h (/srv/b.js:1:1)\n}\n";
        assert_eq!(
            kinds(text),
            [(owned("TypeError"), owned("bad"), 2), (owned("RangeError"), owned("worse"), 1)]
        );
    }

    #[test]
    fn errors_without_a_type() {
        assert_eq!(
            kinds("it broke badly\n    at f (a.js:1:1)\n"),
            [(None, owned("it broke badly"), 1)]
        );
        assert_eq!(kinds("    at f (a.js:1:1)\n"), [(None, None, 1)]);
        assert_eq!(
            kinds("Uncaught (in promise) Custom: x\r\n    at f (a.js:1:1)\r\n"),
            [(owned("Custom"), owned("x"), 1)]
        );
    }
}
