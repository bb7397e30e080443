//! Java, Kotlin, Scala and what else runs on the virtual machine: `at package.Class.method(File:1)`.

use super::scan::{Header, MAX_EXCEPTIONS, is_doubtful, push, split_at, split_at_last};
use crate::event::{Exception, Frame, SUPPRESSED};

/// Whether the line is a frame of the Java virtual machine.
pub(super) fn recognises(line: &str) -> bool {
    line.trim_start().strip_prefix("at ").and_then(read_frame).is_some()
}

/// Reads the exception, its causes and what it suppressed, outermost first.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(line);
        if reader.read.len() >= MAX_EXCEPTIONS {
            break;
        }
    }
    reader.finish()
}

/// How an exception belongs to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    First,
    CausedBy,
    Suppressed,
    /// Loggers may print the root cause first.
    WrappedBy,
}

const LINKS: [(&str, Link); 3] = [
    ("Caused by: ", Link::CausedBy),
    ("Suppressed: ", Link::Suppressed),
    ("Wrapped by: ", Link::WrappedBy),
];

/// An exception as it is printed: frames that it shares with the one around it are only counted.
struct Printed {
    exception: Exception,
    link: Link,
    /// How far it stands to the right: what was suppressed stands inside of what suppressed it.
    indent: usize,
    omitted: usize,
}

#[derive(Default)]
struct Reader {
    read: Vec<Printed>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let content = line.trim();
        if let Some(frame) = content.strip_prefix("at ").and_then(read_frame) {
            if self.read.is_empty() {
                self.begin(Exception::default(), Link::First, 0);
            }
            if let Some(printed) = self.read.last_mut() {
                push(&mut printed.exception.frames, frame);
            }
        } else if let Some(omitted) = read_omitted(content) {
            if let Some(printed) = self.read.last_mut() {
                printed.omitted = omitted;
            }
        } else if let Some((header, link)) = read_header(content, self.expects_first(content)) {
            let indent = line.bytes().take_while(u8::is_ascii_whitespace).count();
            self.begin(header.exception(), link, indent);
        }
    }

    /// Whether the line may be the one that names the exception.
    fn expects_first(&mut self, content: &str) -> bool {
        let is_replaced = matches!(self.read.as_slice(), [only] if is_doubtful(&only.exception))
            && Header::read(content).is_some_and(|header| header.module.is_some());
        if is_replaced {
            self.read.clear();
        }
        self.read.is_empty()
    }

    fn begin(&mut self, exception: Exception, link: Link, indent: usize) {
        self.read.push(Printed { exception, link, indent, omitted: 0 });
    }

    fn finish(mut self) -> Vec<Exception> {
        if self.read.iter().any(|printed| printed.link == Link::WrappedBy) {
            self.read.reverse();
        }
        let mut chain: Vec<Exception> = Vec::with_capacity(self.read.len());
        let mut indents: Vec<usize> = Vec::with_capacity(self.read.len());
        for printed in self.read {
            let Printed { mut exception, link, indent, omitted } = printed;
            // A cause stands below what it caused, what was suppressed to the right of what suppressed it.
            let encloses = |outer: &usize| match link {
                Link::Suppressed => *outer < indent,
                _ => *outer <= indent,
            };
            let enclosing = indents.iter().rposition(encloses);
            if let Some(outer) = enclosing.and_then(|at| chain.get(at)) {
                share_frames(&mut exception, outer, omitted);
                if link == Link::Suppressed || outer.is_suppressed() {
                    let mark = (String::from("type"), SUPPRESSED.into());
                    exception.mechanism = Some([mark].into_iter().collect());
                }
            }
            chain.push(exception);
            indents.push(indent);
        }
        chain
    }
}

/// Gives an exception the frames that were left out because those of the exception around it end in
/// the same ones.
fn share_frames(exception: &mut Exception, outer: &Exception, omitted: usize) {
    let shared = outer.frames.len().saturating_sub(omitted);
    for frame in outer.frames.iter().skip(shared) {
        push(&mut exception.frames, frame.clone());
    }
}

/// `... 12 more`, `... 12 common frames omitted`.
fn read_omitted(content: &str) -> Option<usize> {
    let (number, rest) = content.strip_prefix("... ")?.split_once(' ')?;
    (rest.starts_with("more") || rest.starts_with("common frames")).then(|| number.parse().ok())?
}

/// A header is the first line, or announced by what it is. Every other line continues a message.
fn read_header(content: &str, is_first: bool) -> Option<(Header<'_>, Link)> {
    let announced =
        LINKS.iter().find_map(|(start, link)| Some((content.strip_prefix(start)?, *link)));
    if let Some((rest, link)) = announced {
        return Some((Header::read(rest)?, link));
    }
    // `Exception in thread "main" java.lang.IllegalState: text`
    let after_thread = content
        .strip_prefix("Exception in thread \"")
        .and_then(|rest| rest.split_once("\" "))
        .map(|(_, rest)| rest);
    let header = match after_thread {
        Some(rest) => Header::read(rest),
        None if is_first => Header::read(content),
        None => None,
    };
    Some((header?, Link::First))
}

