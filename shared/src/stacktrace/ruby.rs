//! Ruby: `file:line:in 'method': message (Type)`, causes, and the reversed order of terminals.

use super::scan::{MAX_EXCEPTIONS, MAX_FRAMES, frame, looks_like_type, push, split_type};
use crate::event::{Exception, Frame};

/// Whether the line is a place as Ruby writes it.
pub(super) fn recognises(line: &str) -> bool {
    read_place(place_of(line)).is_some()
}

/// Reads the exception and its causes, outermost first.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut chain: Vec<Exception> = Vec::new();
    // Terminals of Ruby 2.5 to 2.7 print the callers first.
    let mut reversed: Vec<Frame> = Vec::new();
    let mut header = None;
    for line in text.lines() {
        let Some((frame, rest)) = read_place(place_of(line)) else {
            header = header.or_else(|| read_logged(line));
            continue;
        };
        if is_numbered(line) && chain.is_empty() {
            push(&mut reversed, frame);
        } else if rest.is_empty() {
            if chain.is_empty() {
                chain.push(header.take().unwrap_or_default());
            }
            if let Some(exception) = chain.last_mut() {
                push(&mut exception.frames, frame);
            }
        } else if chain.len() < MAX_EXCEPTIONS {
            let mut exception = read_header(rest);
            exception.frames.push(frame);
            exception.frames.extend(reversed.drain(..).rev());
            chain.push(exception);
        } else {
            break;
        }
    }
    if chain.is_empty() && !reversed.is_empty() {
        reversed.reverse();
        reversed.truncate(MAX_FRAMES);
        chain.push(Exception { frames: reversed, ..Exception::default() });
    }
    without_native(&mut chain);
    chain
}

/// The line without `from` and without the number of the reversed order.
fn place_of(line: &str) -> &str {
    let line = line.trim();
    let line = match line.split_once(": from ") {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => line,
    };
    line.strip_prefix("from ").unwrap_or(line)
}

fn is_numbered(line: &str) -> bool {
    let number = line.trim().split_once(": from ");
    number.is_some_and(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The frame of `path:12:in 'method'`, and what follows the colon behind it.
fn read_place(text: &str) -> Option<(Frame, &str)> {
    let (place, rest) = text.split_once(":in ")?;
    let (path, line) = place.rsplit_once(':')?;
    let line = line.parse().ok()?;
    let rest = rest.strip_prefix(['`', '\''])?;
    let (function, rest) = rest.split_once('\'')?;
    let message = match rest.strip_prefix(": ") {
        Some(message) => message,
        None if rest.is_empty() => "",
        None => return None,
    };
    // `(eval at /srv/a.rb:12):1`: the file that evaluates the text.
    let path = match path.strip_prefix("(eval at ") {
        Some(place) => place.rsplit_once(':').map_or(place, |(path, _)| path),
        None => path,
    };
    (!path.is_empty()).then(|| (frame(function, path, Some(line)), message))
}

/// `Type (message):` or `Type: message` above the frames, as frameworks log it.
fn read_logged(line: &str) -> Option<Exception> {
    let line = line.trim();
    let (name, value) = match line.split_once(" (") {
        Some((name, rest)) => (name, rest.trim_end_matches(':').strip_suffix(')')?),
        None => line.split_once(": ")?,
    };
    let (module, kind) = split_type(name);
    let is_type = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte));
    (is_type && looks_like_type(kind)).then(|| Exception {
        kind: Some(kind.to_owned()),
        module: module.map(str::to_owned),
        value: Some(value.to_owned()),
        ..Exception::default()
    })
}

/// `message (Type)`; the message may go on below.
fn read_header(text: &str) -> Exception {
    let text = text.trim_end();
    let split = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    match split {
        Some((value, name)) if name.starts_with(|first: char| first.is_ascii_uppercase()) => {
            let (module, kind) = split_type(name);
            Exception {
                kind: Some(kind.to_owned()),
                module: module.map(str::to_owned),
                value: Some(value.trim_end().to_owned()),
                ..Exception::default()
            }
        }
        _ => Exception { value: Some(text.to_owned()), ..Exception::default() },
    }
}

/// Methods written in C stand at the line of their caller. They are marked as not the program's own.
fn without_native(chain: &mut [Exception]) {
    for exception in chain {
        let frames = &mut exception.frames;
        for at in 1..frames.len() {
            let (callee, caller) = (&frames[at - 1], &frames[at]);
            let is_native = callee.lineno == caller.lineno
                && callee.abs_path == caller.abs_path
                && callee.function != caller.function
                && !callee.function.as_deref().is_some_and(is_block);
            if is_native {
                frames[at - 1].in_app = Some(false);
            }
        }
    }
}

/// Blocks may stand on the line of the method they are in.
fn is_block(function: &str) -> bool {
    function.contains(" in ") || function.starts_with('<')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Option<&str>, &[&str])]) {
        let chain = parse(text);
        let read: Vec<(Option<&str>, Vec<&str>)> = chain
            .iter()
            .map(|it| {
                let own = it.frames.iter().filter(|frame| frame.in_app.is_none());
                (it.kind.as_deref(), own.filter_map(|it| it.function.as_deref()).collect())
            })
            .collect();
        let expected: Vec<(Option<&str>, Vec<&str>)> =
            expected.iter().map(|(kind, it)| (*kind, it.to_vec())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn native_methods_are_not_the_programs_own() {
        check(
            "/srv/d/depot.rb:9:in `Float': invalid value for Float(): \"x\" (ArgumentError)\r\n\
             \tfrom /srv/d/depot.rb:9:in `weigh'\r\n\tfrom /srv/d/depot.rb:3:in `block in load'\r\n\
             \tfrom run.rb:1:in `<main>'\r\n",
            &[(Some("ArgumentError"), &["weigh", "block in load", "<main>"])],
        );
    }

    #[test]
    fn causes_and_new_quotes() {
        check(
            "depot.rb:4:in 'Depot#load': no (Depot::LoadError)\n\n  more\n\tfrom run.rb:1:in '<main>'\n\
             depot.rb:2:in 'Depot#open': gone (Errno::ENOENT)\n\tfrom depot.rb:4:in 'Depot#load'\n",
            &[
                (Some("LoadError"), &["Depot#load", "<main>"]),
                (Some("ENOENT"), &["Depot#open", "Depot#load"]),
            ],
        );
    }

    #[test]
    fn reversed_and_headless_traces() {
        check(
            "Traceback (most recent call last):\n\t1: from run.rb:1:in `<main>'\nd.rb:2:in `go': no (KeyError)\n",
            &[(Some("KeyError"), &["go", "<main>"])],
        );
        check("d.rb:2:in `go'\nrun.rb:1:in `<main>'", &[(None, &["go", "<main>"])]);
        check(
            "KeyError (no 7):\n\nd.rb:2:in `go'\nrun.rb:1:in `<main>'",
            &[(Some("KeyError"), &["go", "<main>"])],
        );
    }
}
