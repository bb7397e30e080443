//! Decides which events are the same error. Pure: no I/O, no clock, no configuration.
//!
//! The order: the client's own grouping; else, with a stack, the types and the places where they
//! were raised; else the type and the normalised message. How a stack is read from text is not
//! decided here but in `stacktrace`.

mod causes;
mod explain;
mod names;
mod normalise;
mod parts;
pub mod rules;
mod stack;

use std::borrow::Cow;

use memchr::memchr;

use crate::event::Exception;
use crate::ids::Fingerprint;
use crate::stacktrace::{self, scan::Header, wrapped::is_wrapped};
use causes::Causes;
pub use explain::{Explanation, LeftOut, PLACEHOLDERS, Reason, Replaced, normalised};
use names::{Name, Place};
pub use parts::Component;
use parts::{Part, Parts};
use stack::Scope;

/// Lines of a stack no parser knows that are looked at; deeper ones are the callers.
const MAX_UNKNOWN_LINES: usize = 32;

/// What the fingerprint is a function of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Input<'a> {
    /// The client's own grouping; `{{ default }}` stands for the computed one.
    pub client_fingerprint: Option<&'a [String]>,
    /// The type the client named, where it did.
    pub exception_type: Option<&'a str>,
    /// The event's message.
    pub message: &'a str,
    /// Structured exceptions, outermost first; when empty, `stack_trace` is read.
    pub exceptions: &'a [Exception],
    /// The stack as text.
    pub stack_trace: Option<&'a str>,
}

/// The answer: the fingerprint, and the names that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// What decides which error the event belongs to.
    pub fingerprint: Fingerprint,
    /// The type given, or the one read from the stack.
    pub exception_type: Option<String>,
    /// Function and module of the frame to look at first.
    pub culprit: Option<String>,
}

/// The parts that the fingerprint of an event is made of, in the order they are hashed in. What is
/// not among them was left out.
pub fn explain(input: Input<'_>) -> Vec<Component> {
    parts(&input, &chain_of(&input)).components()
}

/// Computes the grouping of one event.
pub fn group(input: Input<'_>) -> Grouping {
    grouped(&input, &chain_of(&input))
}

/// As [`group`], of an event whose exceptions have been read.
fn grouped(input: &Input<'_>, chain: &[Exception]) -> Grouping {
    Grouping {
        fingerprint: parts(input, chain).hash(),
        exception_type: exception_type(input, chain),
        culprit: culprit(chain),
    }
}

/// The exceptions given, else those in the stack text, else those in a message that is a stack.
fn chain_of<'a>(input: &Input<'a>) -> Cow<'a, [Exception]> {
    if !input.exceptions.is_empty() {
        let remote = remote_traceback(input.exceptions).and_then(stacktrace::parse);
        return remote.map_or(Cow::Borrowed(input.exceptions), Cow::Owned);
    }
    let text = input.stack_trace.filter(|text| !text.trim().is_empty());
    let text = text.or_else(|| is_of_lines(input.message).then_some(input.message));
    Cow::Owned(text.and_then(stacktrace::parse).unwrap_or_default())
}

fn is_of_lines(text: &str) -> bool {
    memchr(b'\n', text.as_bytes()).is_some() || is_wrapped(text)
}

/// What an exception of another process says that Python hands on with its traceback as text. The
/// others of the chain repeat it, with the frames of who waited for it.
fn remote_traceback(chain: &[Exception]) -> Option<&str> {
    let is_remote = |exception: &&Exception| {
        exception.kind.as_deref().is_some_and(|kind| kind.ends_with("RemoteTraceback"))
    };
    chain.iter().find(is_remote)?.value.as_deref()
}

/// The client's own grouping where there is one, with ours where it is asked for.
fn parts(input: &Input<'_>, chain: &[Exception]) -> Parts {
    match input.client_fingerprint.unwrap_or_default() {
        [] => computed(input, chain),
        [only] if is_default(only) => computed(input, chain),
        pieces => {
            let mut parts = Parts::new();
            for piece in pieces {
                if is_default(piece) {
                    let default = computed(input, chain).hash().to_string();
                    parts.add(Part::Default, default.as_bytes());
                } else {
                    parts.add(Part::Client, piece.as_bytes());
                }
            }
            parts
        }
    }
}

/// `{{ default }}` with any white space.
fn is_default(piece: &str) -> bool {
    let inner = piece.trim().strip_prefix("{{").and_then(|it| it.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim() == "default")
}

fn computed(input: &Input<'_>, chain: &[Exception]) -> Parts {
    let mut parts = Parts::new();
    let mut causes = Causes::default();
    causes.read(input.message);
    chain.iter().filter_map(Exception::error_number).for_each(|it| causes.note_error_number(it));
    if chain.iter().any(|exception| !exception.frames.is_empty()) {
        let kind = input.exception_type.or_else(|| type_in_message(input.message));
        stack::add_to(&mut parts, chain, kind, input.message);
        let values = chain.iter().filter_map(|exception| exception.value.as_deref());
        // What the message ends with was read with it.
        for value in values.filter(|value| !input.message.ends_with(value)) {
            causes.read(value);
        }
    } else {
        add_without_frames(&mut parts, input, chain);
    }
    causes.add_to(&mut parts);
    parts
}