/// `module/package.Class.method(File.java:12)`; also `(Native Method)` and `(Unknown Source)`.
fn read_frame(rest: &str) -> Option<Frame> {
    // Logging frameworks add the jar: `~[app.jar:1.0]`.
    let (call, _) = split_at(rest, b')')?;
    let (name, source) = split_at(call, b'(')?;
    // `loader/module@version/package.Class.method`
    let name = split_at_last(name, b'/').map_or(name, |(_, name)| name);
    let (class, method) = split_at_last(name, b'.')?;
    if name.bytes().any(|byte| byte == b' ') || !is_source(source) {
        return None;
    }
    let (file, line) = match split_at(source, b':') {
        Some((file, line)) => (Some(file), line.parse().ok()),
        None if source.contains('.') => (Some(source), None),
        None => (None, None),
    };
    Some(Frame {
        function: Some(method.to_owned()),
        module: Some(class.to_owned()),
        filename: file.map(str::to_owned),
        lineno: line,
        ..Frame::default()
    })
}

/// What stands in the brackets: a file with or without its line, or why there is none.
fn is_source(source: &str) -> bool {
    const NONE: [&str; 4] = ["Native Method", "Unknown Source", "<generated>", "Compiled Code"];
    let file = split_at(source, b':').map_or(source, |(file, _)| file);
    let is_file = split_at_last(file, b'.').is_some_and(|(_, extension)| {
        matches!(extension, "java" | "kt" | "kts" | "scala" | "groovy" | "clj" | "dart")
    });
    is_file || NONE.contains(&source) || matches!(file, "SourceFile" | "Unknown Source")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str) -> Vec<String> {
        let describe = |exception: &Exception| {
            let frames: Vec<String> = exception
                .frames
                .iter()
                .map(|frame| {
                    let part = |it: &Option<String>| it.clone().unwrap_or_default();
                    format!("{}#{}", part(&frame.module), part(&frame.function))
                })
                .collect();
            let kind = exception.kind.clone().unwrap_or_default();
            format!("{kind} {}", frames.join(" "))
        };
        parse(text).iter().map(describe).collect()
    }

    #[test]
    fn causes_and_suppressed_follow_in_order() {
        let text = "Exception in thread \"main\" org.example.LoadFailed: could not\r\n\
            \tat org.example.Loader.load(Loader.java:41)\r\n\
            \tat app//org.example.Run.main(Run.java:7)\r\n\
            \tSuppressed: org.example.CloseFailed\r\n\
            \t\tat org.example.Loader.close(Loader.java:60)\r\n\
            \t\t... 2 more\r\n\
            Caused by: java.io.EOFException: null\r\n\
            \tat java.base/java.io.In.read(Native Method)\r\n\
            \t... 12 more\r\n";
        assert_eq!(
            summary(text),
            [
                "LoadFailed org.example.Loader#load org.example.Run#main",
                "CloseFailed org.example.Loader#close org.example.Loader#load org.example.Run#main",
                "EOFException java.io.In#read org.example.Loader#load org.example.Run#main",
            ]
        );
    }

    #[test]
    fn frames_in_common_are_restored_and_suppressed_ones_marked() {
        let text = "a.Outer: x\n\tat a.B.outer(B.java:9)\n\tat a.B.main(B.java:1)\n\
            \tSuppressed: a.Closing\n\t\tat a.B.close(B.java:3)\n\t\t... 1 more\n\
            \tCaused by: a.Disk\n\t\tat a.B.sync(B.java:4)\n\t\t... 2 more\n\
            Caused by: a.Inner\n\tat a.B.inner(B.java:5)\n\t... 1 more\n";
        assert_eq!(
            summary(text),
            [
                "Outer a.B#outer a.B#main",
                "Closing a.B#close a.B#main",
                "Disk a.B#sync a.B#close a.B#main",
                "Inner a.B#inner a.B#main",
            ]
        );
        let suppressed: Vec<bool> = parse(text).iter().map(Exception::is_suppressed).collect();
        assert_eq!(suppressed, [false, true, true, false]);
    }

    #[test]
    fn root_causes_may_come_first() {
        let text = "a.Inner: y\n\tat a.B.inner(B.java:5)\n\t... 1 common frames omitted\n\
            Wrapped by: a.Outer: x\n\tat a.B.outer(B.java:9)\n\tat a.B.main(B.java:1)\n";
        assert_eq!(summary(text), ["Outer a.B#outer a.B#main", "Inner a.B#inner a.B#main"]);
    }

    #[test]
    fn messages_may_have_several_lines() {
        let text = "org.example.Bad: first\nsecond: line\n\tat org.example.A.b(A.kt:3)\n";
        assert_eq!(summary(text), ["Bad org.example.A#b"]);
        let logged = "ERROR: it broke\norg.example.Bad: first\n\tat org.example.A.b(A.kt:3)\n";
        assert_eq!(summary(logged), ["Bad org.example.A#b"]);
    }

    #[test]
    fn frames_of_other_languages_are_refused() {
        for line in [
            "at fn (/srv/a.js:1:2)",
            "at /srv/a.js:1:2",
            "at N.C.M(String s) in /a/b.cs:line 3",
            "at Array.map (<anonymous>)",
            "at JSON.parse(<anonymous>)",
        ] {
            assert!(!recognises(line), "{line}");
        }
        assert!(recognises("\tat a.B.lambda$c$1(B.java) ~[b.jar:1.0]"));
    }
}
