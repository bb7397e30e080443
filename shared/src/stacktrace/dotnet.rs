//! .NET: `Type: message`, ` ---> ` for what it wraps, and `at Namespace.Class.Method(…) in file:line 1`, in
//! the language of the system; Mono's `at Namespace.Class.Method (…) [0x00012] in file:1`.

mod generic;
mod place;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::scan::{
    Header, MAX_EXCEPTIONS, frame, is_doubtful, lines, looks_like_type, push, split_at,
};
use crate::event::{Exception, Frame};
pub(crate) use generic::without_assemblies;

const WRAPS: &str = "---> ";

/// Whether the line is a frame as .NET writes it.
pub(super) fn recognises(line: &str) -> bool {
    read_line(line).is_some_and(|frame| frame.module.is_some())
}

/// Words that .NET begins the line of a frame with, in the languages that it speaks besides English.
const FRAME_WORDS: [&str; 16] = [
    "bei", "bij", "em", "en", "i", "in", "v", "ved", "vid", "w", "à", "в", "在", "於", "場所",
    "위치:",
];
/// How far .NET moves frames to the right.
const INDENT: &str = "   ";

/// Reads the line of a frame. What begins with a word of another language may be prose: it is a frame where
/// it also looks like one.
fn read_line(line: &str) -> Option<Frame> {
    let content = line.trim();
    if let Some(rest) = content.strip_prefix("at ") {
        return read_frame(rest);
    }
    let (word, rest) = split_at(content, b' ')?;
    if !FRAME_WORDS.contains(&word) {
        return None;
    }
    let is_moved = line.starts_with(INDENT);
    read_frame(rest).filter(|frame| is_moved || frame.abs_path.is_some())
}

/// Whether the line ends the frames of an exception that another one wraps, in any language: such lines
/// speak of an inner exception, those between the frames of one do not.
fn ends_inner(content: &str) -> bool {
    const INNER: [&str; 8] =
        ["inner", "intern", "внутренн", "内部", "內部", "내부", "wewnętrzn", "vnitřní"];
    let words = content.strip_prefix("--- ").and_then(|it| it.strip_suffix(" ---"));
    words.is_some_and(|words| INNER.iter().any(|inner| words.contains(inner)))
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
        if let Some(frame) = read_line(line) {
            if chain.is_empty() {
                let value = first_line.map(str::to_owned);
                chain.push(Exception { value, ..Exception::default() });
            }
            let current = chain.len().saturating_sub(1 + depth);
            if let Some(exception) = chain.get_mut(current) {
                push(&mut exception.frames, frame);
            }
        } else if ends_inner(content) {
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
    let unhandled = ["Unhandled exception. ", "Unhandled Exception: ", "Unhandled Exception:"];
    let content = unhandled.iter().find_map(|start| content.strip_prefix(start)).unwrap_or(content);
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
    Header::read(line).or_else(|| generic::read(line))
}

fn read_certain(line: &str) -> Option<Header<'_>> {
    let is_certain = |kind: &str| looks_like_type(kind.split('`').next().unwrap_or(kind));
    read_header(line).filter(|header| is_certain(header.kind))
}

