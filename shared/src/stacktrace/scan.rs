//! Cuts the pieces that several languages share out of the lines of a trace: locations, type names,
//! headers. What only one language writes is read in that language's file.

use std::borrow::Cow;

use memchr::memchr;

use crate::event::{ERROR_NUMBER, Exception, Frame};

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
    /// What .NET writes behind the types of system errors: `SocketException (111)`.
    pub(crate) number: Option<&'a str>,
    pub(crate) value: Option<&'a str>,
}

impl<'a> Header<'a> {
    /// Reads `module.Type: value`, `Type` or `Type [CODE]: value`; nothing when the line does not
    /// start with a name.
    pub(crate) fn read(line: &'a str) -> Option<Self> {
        let line = line.trim();
        if !may_begin_with_type(line) {
            return None;
        }
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
        let (name, number) = match name.strip_suffix(')').and_then(split_number_of_error) {
            Some((name, number)) => (name, Some(number)),
            None => (name, None),
        };
        let first = name.bytes().next()?;
        let is_name =
            (first.is_ascii_alphabetic() || first == b'_') && name.bytes().all(is_type_byte);
        if !is_name {
            return None;
        }
        let (module, kind) = split_type(name);
        (!kind.is_empty()).then_some(Self { module, kind, number, value })
    }

    /// The same, only for names that every reader takes for a type.
    pub(crate) fn read_certain(line: &'a str) -> Option<Self> {
        Self::read(line).filter(|header| looks_like_type(header.kind))
    }

    pub(super) fn exception(self) -> Exception {
        let number = |number: &str| (ERROR_NUMBER.to_owned(), number.into());
        Exception {
            kind: Some(self.kind.to_owned()),
            module: self.module.map(str::to_owned),
            value: self.value.map(str::to_owned),
            mechanism: self.number.map(|it| [number(it)].into_iter().collect()),
            ..Exception::default()
        }
    }
}

/// Whether the first word of a line may be a type: most lines begin a sentence, which their second word
/// tells.
fn may_begin_with_type(line: &str) -> bool {
    let length = line.bytes().take_while(|byte| is_type_byte(*byte)).count();
    match line.as_bytes().split_at(length) {
        (_, [] | [b' ', b'[' | b'(', ..]) => true,
        (word, [b' ', ..]) => word.ends_with(b":"),
        _ => false,
    }
}

fn is_type_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'\\' | b':')
}

/// `Type (111`, `Type (0x80004005`, `Type (80004005, 5`: the type and the first number.
fn split_number_of_error(name: &str) -> Option<(&str, &str)> {
    let (name, numbers) = name.split_once(" (")?;
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'x' | b',' | b' ' | b'-');
    let is_numbers = numbers.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && numbers.bytes().all(is_part);
    let number = numbers.split(',').next().unwrap_or(numbers);
    (is_numbers && looks_like_type(split_type(name).1)).then_some((name, number))
}

/// The text before and behind the first such byte, which must be ASCII.
pub(crate) fn split_at(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = memchr(byte, text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The same for the last such byte, which in what is split stands near the end.
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

/// The classes that a path of packages and classes ends with: `Order` of `shop.models.Order`. Nothing
/// where all of it may be packages: those of some languages have capital letters, too.
pub(crate) fn outer_classes(path: &str) -> &str {
    let mut start = path.len();
    while let Some(before) = path.get(..start) {
        let (package, part) = split_at_last(before, b'.').unwrap_or(("", before));
        if !part.starts_with(|first: char| first.is_ascii_uppercase()) {
            break;
        }
        if package.is_empty() {
            return "";
        }
        start = package.len();
    }
    path.get(start..).unwrap_or_default().trim_start_matches('.')
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

/// The lines of a text, without what ends them. Traces are long: going from line to line is a good part of
/// reading one.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr(b'\n', text.as_bytes());
        let line = text.get(..end.unwrap_or(text.len()))?;
        rest = end.and_then(|end| text.get(end + 1..)).filter(|text| !text.is_empty());
        Some(line.strip_suffix('\r').unwrap_or(line))
    })
}

/// The text without the commands by which terminals colour it.
pub(super) fn without_colours(text: &str) -> Cow<'_, str> {
    if memchr(0x1b, text.as_bytes()).is_none() {
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
        check("Net.SocketException (111): w", Some((Some("Net"), "SocketException", Some("w"))));
        check("Order (17): w", None);
    }

    #[test]
    fn numbers_behind_types() {
        let check = |line, number| {
            let header = Header::read(line).expect(line);
            assert_eq!(header.number, number, "{line}");
            assert_eq!(header.exception().error_number(), number, "{line}");
        };
        check("SocketException (111): Connection refused", Some("111"));
        check("Win32Exception (0x80070005, 5): no", Some("0x80070005"));
        check("SocketException: Connection refused", None);
    }

    #[test]
    fn colours_are_left_out() {
        assert_eq!(without_colours("a\u{1b}[1mb\u{1b}[1;31mc\u{1b}[m\u{1b}["), "abc");
        assert!(matches!(without_colours("abc"), Cow::Borrowed("abc")));
    }

    #[test]
    fn lines_end_in_every_way() {
        let check = |text, expected: &[&str]| assert_eq!(lines(text).collect::<Vec<_>>(), expected);
        check("", &[]);
        check("\n", &[""]);
        check("a\r\n\nb\n", &["a", "", "b"]);
        check("a\nö\rb", &["a", "ö\rb"]);
    }

    #[test]
    fn classes_around_a_type() {
        let check = |path, expected| assert_eq!(outer_classes(path), expected, "{path}");
        check("shop.models.Order", "Order");
        check("shop.models.Order.Line", "Order.Line");
        check("shop.models", "");
        check("PIL", "");
        check("System.Net", "");
        check("", "");
    }

    #[test]
    fn locations() {
        assert_eq!(location("/a/b.js:12:5"), ("/a/b.js", Some(12), Some(5)));
        assert_eq!(location("C:\\a\\b.rb:12"), ("C:\\a\\b.rb", Some(12), None));
        assert_eq!(location("b.rb"), ("b.rb", None, None));
        assert_eq!(location("b:99999999999"), ("b", Some(u32::MAX), None));
    }
}
