//! Rust: panics with a backtrace, and the chains of errors with context that `anyhow` prints.

use super::in_app::{crate_of, is_library_crate};
use super::scan::{MAX_EXCEPTIONS, frame, lines, location, push};
use crate::event::{Exception, Frame};

/// Whether the line opens a panic or a backtrace.
pub(super) fn recognises(line: &str) -> bool {
    let line = line.trim_end();
    panic_head(line).is_some() || is_backtrace(line)
}

/// Reads the panic, or the error and its causes; the backtrace belongs to the outermost.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut reader = Reader::default();
    for line in lines(text) {
        reader.line(line);
        // A panic while another one unwinds is not the cause of anything.
        if reader.chain.len() >= MAX_EXCEPTIONS {
            break;
        }
    }
    reader.finish()
}

/// What the lines that come next are part of.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Section {
    #[default]
    Preamble,
    Message,
    Causes,
    Backtrace,
}

#[derive(Default)]
struct Reader<'a> {
    section: Section,
    chain: Vec<Exception>,
    frames: Vec<Frame>,
    symbol: Option<&'a str>,
    first_line: Option<&'a str>,
    panic_path: &'a str,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &'a str) {
        let content = line.trim();
        if let Some((message, path)) = panic_head(line.trim_end())
            && self.frames.is_empty()
        {
            self.chain = vec![panic(message)];
            self.panic_path = path;
            self.section = Section::Message;
        } else if is_backtrace(content) {
            self.section = Section::Backtrace;
        } else if content == "Caused by:" {
            self.begin_error();
            self.section = Section::Causes;
        } else {
            self.content(content);
        }
    }

    fn content(&mut self, content: &'a str) {
        match self.section {
            Section::Preamble => {
                if self.first_line.is_none() && !content.is_empty() {
                    self.first_line = Some(content);
                }
            }
            Section::Message => {
                if let Some(exception) = self.chain.first_mut()
                    && exception.value.is_none()
                    && !content.is_empty()
                {
                    exception.value = Some(content.to_owned());
                }
            }
            Section::Causes => self.cause(content),
            Section::Backtrace => self.backtrace(content),
        }
    }

    /// `0: text` where there are several causes, just the text where there is one.
    fn cause(&mut self, content: &str) {
        let text = match content.split_once(": ") {
            Some((number, text)) if is_number(number) => text,
            _ => content,
        };
        if !text.is_empty() {
            self.chain.push(Exception { value: Some(text.to_owned()), ..Exception::default() });
        }
    }

    /// `3: path::function`, and below it `at src/file.rs:12:5` where the build knows.
    fn backtrace(&mut self, content: &'a str) {
        if let Some(place) = content.strip_prefix("at ") {
            let (path, line, column) = location(place);
            if let Some(symbol) = self.symbol.take() {
                let read = Frame { colno: column, ..frame(symbol, path, line) };
                push(&mut self.frames, read);
            }
        } else if let Some((number, symbol)) = content.split_once(": ")
            && is_number(number)
        {
            self.flush();
            // Full backtraces put the address first.
            let symbol = match symbol.trim_start().split_once(" - ") {
                Some((address, symbol)) if address.starts_with("0x") => symbol,
                _ => symbol,
            };
            self.symbol = Some(symbol);
        }
    }

    fn flush(&mut self) {
        if let Some(symbol) = self.symbol.take() {
            push(&mut self.frames, frame(symbol, "", None));
        }
    }

    /// The error whose chain or backtrace follows, named by the first line.
    fn begin_error(&mut self) {
        if self.chain.is_empty() {
            let value = self.first_line.map(|line| line.strip_prefix("Error: ").unwrap_or(line));
            self.chain.push(Exception { value: value.map(str::to_owned), ..Exception::default() });
        }
    }

    fn finish(mut self) -> Vec<Exception> {
        self.flush();
        self.begin_error();
        if self.frames.is_empty() && !self.panic_path.is_empty() {
            let (path, line, column) = location(self.panic_path);
            let read = Frame { colno: column, ..frame("", path, line) };
            self.frames.push(read);
        }
        if let Some(first) = self.chain.first_mut() {
            first.frames = self.frames;
            first.frames.iter_mut().for_each(mark);
        }
        self.chain
    }
}

fn panic(message: Option<&str>) -> Exception {
    Exception {
        kind: Some("panic".to_owned()),
        value: message.map(str::to_owned),
        ..Exception::default()
    }
}