/// `Namespace.Class.Method[T](String text, Int32 number) in C:\src\File.cs:line 12`
fn read_frame(rest: &str) -> Option<Frame> {
    // Mono's code between the runtime and the program.
    let rest = match rest.strip_prefix("(wrapper ") {
        Some(wrapper) => wrapper.split_once(") ")?.1,
        None => rest,
    };
    let (name, rest) = rest.split_once('(')?;
    // Paths may have brackets, too, which stand behind those of the method.
    let (_, rest) = rest.split_once(')')?;
    let of_mono = place::read_of_mono(rest);
    let (name, (path, line)) = match name.strip_suffix(' ') {
        Some(name) => (name, of_mono?),
        None => (name, of_mono.or_else(|| place::read(rest))?),
    };
    let name = name.strip_prefix("async ").unwrap_or(name);
    // The arguments of a generic class stand before the method, those of a generic method behind it.
    let name = match (name.find('['), name.rfind("].")) {
        (Some(open), Some(close)) if open < close => Cow::Owned(without(name, open..=close)),
        _ => Cow::Borrowed(name),
    };
    let plain = name.split('[').next().unwrap_or(&name);
    let is_name = !plain.is_empty() && !plain.contains([' ', '/', ':']);
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
    fn frames_are_the_same_in_all_languages() {
        for (at, place) in [
            ("at", r"in C:\x\Cart.cs:line 3"),
            ("bei", r"in C:\x\Cart.cs:Zeile 3."),
            ("bei", r"in C:\x\Cart.cs:Zeile 3"),
            ("à", r"dans C:\x\Cart.cs:ligne 3"),
            ("en", r"en C:\x\Cart.cs:línea 3"),
            ("in", r"in C:\x\Cart.cs:riga 3"),
            ("em", r"em C:\x\Cart.cs:linha 3"),
            ("w", r"w C:\x\Cart.cs:wiersz 3"),
            ("в", r"в C:\x\Cart.cs:строка 3"),
            ("在", r"位置 C:\x\Cart.cs:行号 3"),
            ("於", r"於 C:\x\Cart.cs: 行 3"),
            ("場所", r"場所 C:\x\Cart.cs:行 3"),
            ("위치:", r"파일 C:\x\Cart.cs:줄 3"),
        ] {
            let line = format!("   {at} Shop.Cart.Total(Int32 id) {place}");
            assert!(recognises(&line), "{line}");
            let text = format!("Shop.GoneException: no\n{line}\n   {at} Shop.Run.All()\n");
            check(&text, &[("GoneException", &[("Shop.Cart", "Total"), ("Shop.Run", "All")])]);
            let frame = &parse(&text)[0].frames[0];
            assert_eq!((frame.abs_path.as_deref(), frame.lineno), (Some(r"C:\x\Cart.cs"), Some(3)));
        }
        check(
            "A.LoadException: nein ---> A.GoneException: weg\n   bei A.Rack.Open()\n   \
             --- Ende der internen Ausnahmestapelüberwachung ---\n   bei A.Run.All()\n--- Ende der \
             Stapelüberwachung vom vorhergehenden Ort, an dem die Ausnahme ausgelöst wurde ---\n   bei A.Run.Go()\n",
            &[
                ("LoadException", &[("A.Run", "All"), ("A.Run", "Go")]),
                ("GoneException", &[("A.Rack", "Open")]),
            ],
        );
        for line in ["in Shop.Cart(x)", "en casa.total()", "   in the shop (a)", "   w a.b(c) d"] {
            assert!(!recognises(line), "{line}");
        }
    }

    #[test]
    fn mono_writes_offsets() {
        let text = "Shop.GoneException: no\n  at Shop.Cart.Total () [0x00012] in <3f2a9c1d>:0 \n  \
             at Shop.Cart+<Load>d__3.MoveNext () [0x0002a] in /src/Cart.cs:32 \n  \
             at Shop.Map`2[K,V].Get (K key) <0x00012 + 0x00034> in <filename unknown>:0\n  \
             at (wrapper managed-to-native) Shop.Run.All (object,int) [0x0] in <1f>:0\n  \
             at Shop.Cart..ctor (System.Int32 id) [0x00001] in C:\\x\\Cart.cs:4\n";
        check(
            text,
            &[(
                "GoneException",
                &[
                    ("Shop.Cart", "Total"),
                    ("Shop.Cart+<Load>d__3", "MoveNext"),
                    ("Shop.Map`2", "Get"),
                    ("Shop.Run", "All"),
                    ("Shop.Cart", ".ctor"),
                ],
            )],
        );
        let frames = &parse(text)[0].frames;
        assert_eq!((frames[0].abs_path.as_deref(), frames[0].lineno), (None, None));
        assert_eq!(
            (frames[1].abs_path.as_deref(), frames[1].lineno),
            (Some("/src/Cart.cs"), Some(32))
        );
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
