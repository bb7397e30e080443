//! Decides which events are the same error. Pure: no I/O, no clock, no configuration.

mod normalise;

use crate::event::Exception;
use crate::ids::Fingerprint;

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
    let mut text = Vec::new();
    normalise::normalise(input.message, &mut text);
    Grouping {
        fingerprint: Fingerprint(xxhash_rust::xxh3::xxh3_128(&text).to_be_bytes()),
        exception_type: input.exception_type.map(str::to_owned),
        culprit: None,
    }
}
