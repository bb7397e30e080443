//! Firefox and Safari: `function@https://host/file.js:12:5`, without a line that names the error.

use super::scan::{Header, frame, lines, location, push};
use crate::event::{Exception, Frame};

/// Whether the line is a frame as Firefox or Safari write it.
pub(super) fn recognises(line: &str) -> bool {
    read_frame(line).is_some_and(|frame| frame.lineno.is_some())
}

/// Reads the frames, and the error where somebody wrote it above them.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut exception = Exception::default();
    let mut header = None;
    for line in lines(text) {
        if let Some(frame) = read_frame(line) {
            push(&mut exception.frames, frame);
        } else if exception.frames.is_empty() && header.is_none() {
            header = Header::read_certain(line);
        }
    }
    let named = header.map(Header::exception).unwrap_or_default();
    vec![Exception { frames: exception.frames, ..named }]
}

/// `async*run@https://x/a.js:1:2`, `@https://x/a.js:1:2`, `map@[native code]`, `https://x/a.js:1:2`.
fn read_frame(line: &str) -> Option<Frame> {
    let line = line.trim();
    let (function, place) = match line.split_once('@') {
        Some(split) => split,
        // Safari leaves the sign out where there is no function.
        None if line.starts_with("http") => ("", line),
        None => return None,
    };
    if place == "[native code]" {
        return Some(frame(function, "[native code]", None));
    }
    // Evaluated code: `https://x/a.js line 12 > eval:1:1`.
    let place = place.split(" line ").next().unwrap_or(place);
    let (path, line_number, column) = location(place);
    let has_place = path.contains("://") || path.starts_with('/') || path.starts_with("webpack");
    let is_evaluated = place.len() < line.len() && line.contains(" > ");
    if !has_place
        || function.contains(' ') && !function.ends_with(" code") && !function.contains('*')
    {
        return None;
    }
    (line_number.is_some() || is_evaluated)
        .then(|| Frame { colno: column, ..frame(function, path, line_number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_in_all_their_forms() {
        let check = |line: &str, function: Option<&str>, path: &str| {
            let frame = read_frame(line).expect(line);
            assert_eq!(frame.function.as_deref(), function, "{line}");
            assert_eq!(frame.abs_path.as_deref(), Some(path), "{line}");
        };
        check("run@https://x.example/a.js:1:2", Some("run"), "https://x.example/a.js");
        check("@https://x.example/a.js:1:2", None, "https://x.example/a.js");
        check("https://x.example/a.js:1:2", None, "https://x.example/a.js");
        check(
            "async*run/<@https://x.example/a.js:1:2",
            Some("async*run/<"),
            "https://x.example/a.js",
        );
        check(
            "setTimeout handler*run@file:///a.js:1:2",
            Some("setTimeout handler*run"),
            "file:///a.js",
        );
        check("map@[native code]", Some("map"), "[native code]");
        check(
            "global code@https://x.example/a.js:1:2",
            Some("global code"),
            "https://x.example/a.js",
        );
        check(
            "run@https://x.example/a.js line 3 > eval:1:1",
            Some("run"),
            "https://x.example/a.js",
        );
    }

    #[test]
    fn prose_is_no_frame() {
        for line in ["mail to bob@example.org", "bob@example.org:25", "see https: //x", "a@b"] {
            assert!(!recognises(line), "{line}");
        }
    }

    #[test]
    fn errors_are_read_where_they_are_named() {
        let chain = parse(
            "TypeError: no\nrun@https://x.example/a.js:1:2\r\n@https://x.example/a.js:3:4\r\n",
        );
        assert_eq!(chain[0].kind.as_deref(), Some("TypeError"));
        assert_eq!(chain[0].frames.len(), 2);
        assert_eq!(parse("run@https://x.example/a.js:1:2")[0].kind, None);
    }
}
