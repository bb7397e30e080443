//! What of a chain of exceptions decides: each type, and the place where each was raised.
//!
//! Only the innermost frame of the program that carries a name counts. What called it differs for
//! the same bug: command line or web framework, thread pool or timer, this coroutine or that one.

use memchr::memmem;

use super::names::{Name, Place};
use super::normalise;
use super::parts::{Part, Parts};
use crate::event::{Exception, Frame};
use crate::stacktrace::dotnet::without_assemblies;
use crate::stacktrace::in_app;
use crate::stacktrace::scan::{outer_classes, split_type};

/// Exceptions that only carry another one across a thread, a proxy or a task group.
const CARRIERS: [&str; 8] = [
    "AggregateException",
    "BaseExceptionGroup",
    "CompletionException",
    "ExceptionGroup",
    "ExecutionException",
    "InvocationTargetException",
    "TargetInvocationException",
    "UndeclaredThrowableException",
];

/// Types that say no more than that something failed; what failed stands in the message.
const VAGUE_TYPES: [&str; 2] = ["", "ErrorException"];

/// What stands in the place of a type where nobody chose one: stacks as text say `panic`, SDKs name the
/// type that the language wraps the text in.
const NO_TYPES: [&str; 14] = [
    "panic",
    "fatal error",
    "*errors.errorString",
    "*errors.fundamental",
    "*errors.joinError",
    "*errors.withMessage",
    "*errors.withStack",
    "*fmt.wrapError",
    "*fmt.wrapErrors",
    "*runtime.TypeAssertionError",
    "runtime.boundsError",
    "runtime.errorAddressString",
    "runtime.errorString",
    "runtime.plainErrorString",
];

/// Frames among which a recursion has to come round to be seen.
const MAX_CYCLE: usize = 64;

/// Types of an exception that a recursion without end raises.
const OVERFLOW_TYPES: [&str; 4] =
    ["RecursionError", "StackOverflowError", "StackOverflowException", "SystemStackError"];
/// What such an exception says in languages that have no type for it.
const OVERFLOW_WORDS: [&str; 4] = [
    "stack overflow",
    "call stack size exceeded",
    "too much recursion",
    "recursion depth exceeded",
];

/// Which frames count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those of the program.
    InApp,
    /// All, because none is known to be the program's.
    All,
}

impl Scope {
    /// What counts of a chain.
    pub(super) fn of(chain: &[Exception]) -> Self {
        let mut frames = chain.iter().flat_map(|it| &it.frames);
        if frames.any(in_app::is_in_app) { Self::InApp } else { Self::All }
    }

    pub(super) fn holds(self, frame: &Frame) -> bool {
        self == Self::All || in_app::is_in_app(frame)
    }
}

/// Adds the parts of a chain that has frames. `kind` names an exception that the stack does not,
/// as in browsers that print nothing but frames.
pub(super) fn add_to(parts: &mut Parts, chain: &[Exception], kind: Option<&str>, message: &str) {
    let scope = Scope::of(chain);
    let mut says_enough = false;
    let mut previous = parts.position();
    for exception in decisive(chain) {
        let start = parts.position();
        let own = exception.kind.as_deref().or(kind).filter(|_| !exception.is_synthetic());
        let kind = own.map_or("", type_name);
        add_type(parts, exception.module.as_deref(), own.unwrap_or_default());
        let place = match overflows(exception) {
            true => recurring(&exception.frames, scope),
            false => raised_at(&exception.frames, scope),
        };
        if let Some(place) = &place {
            add_place(parts, place);
        }
        let is_named = place.is_some_and(|place| matches!(place.name, Name::Own(_)));
        says_enough |= is_named && scope == Scope::InApp && !VAGUE_TYPES.contains(&kind);
        parts.drop_repetition(previous, start);
        previous = start.min(parts.position());
    }
    if !says_enough {
        let value = chain.iter().find_map(|exception| exception.value.as_deref());
        parts.add_with(Part::Message, |bytes| {
            normalise::normalise(reason(value.unwrap_or(message)), bytes);
        });
    }
}

/// The exceptions without those that carry others, and without those that came up on the way out of
/// a failure, such as when a file was closed.
pub(super) fn decisive(chain: &[Exception]) -> impl Iterator<Item = &Exception> {
    let is_carrier = |exception: &Exception| {
        let kind = exception.kind.as_deref().unwrap_or_default();
        CARRIERS.contains(&kind) || exception.is_suppressed()
    };
    let all_carry = chain.iter().all(is_carrier);
    chain.iter().filter(move |exception| all_carry || !is_carrier(exception))
}