/// The message where the line has it, and the place: `thread 'main' panicked at src/a.rs:1:2:`, and
/// before 1.73 `thread 'main' panicked at 'text', src/a.rs:1:2`.
fn panic_head(line: &str) -> Option<(Option<&str>, &str)> {
    let (_, rest) = line.strip_prefix("thread ")?.split_once(" panicked at ")?;
    let quoted = rest.strip_prefix('\'').and_then(|rest| rest.rsplit_once("', "));
    match quoted {
        Some((message, place)) => Some((Some(message), place)),
        None => Some((None, rest.strip_suffix(':').unwrap_or(rest))),
    }
}

fn is_backtrace(line: &str) -> bool {
    line.trim_start().eq_ignore_ascii_case("stack backtrace:")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Symbols are the only thing that all builds have: those of the runtime and of common libraries are
/// marked by the crate they begin with.
fn mark(frame: &mut Frame) {
    const SYMBOLS: [&str; 9] = [
        "rust_begin_unwind",
        "main",
        "_main",
        "_start",
        "__libc_start_main",
        "start_thread",
        "clone",
        "__rust_begin_short_backtrace",
        "__clone3",
    ];
    let symbol = frame.function.as_deref().unwrap_or_default();
    if crate_of(symbol).is_none_or(is_library_crate) || SYMBOLS.contains(&symbol) {
        frame.in_app = Some(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Option<&str>, Option<&str>, &[&str])]) {
        let chain = parse(text);
        let read: Vec<(Option<&str>, Option<&str>, Vec<&str>)> = chain
            .iter()
            .map(|it| {
                let own = it.frames.iter().filter(|frame| frame.in_app.is_none());
                let functions = own.filter_map(|frame| frame.function.as_deref()).collect();
                (it.kind.as_deref(), it.value.as_deref(), functions)
            })
            .collect();
        let expected: Vec<(Option<&str>, Option<&str>, Vec<&str>)> =
            expected.iter().map(|(kind, value, it)| (*kind, *value, it.to_vec())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn panics_old_and_new() {
        let backtrace = "stack backtrace:\r\n   0: rust_begin_unwind\r\n             at /rustc/0a1b/library/std/src/panicking.rs:1:5\r\n   \
            1: core::panicking::panic_fmt\r\n   2: <[i64] as core::ops::index::Index<usize>>::index\r\n   \
            3: depot::rack::Rack::row\r\n             at ./src/rack.rs:12:9\r\n   4: depot::main\r\nnote: more\r\n";
        let expected: &[(Option<&str>, Option<&str>, &[&str])] =
            &[(Some("panic"), Some("no row 7"), &["depot::rack::Rack::row", "depot::main"])];
        check(
            &format!("thread 'main' (7) panicked at src/rack.rs:12:9:\r\nno row 7\r\n{backtrace}"),
            expected,
        );
        check(
            &format!("thread 'w-1' panicked at 'no row 7', src/rack.rs:12:9\r\n{backtrace}"),
            expected,
        );
    }

    #[test]
    fn full_backtraces_begin_with_addresses() {
        check(
            "thread 'main' panicked at src/rack.rs:12:9:\nno row 7\nstack backtrace:\n   \
             0:     0x55d0c0ffee20 - depot::rack::Rack::row::h9f8e7d6c5b4a3021\n                               at ./src/rack.rs:12:9\n  \
             10:     0x55d0c0ffee40 - depot::main::h0123456789abcdef\n",
            &[(
                Some("panic"),
                Some("no row 7"),
                &["depot::rack::Rack::row::h9f8e7d6c5b4a3021", "depot::main::h0123456789abcdef"],
            )],
        );
    }

    #[test]
    fn panics_without_a_backtrace_keep_their_place() {
        let chain =
            parse("thread 'main' panicked at src/rack.rs:12:9:\nno row 7\nnote: run with more\n");
        assert_eq!(chain[0].frames[0].abs_path.as_deref(), Some("src/rack.rs"));
    }

    #[test]
    fn errors_with_context() {
        check(
            "Error: could not open depot\n\nCaused by:\n    0: could not read rack\n    1: No such file (os error 2)\n\n\
             Stack backtrace:\n   0: anyhow::error::Error::msg\n   1: depot::open\n             at ./src/main.rs:5:1\n",
            &[
                (None, Some("could not open depot"), &["depot::open"]),
                (None, Some("could not read rack"), &[]),
                (None, Some("No such file (os error 2)"), &[]),
            ],
        );
    }
}
