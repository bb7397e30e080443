//! Java, Kotlin, Scala and what else runs on the virtual machine: `at package.Class.method(File:1)`.

use super::scan::{Header, MAX_EXCEPTIONS, push};
use crate::event::{Exception, Frame};

/// Whether the line is a frame of the Java virtual machine.
pub(super) fn recognises(line: &str) -> bool {
    line.trim_start().strip_prefix("at ").and_then(read_frame).is_some()
}

/// Reads the exception, its causes and what it suppressed, in the order they are printed, which is
/// outermost first.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut chain: Vec<Exception> = Vec::new();
    let mut header = None;
    for line in text.lines() {
        let content = line.trim();
        if let Some(frame) = content.strip_prefix("at ").and_then(read_frame) {
            if let Some(exception) = start(&mut chain, &mut header) {
                push(&mut exception.frames, frame);
            }
        } else if let Some(read) = read_header(content, chain.is_empty() && header.is_none())
            && let Some(without_frames) = header.replace(read)
        {
            chain.push(without_frames.exception());
        }
        if chain.len() >= MAX_EXCEPTIONS {
            return chain;
        }
    }
    chain.extend(header.map(Header::exception));
    chain
}

/// The exception that a frame belongs to: the one whose header was read last.
fn start<'a>(
    chain: &'a mut Vec<Exception>,
    header: &mut Option<Header<'_>>,
) -> Option<&'a mut Exception> {
    if let Some(header) = header.take() {
        chain.push(header.exception());
    } else if chain.is_empty() {
        chain.push(Exception::default());
    }
    chain.last_mut()
}

/// A header is the first line, or announced by what it is. Every other line continues a message.
fn read_header(content: &str, is_first: bool) -> Option<Header<'_>> {
    let announced =
        ["Caused by: ", "Suppressed: "].iter().find_map(|start| content.strip_prefix(start));
    if let Some(rest) = announced {
        return Header::read(rest);
    }
    // `Exception in thread "main" java.lang.IllegalState: text`
    let after_thread = content
        .strip_prefix("Exception in thread \"")
        .and_then(|rest| rest.split_once("\" "))
        .map(|(_, rest)| rest);
    match after_thread {
        Some(rest) => Header::read(rest),
        None if is_first => Header::read(content),
        None => None,
    }
}

/// `module/package.Class.method(File.java:12)`; also `(Native Method)` and `(Unknown Source)`.
fn read_frame(rest: &str) -> Option<Frame> {
    // Logging frameworks add the jar: `~[app.jar:1.0]`.
    let end = rest.find(')')?;
    let (name, source) = rest.get(..end)?.split_once('(')?;
    // `loader/module@version/package.Class.method`
    let name = name.rsplit('/').next().unwrap_or(name);
    let (class, method) = name.rsplit_once('.')?;
    if name.contains(' ') || !is_source(source) {
        return None;
    }
    let (file, line) = match source.split_once(':') {
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
    let file = source.split_once(':').map_or(source, |(file, _)| file);
    let is_file = file.rsplit_once('.').is_some_and(|(_, extension)| {
        matches!(extension, "java" | "kt" | "kts" | "scala" | "groovy" | "clj" | "dart")
    });
    NONE.contains(&source) || is_file || matches!(file, "SourceFile" | "Unknown Source")
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
                "CloseFailed org.example.Loader#close",
                "EOFException java.io.In#read",
            ]
        );
    }

    #[test]
    fn messages_may_have_several_lines() {
        let text = "org.example.Bad: first\nsecond: line\n\tat org.example.A.b(A.kt:3)\n";
        assert_eq!(summary(text), ["Bad org.example.A#b"]);
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
