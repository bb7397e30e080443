//! .NET: `Type: message`, ` ---> ` for what it wraps, and `at Namespace.Class.Method(…) in file:line 1`.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::scan::{Header, MAX_EXCEPTIONS, frame, is_doubtful, lines, looks_like_type, push};
use crate::event::{Exception, Frame};

const WRAPS: &str = "---> ";

/// Whether the line is a frame as .NET writes it.
pub(super) fn recognises(line: &str) -> bool {
    line.trim_start()
        .strip_prefix("at ")
        .and_then(read_frame)
        .is_some_and(|frame| frame.module.is_some())
}

/// Reads the exception and what it wraps, outermost first. All headers come before the frames, which
/// start with those of the innermost.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut chain: Vec<Exception> = Vec::new();
    // The exception whose frames come next, counted from the innermost.
    let mut depth = 0;
    let mut first_line = None;
    for line in lines(text) {
        let content = line.trim();
        if let Some(frame) = content.strip_prefix("at ").and_then(read_frame) {
            if chain.is_empty() {
                let value = first_line.map(str::to_owned);
                chain.push(Exception { value, ..Exception::default() });
            }
            let current = chain.len().saturating_sub(1 + depth);
            if let Some(exception) = chain.get_mut(current) {
                push(&mut exception.frames, frame);
            }
        } else if content.starts_with("--- End of inner exception") {
            depth += 1;
        } else if content.starts_with("---> (") {
            // The members of an aggregate are printed again behind it.
            break;
        } else if depth == 0 {
            first_line = first_line.or(Some(content).filter(|it| !it.is_empty()));
            read_headers(content, &mut chain);
        }
    }
    chain
}

/// The first line, and lines that start with the arrow; older runtimes put all on one line.
fn read_headers(content: &str, chain: &mut Vec<Exception>) {
    let content = content.strip_prefix("Unhandled exception. ").unwrap_or(content);
    let is_doubted = matches!(chain.as_slice(), [only] if is_doubtful(only));
    if is_doubted && read_certain(content).is_some_and(|header| header.module.is_some()) {
        chain.clear();
    }
    let is_header = chain.is_empty() || content.starts_with(WRAPS);
    if !is_header || chain.iter().any(|exception| !exception.frames.is_empty()) {
        return;
    }
    let pieces = content.split(WRAPS).map(str::trim).filter(|piece| !piece.is_empty());
    for header in pieces.filter_map(read_header) {
        if chain.len() < MAX_EXCEPTIONS {
            chain.push(header.exception());
        }
    }
}

/// `Type: value`, also of a type with arguments.
fn read_header(line: &str) -> Option<Header<'_>> {
    Header::read(line).or_else(|| read_generic(line))
}

fn read_certain(line: &str) -> Option<Header<'_>> {
    let is_certain = |kind: &str| looks_like_type(kind.split('`').next().unwrap_or(kind));
    read_header(line).filter(|header| is_certain(header.kind))
}

/// ``Namespace.Type`1[Namespace.Argument]: value``: the arguments are a part of the type.
fn read_generic(line: &str) -> Option<Header<'_>> {
    let close = line.find("]: ").or_else(|| line.strip_suffix(']').map(str::len))?;
    let (name, rest) = line.split_at_checked(close + 1)?;
    let (plain, arguments) = name.split_once('`')?;
    let digits = arguments.bytes().take_while(u8::is_ascii_digit).count();
    let is_list = digits > 0 && arguments.get(digits..)?.starts_with('[');
    let Header { module, kind, number: None, value: None } = Header::read(plain)? else {
        return None;
    };
    let kind = name.get(plain.strip_suffix(kind)?.len()..)?;
    is_list.then_some(Header { module, kind, number: None, value: rest.strip_prefix(": ") })
}

/// `Namespace.Class.Method[T](String text, Int32 number) in C:\src\File.cs:line 12`
fn read_frame(rest: &str) -> Option<Frame> {
    let (name, rest) = rest.split_once('(')?;
    // Paths may have brackets, too.
    let rest = match rest.find(") in ") {
        Some(close) => rest.get(close + 1..)?,
        None => rest.rsplit_once(')')?.1,
    };
    let name = name.strip_prefix("async ").unwrap_or(name);
    // The arguments of a generic class stand before the method, those of a generic method behind it.
    let name = match (name.find('['), name.rfind("].")) {
        (Some(open), Some(close)) if open < close => Cow::Owned(without(name, open..=close)),
        _ => Cow::Borrowed(name),
    };
    let plain = name.split('[').next().unwrap_or(&name);
    let is_name = !plain.is_empty() && !plain.contains([' ', '/', ':']);
    let (path, line) = match rest.strip_prefix(" in ") {
        Some(place) => {
            let (path, line) = place.rsplit_once(":line ")?;
            (path, line.trim().parse().ok())
        }
        None if rest.is_empty() => ("", None),
        None => return None,
    };
    if !is_name {
        return None;
    }
    // Constructors are `.ctor`, so the last dot may have another before it.
    let dot = plain.rfind('.')?;
    let dot = if plain.get(..dot)?.ends_with('.') { dot - 1 } else { dot };
    let (class, method) = (plain.get(..dot)?, plain.get(dot + 1..)?);
    Some(Frame {
        module: (!class.is_empty()).then(|| class.to_owned()),
        ..frame(method, path, line)
    })
}

