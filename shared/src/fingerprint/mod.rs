//! Decides which events are the same error. Pure: no I/O, no clock, no configuration.
//!
//! The order: the client's own grouping; else, with a stack, the types and the places where they
//! were raised; else the type and the normalised message. How a stack is read from text is not
//! decided here but in `stacktrace`.

mod causes;
mod names;
mod normalise;
mod parts;
mod stack;

use std::borrow::Cow;

use crate::event::Exception;
use crate::ids::Fingerprint;
use crate::stacktrace::{self, scan::Header};
use causes::Causes;
use names::Name;
use parts::{Part, Parts};

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

/// Computes the grouping of one event.
pub fn group(input: Input<'_>) -> Grouping {
    let chain = chain_of(&input);
    Grouping {
        fingerprint: fingerprint(&input, &chain),
        exception_type: exception_type(&input, &chain),
        culprit: culprit(&chain),
    }
}

/// The exceptions given, else those in the stack text, else those in a message that is a stack.
fn chain_of<'a>(input: &Input<'a>) -> Cow<'a, [Exception]> {
    if !input.exceptions.is_empty() {
        return Cow::Borrowed(input.exceptions);
    }
    let text = input.stack_trace.filter(|text| !text.trim().is_empty());
    let text = text.or_else(|| input.message.contains('\n').then_some(input.message));
    Cow::Owned(text.and_then(stacktrace::parse).unwrap_or_default())
}

fn fingerprint(input: &Input<'_>, chain: &[Exception]) -> Fingerprint {
    let client = input.client_fingerprint.unwrap_or_default();
    if client.is_empty() {
        return computed(input, chain);
    }
    if let [only] = client
        && is_default(only)
    {
        return computed(input, chain);
    }
    let mut parts = Parts::new();
    for piece in client {
        if is_default(piece) {
            parts.add(Part::Default, &computed(input, chain).0);
        } else {
            parts.add(Part::Client, piece.as_bytes());
        }
    }
    parts.hash()
}

/// `{{ default }}` with any white space.
fn is_default(piece: &str) -> bool {
    let inner = piece.trim().strip_prefix("{{").and_then(|it| it.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim() == "default")
}

fn computed(input: &Input<'_>, chain: &[Exception]) -> Fingerprint {
    let mut parts = Parts::new();
    let mut causes = Causes::default();
    causes.read(input.message);
    if chain.iter().any(|exception| !exception.frames.is_empty()) {
        let kind = input.exception_type.or_else(|| type_in_message(input.message));
        stack::add_to(&mut parts, chain, kind, input.message);
        for value in chain.iter().filter_map(|exception| exception.value.as_deref()) {
            causes.read(value);
        }
    } else {
        add_without_frames(&mut parts, input, chain);
    }
    causes.add_to(&mut parts);
    parts.hash()
}

fn add_without_frames(parts: &mut Parts, input: &Input<'_>, chain: &[Exception]) {
    for exception in stack::decisive(chain) {
        parts.add(Part::Type, exception.kind.as_deref().unwrap_or_default().as_bytes());
    }
    if let Some(kind) = input.exception_type.filter(|_| chain.is_empty()) {
        parts.add(Part::Type, kind.as_bytes());
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
    let line = message.lines().next()?;
    let line = line.strip_prefix("Uncaught ").unwrap_or(line);
    Header::read_certain(line).map(|header| header.kind)
}

/// `function in module-or-file` of the place where the outermost exception with frames was raised.
fn culprit(chain: &[Exception]) -> Option<String> {
    let raised_at =
        |all_frames| stack::decisive(chain).find_map(|it| stack::raised_at(&it.frames, all_frames));
    let place = raised_at(false).or_else(|| raised_at(true))?;
    match place.name {
        Name::Own(name) if place.scope.is_empty() => Some(name.into_owned()),
        Name::Own(name) => Some(format!("{name} in {}", place.scope)),
        _ => (!place.scope.is_empty()).then(|| place.scope.into_owned()),
    }
}
