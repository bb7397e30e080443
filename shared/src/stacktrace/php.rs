//! PHP: `Type: message in file:line`, `Stack trace:`, numbered frames, `Next` for what wraps.

use super::scan::{MAX_EXCEPTIONS, frame, push, split_type};
use crate::event::{Exception, Frame};

/// Whether the line is a numbered frame as PHP writes it.
pub(super) fn recognises(line: &str) -> bool {
    read_call(line).is_some()
}

/// Reads the exceptions. PHP prints the first one raised first, so the chain is turned round.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut chain: Vec<Exception> = Vec::new();
    let mut current = Current::default();
    for line in text.lines() {
        if let Some(call) = read_call(line) {
            current.call(&call);
        } else if let Some(rest) = line.strip_prefix("Next ") {
            chain.extend(std::mem::take(&mut current).finish());
            current.header(rest);
        } else if !current.has_frames {
            current.header(line);
        }
        if chain.len() >= MAX_EXCEPTIONS {
            break;
        }
    }
    chain.extend(current.finish());
    chain.reverse();
    chain
}

/// A call and the place it was made at.
struct Call<'a> {
    function: &'a str,
    path: &'a str,
    line: Option<u32>,
}

/// The exception that is being read. A frame says where its function was *called*; where execution
/// stood inside the function is told by the frame before.
#[derive(Default)]
struct Current<'a> {
    exception: Exception,
    path: &'a str,
    line: Option<u32>,
    has_header: bool,
    has_frames: bool,
}

impl<'a> Current<'a> {
    fn header(&mut self, line: &'a str) {
        let line = line.trim();
        if let Some((_, logged)) = line.split_once("[object] (") {
            self.logged(logged);
            return;
        }
        let line = line.split_once("Uncaught ").map_or(line, |(_, rest)| rest);
        if !self.has_header
            && let Some((name, value)) = line.split_once(": ")
            && is_type(name)
        {
            let (module, kind) = split_type(name);
            self.exception.kind = Some(kind.to_owned());
            self.exception.module = module.map(str::to_owned);
            self.exception.value = Some(value.to_owned());
            self.has_header = true;
        }
        // The place ends the message, which may have several lines.
        if let Some((message, place)) = line.rsplit_once(" in ")
            && let Some((path, number)) = place.rsplit_once(':')
            && let Ok(number) = number.parse()
        {
            self.path = path;
            self.line = Some(number);
            if let Some(value) = &mut self.exception.value
                && let Some(shorter) = value.strip_suffix(line.get(message.len()..).unwrap_or(""))
            {
                let length = shorter.len();
                value.truncate(length);
            }
        }
    }

    /// `Type(code: 0): message at file:line)`, as loggers write an object.
    fn logged(&mut self, text: &'a str) {
        let Some((name, rest)) = text.split_once("(code: ") else { return };
        let Some((_, rest)) = rest.split_once("): ") else { return };
        let Some((value, place)) = rest.rsplit_once(" at ") else { return };
        let (module, kind) = split_type(name);
        self.exception.kind = Some(kind.to_owned());
        self.exception.module = module.map(str::to_owned);
        self.exception.value = Some(value.to_owned());
        self.has_header = true;
        let place = place.trim_end_matches(')');
        if let Some((path, number)) = place.rsplit_once(':') {
            self.path = path;
            self.line = number.parse().ok();
        }
    }

    fn call(&mut self, call: &Call<'a>) {
        self.has_frames = true;
        let mut frame = read_function(call.function, self.path, self.line);
        // A function that stands where it was called is one of PHP itself, or a handler that turned
        // a warning into an exception.
        let is_native = self.line.is_some() && self.path == call.path && self.line == call.line;
        if is_native {
            frame.in_app = Some(false);
        }
        push(&mut self.exception.frames, frame);
        self.path = call.path;
        self.line = call.line;
    }

    fn finish(self) -> Option<Exception> {
        self.has_frames.then_some(self.exception)
    }
}

fn is_type(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\\'))
}

/// `#3 /srv/app/Store.php(12): App\Store->load('x')`, `#4 [internal function]: …`, `#5 {main}`.
fn read_call(line: &str) -> Option<Call<'_>> {
    let rest = line.trim().strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if rest == "{main}" {
        return Some(Call { function: rest, path: "", line: None });
    }
    if let Some(function) = rest.strip_prefix("[internal function]: ") {
        return Some(Call { function, path: "[internal function]", line: None });
    }
    let (place, function) = rest.split_once("): ")?;
    let (path, line) = place.rsplit_once('(')?;
    Some(Call { function, path, line: Some(line.parse().ok()?) })
}