fn add_without_frames(parts: &mut Parts, input: &Input<'_>, chain: &[Exception]) {
    for exception in stack::decisive(chain) {
        let kind = exception.kind.as_deref().unwrap_or_default();
        stack::add_type(parts, exception.module.as_deref(), kind);
    }
    if let Some(kind) = input.exception_type.filter(|_| chain.is_empty()) {
        stack::add_type(parts, None, kind);
    }
    parts.add_with(Part::Message, |bytes| normalise::normalise(input.message, bytes));
    let lines = input.stack_trace.filter(|_| chain.is_empty()).unwrap_or_default().lines();
    for line in lines.filter(|line| !line.trim().is_empty()).take(MAX_UNKNOWN_LINES) {
        parts.add_with(Part::Line, |bytes| normalise::normalise(line, bytes));
    }
}

fn exception_type(input: &Input<'_>, chain: &[Exception]) -> Option<String> {
    let read = || {
        let kind = chain.first().and_then(|exception| exception.kind.as_deref());
        kind.or_else(|| type_in_message(input.message))
    };
    let given = input.exception_type.filter(|kind| !kind.is_empty());
    given.or_else(read).map(str::to_owned)
}

/// The type in a message of the form `SomeError: text`.
fn type_in_message(message: &str) -> Option<&str> {
    let end = memchr(b'\n', message.as_bytes()).unwrap_or(message.len());
    let line = message.get(..end)?.trim_end_matches('\r');
    let line = line.strip_prefix("Uncaught ").unwrap_or(line);
    Header::read_certain(line).map(|header| header.kind)
}

/// `function in module-or-file` of the place where the outermost exception with frames was raised.
fn culprit(chain: &[Exception]) -> Option<String> {
    let place = raised_at(chain)?;
    match place.name {
        Name::Own(name) if place.scope.is_empty() => Some(name.into_owned()),
        Name::Own(name) => Some([&*name, " in ", &*place.scope].concat()),
        _ => (!place.scope.is_empty()).then(|| place.scope.into_owned()),
    }
}

/// The place where the outermost exception with frames was raised.
fn raised_at(chain: &[Exception]) -> Option<Place<'_>> {
    let raised_at =
        |scope| stack::decisive(chain).find_map(|it| stack::raised_at(&it.frames, scope));
    raised_at(Scope::InApp).or_else(|| raised_at(Scope::All))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Frame;

    fn exception(kind: &str, frames: &[(&str, bool)]) -> Exception {
        let frame = |(function, in_app): &(&str, bool)| Frame {
            function: Some((*function).to_owned()),
            abs_path: Some("/srv/a/store.py".to_owned()),
            in_app: Some(*in_app),
            ..Frame::default()
        };
        Exception {
            kind: Some(kind.to_owned()),
            value: Some("no 7".to_owned()),
            frames: frames.iter().map(frame).collect(),
            ..Exception::default()
        }
    }

    fn of(exceptions: &[Exception]) -> Input<'_> {
        Input { message: "no 7", exceptions, ..Input::default() }
    }

    #[test]
    fn structured_exceptions_go_by_what_the_client_calls_its_own() {
        let chain = [exception("KeyError", &[("lib", false), ("run", true), ("main", true)])];
        let grouping = group(of(&chain));
        assert_eq!(grouping.exception_type.as_deref(), Some("KeyError"));
        assert_eq!(grouping.culprit.as_deref(), Some("run in store.py"));
        let told = explain(of(&chain));
        let told: Vec<_> = told.iter().map(|it| (it.kind, it.value.as_str())).collect();
        assert_eq!(told, [("type", "KeyError"), ("module", "store.py"), ("function", "run")]);
    }

    #[test]
    fn structured_and_written_stacks_read_the_same() {
        let chain = [exception("KeyError", &[("run", true)])];
        let written = "Traceback (most recent call last):\n  File \"/app/store.py\", line 3, in run\nKeyError: 9";
        let written =
            group(Input { message: "KeyError: 9", stack_trace: Some(written), ..Input::default() });
        assert_eq!(group(of(&chain)).fingerprint, written.fingerprint);
    }

    #[test]
    fn exceptions_without_frames_go_by_type_and_message() {
        let (first, second) = ([exception("KeyError", &[])], [exception("TypeError", &[])]);
        assert_ne!(group(of(&first)).fingerprint, group(of(&second)).fingerprint);
        let told: Vec<_> = explain(of(&first)).into_iter().map(|it| it.value).collect();
        assert_eq!(told, ["KeyError", "no <n>"]);
    }

    #[test]
    fn types_are_read_from_messages_only_when_certain() {
        let check = |message, expected: Option<&str>| {
            let grouping = group(Input { message, ..Input::default() });
            assert_eq!(grouping.exception_type.as_deref(), expected, "{message}");
        };
        check("store.LoadError: no rack", Some("LoadError"));
        check("Uncaught RangeError: no", Some("RangeError"));
        check("Note: no rack", None);
        check("Error while loading", None);
    }
}