/// The text without a part of it.
fn without(text: &str, part: RangeInclusive<usize>) -> String {
    let (start, end) = part.into_inner();
    [text.get(..start).unwrap_or_default(), text.get(end + 1..).unwrap_or_default()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &[(&str, &str)])]) {
        let chain = parse(text);
        let describe = |frame: &Frame| {
            (frame.module.clone().unwrap_or_default(), frame.function.clone().unwrap_or_default())
        };
        let read: Vec<(String, Vec<(String, String)>)> = chain
            .iter()
            .map(|it| {
                (it.kind.clone().unwrap_or_default(), it.frames.iter().map(describe).collect())
            })
            .collect();
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        let expected: Vec<(String, Vec<(String, String)>)> = expected
            .iter()
            .map(|(kind, frames)| ((*kind).to_owned(), frames.iter().map(owned).collect()))
            .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn inner_exceptions_bring_their_frames_first() {
        check(
            "Unhandled exception. Depot.LoadException: could not load\r\n ---> System.IO.FileNotFoundException: no file\r\n   \
             at Depot.Rack.Open(String path) in /srv/d/Rack.cs:line 12\r\n   \
             --- End of inner exception stack trace ---\r\n   at Depot.Rack.<Load>d__3.MoveNext() in C:\\d\\Rack.cs:line 20\r\n\
             --- End of stack trace from previous location ---\r\n   at Depot.Run..ctor()\r\n   at Depot.Map.Get[T](T key)\r\n   \
             at Depot.Set`1[[System.Int32, Lib]].Put[T](T key)\r\n",
            &[
                (
                    "LoadException",
                    &[
                        ("Depot.Rack.<Load>d__3", "MoveNext"),
                        ("Depot.Run", ".ctor"),
                        ("Depot.Map", "Get"),
                        ("Depot.Set`1", "Put"),
                    ],
                ),
                ("FileNotFoundException", &[("Depot.Rack", "Open")]),
            ],
        );
    }

    #[test]
    fn system_errors_have_numbers() {
        let text = "Depot.LoadException: no\n ---> System.Net.Sockets.SocketException (111): refused\n   \
            at Depot.Rack.Open()\n   --- End of inner exception stack trace ---\n   at Depot.Run.All()\n";
        check(
            text,
            &[
                ("LoadException", &[("Depot.Run", "All")]),
                ("SocketException", &[("Depot.Rack", "Open")]),
            ],
        );
        assert_eq!(parse(text)[1].error_number(), Some("111"));
        check(
            "Depot.SqlException (0x80131904): no\n   at Depot.Rack.Open()\n",
            &[("SqlException", &[("Depot.Rack", "Open")])],
        );
    }

    #[test]
    fn one_line_headers() {
        check(
            "System.AggregateException: Several. ---> Depot.BadException: no\n   at Depot.Rack.Open()\n   \
             --- End of inner exception stack trace ---\n   at Depot.Run.All()\n---> (Inner Exception #0) Depot.BadException: no\n   \
             at Depot.Rack.Open()<---\n",
            &[
                ("AggregateException", &[("Depot.Run", "All")]),
                ("BadException", &[("Depot.Rack", "Open")]),
            ],
        );
    }

    #[test]
    fn types_have_arguments() {
        let text =
            "Shop.Web.FaultException`1[Shop.StockFault]: no stock\n   at Depot.Rack.Open()\n";
        check(text, &[("FaultException`1[Shop.StockFault]", &[("Depot.Rack", "Open")])]);
        let chain = parse(text);
        assert_eq!(chain[0].module.as_deref(), Some("Shop.Web"));
        assert_eq!(chain[0].value.as_deref(), Some("no stock"));
        for line in ["Gone`1[A.B]", "A.Gone`2[A.B,C`1[D]]: no"] {
            assert!(read_header(line).is_some_and(|it| it.kind.starts_with("Gone`")), "{line}");
        }
        for line in ["`1[A]: no", "it broke`1[A]: no", "Gone`[A]: no", "Gone`1: no"] {
            assert_eq!(read_header(line), None, "{line}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_the_value() {
        let chain = parse("it broke (badly)\n   at Depot.Rack.Open()\n");
        assert_eq!(chain.len(), 1);
        assert_eq!(
            (chain[0].kind.as_deref(), chain[0].value.as_deref()),
            (None, Some("it broke (badly)"))
        );
    }

    #[test]
    fn paths_may_have_brackets() {
        let line = r"at Depot.Rack.Open(String path) in C:\Projects (new)\depot\Rack.cs:line 31";
        let frame = line.strip_prefix("at ").and_then(read_frame).expect(line);
        assert_eq!(frame.abs_path.as_deref(), Some(r"C:\Projects (new)\depot\Rack.cs"));
        assert_eq!((frame.function.as_deref(), frame.lineno), (Some("Open"), Some(31)));
    }

    #[test]
    fn what_a_logger_writes_above_is_no_type() {
        check(
            "fail: Web.Server[13]\n      Request \"0H\": it failed.\n      Depot.BadException: no\n         \
             at Depot.Rack.Open()\n",
            &[("BadException", &[("Depot.Rack", "Open")])],
        );
    }

    #[test]
    fn prose_and_other_languages_are_refused() {
        for line in ["at noon (sharp)", "at f (/srv/a.js:1:2)", "at run (a)", "at a.b(C.java:1) x"]
        {
            assert!(!recognises(line), "{line}");
        }
    }
}