/// The place that a frame to look at first is in.
pub(super) fn raised_at(frames: &[Frame], scope: Scope) -> Option<Place<'_>> {
    let mut candidates = places(frames, scope).filter(|(_, place)| place.name != Name::Generated);
    let (path, first) = candidates.next()?;
    if first.name != Name::Anonymous {
        return Some(first);
    }
    // A closure is known by the function around it, which is in the same file; what called the
    // closure from elsewhere is not.
    let around = candidates
        .take_while(|(other, place)| *other == path && place.name != Name::TopLevel)
        .find(|(_, place)| place.name != Name::Anonymous);
    Some(around.map_or(first, |(_, place)| place))
}

/// The frames that count: the path and the place of each.
fn places(frames: &[Frame], scope: Scope) -> impl Iterator<Item = (&str, Place<'_>)> {
    let counts = move |(_, frame): &(usize, &Frame)| scope.holds(frame);
    let place = |(at, frame)| Some((in_app::path_of(frame), Place::among(frames, at)?));
    frames.iter().enumerate().filter(counts).filter_map(place)
}

/// Adds the name of a type. SDKs of some languages tell it with the namespace it is in, which is left
/// out; the classes around it tell which of several it is: `Order.DoesNotExist`.
pub(super) fn add_type(parts: &mut Parts, module: Option<&str>, kind: &str) {
    let name = type_name(kind);
    let within = kind.strip_suffix(name).and_then(|it| it.strip_suffix('.'));
    // .NET tells the assembly: `Shop, Version=1.0.0.0`.
    let module = module.filter(|module| !module.contains(','));
    let outer = match (within, module) {
        (Some(within), Some(module)) if is_package(module) && outer_classes(within).is_empty() => {
            within
        }
        (Some(within), _) => outer_classes(within),
        (None, module) => module.map_or("", outer_classes),
    };
    parts.add_with(Part::Type, |bytes| {
        if !outer.is_empty() {
            bytes.extend_from_slice(outer.as_bytes());
            bytes.push(b'.');
        }
        bytes.extend_from_slice(without_assemblies(name).as_bytes());
    });
}

/// Whether a path is one of packages alone, which have small letters.
fn is_package(path: &str) -> bool {
    path.split('.').all(|part| part.starts_with(|it: char| it.is_ascii_lowercase() || it == '_'))
        && path != "__main__"
}

/// The name of a type without the namespace it is in.
fn type_name(kind: &str) -> &str {
    if NO_TYPES.contains(&kind) {
        return "";
    }
    // The arguments of a type of .NET have namespaces of their own.
    let plain = kind.split('`').next().unwrap_or(kind);
    kind.get(plain.len() - split_type(plain).1.len()..).unwrap_or(kind)
}

fn overflows(exception: &Exception) -> bool {
    let kind = exception.kind.as_deref().unwrap_or_default();
    let value = exception.value.as_deref().unwrap_or_default();
    OVERFLOW_TYPES.contains(&kind) || OVERFLOW_WORDS.iter().any(|words| holds(value, words))
}

/// Whether a text holds some words. Values are short, and [`str::contains`] prepares itself for long ones.
fn holds(text: &str, words: &str) -> bool {
    memmem::find(text.as_bytes(), words.as_bytes()).is_some()
}

/// The place that stands for a recursion: which of the functions that call each other the stack ends
/// in is chance.
fn recurring(frames: &[Frame], scope: Scope) -> Option<Place<'_>> {
    let places = places(frames, scope).map(|(_, place)| place);
    let places = places.filter(|place| matches!(place.name, Name::Own(_)));
    let mut places: Vec<Place<'_>> = places.take(MAX_CYCLE).collect();
    let round = (0..places.len()).find_map(|start| {
        let next = places[start + 1..].iter().position(|place| *place == places[start])?;
        Some(start..=start + next)
    });
    match round {
        Some(round) => places.drain(round).min(),
        None => raised_at(frames, scope),
    }
}

fn add_place(parts: &mut Parts, place: &Place<'_>) {
    parts.add(Part::Scope, place.scope.as_bytes());
    if let Name::Own(name) = &place.name {
        parts.add(Part::Function, name.as_bytes());
    }
}

/// Go words the same failed check of an index in many ways, which differ behind the bracket.
fn reason(value: &str) -> &str {
    match value.split_once("runtime error: ") {
        Some((_, rest)) => rest.split('[').next().unwrap_or(rest),
        None => value,
    }
}
