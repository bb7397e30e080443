//! Cuts the pieces that several languages share out of the lines of a trace: locations, type names,
//! headers. What only one language writes is read in that language's file.

use std::borrow::Cow;

use crate::event::{Exception, Frame};

/// Deeper stacks are recursion; the frames nearest to the failure are kept.
pub(super) const MAX_FRAMES: usize = 512;
/// Most stacks have room in this many, so that the list of frames need not grow.
pub(super) const USUAL_FRAMES: usize = 16;
/// Longer chains repeat themselves.
pub(super) const MAX_EXCEPTIONS: usize = 32;

/// The line that names an exception: `module.Type: value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    pub(crate) module: Option<&'a str>,
    pub(crate) kind: &'a str,
    pub(crate) value: Option<&'a str>,
}

impl<'a> Header<'a> {
    /// Reads `module.Type: value`, `Type` or `Type [CODE]: value`; nothing when the line does not
    /// start with a name.
    pub(crate) fn read(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let colon =
            line.match_indices(':').find(|(at, _)| line.as_bytes().get(at + 1) == Some(&b' '));
        let (name, value) = match colon {
            Some((colon, _)) => (line.get(..colon)?, line.get(colon + 2..)),
            None => (line.strip_suffix(':').unwrap_or(line), None),
        };
        // Node writes the code of an error behind its type; exceptions of the platform share one type
        // and have a name of their own there.
        let name = match name.split_once(" [") {
            Some(("DOMException", own)) if own.ends_with(']') => own.trim_end_matches(']'),
            Some((name, code)) if code.ends_with(']') => name,
            _ => name,
        };
        let first = name.bytes().next()?;
        let is_name = (first.is_ascii_alphabetic() || first == b'_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.$\\:".contains(&byte));
        if !is_name {
            return None;
        }
        let (module, kind) = split_type(name);
        (!kind.is_empty()).then_some(Self { module, kind, value })
    }

    /// The same, only for names that every reader takes for a type.
    pub(crate) fn read_certain(line: &'a str) -> Option<Self> {
        Self::read(line).filter(|header| looks_like_type(header.kind))
    }

    pub(super) fn exception(self) -> Exception {
        Exception {
            kind: Some(self.kind.to_owned()),
            module: self.module.map(str::to_owned),
            value: self.value.map(str::to_owned),
            ..Exception::default()
        }
    }
}

/// The text before and behind the first such byte, which must be ASCII. For the short pieces of a line
/// this takes less than a search that is prepared for long texts.
pub(super) fn split_at(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|it| it == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The same for the last such byte.
pub(crate) fn split_at_last(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().rposition(|it| it == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Splits the name of a type from the module or namespace it is in.
pub(crate) fn split_type(name: &str) -> (Option<&str>, &str) {
    let split = name.rfind(['.', '\\', ':']);
    match split.and_then(|at| Some((name.get(..at)?, name.get(at + 1..)?))) {
        Some((module, kind)) => {
            let module = module.trim_end_matches(':');
            ((!module.is_empty()).then_some(module), kind)
        }
        None => (None, name),
    }
}

/// Whether a name ends as the names of exceptions do in all languages.
pub(crate) fn looks_like_type(name: &str) -> bool {
    const ENDINGS: [&str; 8] =
        ["Error", "Exception", "Warning", "Fault", "Failure", "Interrupt", "Timeout", "Exit"];
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether the line above the frames named a level or a logger rather than an exception: a line below
/// it that names one for certain goes before.
pub(super) fn is_doubtful(exception: &Exception) -> bool {
    let is_type = exception.kind.as_deref().is_some_and(looks_like_type);
    !is_type && exception.module.is_none() && exception.frames.is_empty()
}

/// A path and the line and column behind it: `path:12:5`, `path:12`, `path`.
pub(super) fn location(text: &str) -> (&str, Option<u32>, Option<u32>) {
    let Some((rest, last)) = split_number(text) else {
        return (text, None, None);
    };
    match split_number(rest) {
        Some((path, line)) => (path, Some(line), Some(last)),
        None => (rest, Some(last), None),
    }
}

fn split_number(text: &str) -> Option<(&str, u32)> {
    let (rest, number) = split_at_last(text, b':')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    // A line number beyond all sense is still a line number.
    is_number.then(|| (rest, number.parse().unwrap_or(u32::MAX)))
}

/// A frame with a path, and a function where it is not empty.
pub(super) fn frame(function: &str, path: &str, lineno: Option<u32>) -> Frame {
    Frame {
        function: (!function.is_empty()).then(|| function.to_owned()),
        abs_path: (!path.is_empty()).then(|| path.to_owned()),
        lineno,
        ..Frame::default()
    }
}

/// Adds a frame unless the stack is as deep as a stack is kept.
pub(super) fn push(frames: &mut Vec<Frame>, frame: Frame) {
    if frames.is_empty() {
        frames.reserve(USUAL_FRAMES);
    }
    if frames.len() < MAX_FRAMES {
        frames.push(frame);
    }
}

/// The text without the commands by which terminals colour it.
pub(super) fn without_colours(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default();
    let mut plain = String::with_capacity(text.len());
    plain.push_str(first);
    for piece in pieces {
        let rest = piece.trim_start_matches(|it: char| it.is_ascii_digit() || it == ';');
        plain.push_str(rest.strip_prefix(|end: char| end.is_ascii_alphabetic()).unwrap_or(rest));
    }
    Cow::Owned(plain)
}

/// The last part of a path, whichever way its slashes lean.
pub(crate) fn base_name(path: &str) -> &str {
    let slash = path.bytes().rposition(|byte| matches!(byte, b'/' | b'\\'));
    slash.and_then(|slash| path.get(slash + 1..)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let check = |line, expected: Option<(Option<&str>, &str, Option<&str>)>| {
            let header = Header::read(line).map(|it| (it.module, it.kind, it.value));
            assert_eq!(header, expected, "{line}");
        };
        check("a.b.SomeError: it: broke", Some((Some("a.b"), "SomeError", Some("it: broke"))));
        check("KeyError", Some((None, "KeyError", None)));
        check("App\\Jobs\\Failed: x", Some((Some("App\\Jobs"), "Failed", Some("x"))));
        check("Error [ERR_X]: y", Some((None, "Error", Some("y"))));
        check("DOMException [AbortError]: y", Some((None, "AbortError", Some("y"))));
        check("net::Timeout: z", Some((Some("net"), "Timeout", Some("z"))));
        check("it broke: z", None);
        check("", None);
    }

    #[test]
    fn colours_are_left_out() {
        assert_eq!(without_colours("a\u{1b}[1mb\u{1b}[1;31mc\u{1b}[m\u{1b}["), "abc");
        assert!(matches!(without_colours("abc"), Cow::Borrowed("abc")));
    }

    #[test]
    fn locations() {
        assert_eq!(location("/a/b.js:12:5"), ("/a/b.js", Some(12), Some(5)));
        assert_eq!(location("C:\\a\\b.rb:12"), ("C:\\a\\b.rb", Some(12), None));
        assert_eq!(location("b.rb"), ("b.rb", None, None));
        assert_eq!(location("b:99999999999"), ("b", Some(u32::MAX), None));
    }
}
