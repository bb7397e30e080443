//! The labelled cases that all tests of this binary read.

use shared::fingerprint::{Grouping, Input, group};

/// One report with the error it belongs to.
pub(crate) struct Case<'a> {
    pub(crate) error: &'a str,
    pub(crate) variant: &'a str,
    pub(crate) message: &'a str,
    pub(crate) stack: &'a str,
}

impl Case<'_> {
    pub(crate) fn group(&self) -> Grouping {
        grouping_of(self.message, self.stack)
    }
}

/// The grouping of a report that came as text.
pub(crate) fn grouping_of(message: &str, stack: &str) -> Grouping {
    group(Input { message, stack_trace: (!stack.is_empty()).then_some(stack), ..Input::default() })
}

/// Mixed cases, and those of each language.
const FILES: [&str; 9] = [
    include_str!("corpus.txt"),
    include_str!("cases/dotnet.txt"),
    include_str!("cases/go.txt"),
    include_str!("cases/java.txt"),
    include_str!("cases/javascript.txt"),
    include_str!("cases/php.txt"),
    include_str!("cases/python.txt"),
    include_str!("cases/ruby.txt"),
    include_str!("cases/rust.txt"),
];

/// Cuts the corpus into its cases.
pub(crate) fn cases() -> Vec<Case<'static>> {
    FILES.iter().flat_map(|file| file.split("\n### ").skip(1)).map(read).collect()
}

/// Messages that came alone, those of one error together.
pub(crate) fn messages() -> Vec<Vec<&'static str>> {
    let text = include_str!("cases/messages.txt");
    let paragraphs = text.split("\n\n").skip(1);
    paragraphs.map(|paragraph| paragraph.lines().collect()).collect()
}

fn read(text: &str) -> Case<'_> {
    let (title, rest) = text.split_once('\n').expect("a title line");
    let (error, variant) = title.split_once(" / ").expect("an error and a variant");
    let rest = rest.strip_prefix("message: ").expect("a message");
    let (message, stack) = rest.split_once('\n').unwrap_or((rest, ""));
    Case { error, variant, message, stack: stack.trim_end() }
}
