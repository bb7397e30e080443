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

/// Cuts the corpus into its cases.
pub(crate) fn cases() -> Vec<Case<'static>> {
    include_str!("corpus.txt").split("\n### ").skip(1).map(read).collect()
}

fn read(text: &str) -> Case<'_> {
    let (title, rest) = text.split_once('\n').expect("a title line");
    let (error, variant) = title.split_once(" / ").expect("an error and a variant");
    let rest = rest.strip_prefix("message: ").expect("a message");
    let (message, stack) = rest.split_once('\n').unwrap_or((rest, ""));
    Case { error, variant, message, stack: stack.trim_end() }
}
