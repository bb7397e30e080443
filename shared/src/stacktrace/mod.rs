//! Reads the text of a stack trace into structured exceptions.
//!
//! The language is found from the text: each language has one file that recognises the line its
//! traces begin with and reads the rest. All readers go through the lines once. What a trace is wrapped in,
//! such as the JSON of a log line, is taken off before, in `wrapped`. Whether a frame is the program's own
//! is decided in `in_app`, and what SDKs say about it is mended in `mended`; what makes two traces the same
//! is not decided here.

pub(crate) mod dotnet;
mod gecko;
mod go;
pub(crate) mod in_app;
mod java;
mod mended;
mod php;
mod python;
mod ruby;
mod rust;
pub(crate) mod scan;
mod v8;
pub(crate) mod wrapped;

pub use mended::settle_in_app;

use crate::event::Exception;

/// Preambles longer than this are not traces.
const MAX_LINES_BEFORE_TRACE: usize = 200;

/// The exceptions of a stack trace text, outermost (last raised) first; `None` when no parser knows
/// the text, or none finds a type or a frame in it.
pub fn parse(text: &str) -> Option<Vec<Exception>> {
    let text = wrapped::unwrapped(scan::without_colours(text));
    let read = reader(&text)?;
    let mut chain = read(&text);
    chain.truncate(scan::MAX_EXCEPTIONS);
    // A line that looked like one of a trace, among others that did not.
    let says_nothing =
        matches!(chain.as_slice(), [only] if only.kind.is_none() && only.frames.is_empty());
    (!chain.is_empty() && !says_nothing).then_some(chain)
}

/// Reads the traces of the language that a text is written in, if it is any.
fn reader(text: &str) -> Option<Reader> {
    scan::lines(text).take(MAX_LINES_BEFORE_TRACE).find_map(reader_of)
}

type Reader = fn(&str) -> Vec<Exception>;

/// How a language is told from a line, and how its traces are read.
struct Language {
    recognises: fn(&str) -> bool,
    read: Reader,
}

/// Pairs the functions that every language's module has.
macro_rules! languages {
    ($($module:ident),+) => {
        [$(Language { recognises: $module::recognises, read: $module::parse }),+]
    };
}

/// The reader of the language that writes such a line, and no other language does. Those whose
/// frames look alike are asked in the order of how much they demand.
fn reader_of(line: &str) -> Option<Reader> {
    const LANGUAGES: [Language; 9] =
        languages![python, java, v8, dotnet, go, ruby, php, rust, gecko];
    let known = LANGUAGES.iter().find(|it| (it.recognises)(line));
    known.map(|language| language.read)
}