/// `App\Store->load('x')`, `App\Store::open()`, `array_map(Object(Closure))`.
fn read_function(call: &str, path: &str, line: Option<u32>) -> Frame {
    // The name of a closure may have brackets of its own.
    let arguments = match call.rfind('}') {
        Some(brace) => call.get(brace..).and_then(|it| it.find('(')).map(|at| at + brace),
        None => call.find('('),
    };
    let name = arguments.and_then(|at| call.get(..at)).unwrap_or(call);
    let named = name.split("{closure").next().unwrap_or(name);
    let split = named.find("->").or_else(|| named.find("::"));
    match split.and_then(|at| Some((name.get(..at)?, name.get(at + 2..)?))) {
        Some((class, method)) => {
            // Loggers write JSON, in which a backslash has another one before it.
            let class = class.replace("\\\\", "\\");
            Frame { module: Some(class), ..frame(method, path, line) }
        }
        None => frame(name, path, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, &[&str])]) {
        let chain = parse(text);
        let text_of = |part: &Option<String>| part.clone().unwrap_or_default();
        let read: Vec<(String, String, Vec<String>)> = chain
            .iter()
            .map(|it| {
                let own = it.frames.iter().filter(|frame| frame.in_app.is_none());
                let describe = |frame: &Frame| {
                    format!(
                        "{} {} {}",
                        text_of(&frame.module),
                        text_of(&frame.function),
                        text_of(&frame.abs_path)
                    )
                };
                (text_of(&it.kind), text_of(&it.value), own.map(describe).collect())
            })
            .collect();
        let expected: Vec<(String, String, Vec<String>)> = expected
            .iter()
            .map(|(kind, value, frames)| {
                let frames = frames.iter().map(|it| (*it).to_owned()).collect();
                ((*kind).to_owned(), (*value).to_owned(), frames)
            })
            .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn functions_stand_where_the_frame_before_was_called() {
        check(
            "PHP Fatal error:  Uncaught Depot\\LoadError: no rack 7 in /srv/d/Rack.php:12\r\nStack trace:\r\n\
             #0 /srv/d/Depot.php(30): Depot\\Rack->load(7)\r\n#1 [internal function]: Depot\\Depot::{closure}()\r\n\
             #2 /srv/d/Depot.php(8): array_map(Object(Closure), Array)\r\n#3 {main}\r\n  thrown in /srv/d/Rack.php on line 12",
            &[(
                "LoadError",
                "no rack 7",
                &[
                    "Depot\\Rack load /srv/d/Rack.php",
                    "Depot\\Depot {closure} /srv/d/Depot.php",
                    " array_map [internal function]",
                    " {main} /srv/d/Depot.php",
                ],
            )],
        );
    }

    #[test]
    fn native_functions_are_not_the_programs_own() {
        check(
            "PDOException: gone in /srv/d/Rack.php:12\nStack trace:\n#0 /srv/d/Rack.php(12): PDO->query('...')\n\
             #1 /srv/d/run.php(3): Depot\\Rack->rows()\n#2 {main}",
            &[(
                "PDOException",
                "gone",
                &["Depot\\Rack rows /srv/d/Rack.php", " {main} /srv/d/run.php"],
            )],
        );
    }

    #[test]
    fn loggers_write_exceptions_as_objects() {
        check(
            "[2026-11-07 09:00:00] live.ERROR: no {\"exception\":\"[object] (Depot\\\\Gone(code: 4): no at /a.php:3)\n\
             [stacktrace]\n#0 /b.php(9): Depot\\\\Rack->load(7)\n#1 {main}\n\"}",
            &[("Gone", "no", &["Depot\\Rack load /a.php", " {main} /b.php"])],
        );
    }

    #[test]
    fn wrappers_come_first() {
        check(
            "KeyError: a in /a.php:1\nStack trace:\n#0 /a.php(9): inner()\n#1 {main}\n\n\
             Next RuntimeException: b in /a.php:9\nStack trace:\n#0 /a.php(20): outer()\n#1 {main}",
            &[
                ("RuntimeException", "b", &[" outer /a.php", " {main} /a.php"]),
                ("KeyError", "a", &[" inner /a.php", " {main} /a.php"]),
            ],
        );
    }
}
