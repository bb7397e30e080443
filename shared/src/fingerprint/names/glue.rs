//! Functions that compilers of JavaScript add to make asynchronous functions for older engines:
//! TypeScript's `__awaiter` and `__generator`, Babel's `_asyncToGenerator` and `regenerator`.
//!
//! Some have names that anybody may give. Those count only near one that nobody else has, in the same file,
//! or in the packages that hold them.

use crate::event::Frame;
use crate::stacktrace::in_app::path_of;
use crate::stacktrace::scan::split_at;

/// Names that nobody else gives.
const CERTAIN: [&str; 7] = [
    "__awaiter",
    "__generator",
    "__asyncGenerator",
    "__asyncDelegator",
    "_asyncToGenerator",
    "asyncGeneratorStep",
    "_regeneratorRuntime",
];
/// Methods of the language's own generators and of those that were made of them.
const OF_GENERATORS: [&str; 5] =
    ["Generator.invoke", "Generator.next", "Generator.throw", "Object.next", "Object.throw"];
/// Names that other functions may have, too.
const POSSIBLE: [&str; 9] =
    ["_next", "_throw", "adopt", "fulfilled", "rejected", "settle", "step", "tryCatch", "verb"];
/// How far apart the frames of two such functions stand at most.
const REACH: usize = 2;
/// Packages of nothing else.
const PACKAGES: [&str; 4] = ["/tslib/", "/tslib.", "/regenerator-runtime/", "/@babel/runtime/"];

/// Whether nobody else would give a function this name.
pub(super) fn is_certain(name: &str) -> bool {
    name.starts_with(['_', 'a']) && CERTAIN.contains(&name)
}

/// Whether the function of a frame is one of them, as the frames around it tell.
pub(super) fn is_glue(frames: &[Frame], at: usize) -> bool {
    let Some(name) = frames.get(at).and_then(possible) else {
        return false;
    };
    let path = path_of(&frames[at]);
    let mut around = frames.iter().take(at + REACH + 1).skip(at.saturating_sub(REACH));
    let is_other = |frame: &Frame| {
        let other = function_of(frame);
        // What the runtime itself has is in no file.
        let is_beside = path_of(frame) == path || path_of(frame).starts_with('<');
        other != name
            && (is_certain(other)
                || is_beside && (is_body(other) || OF_GENERATORS.contains(&other))
                || OF_GENERATORS.contains(&name) && POSSIBLE.contains(&other))
    };
    around.any(is_other) || PACKAGES.iter().any(|package| path.contains(package))
}

/// The name of a function that may be one of them.
fn possible(frame: &Frame) -> Option<&str> {
    let name = function_of(frame);
    let may_be =
        matches!(name.len(), 4..=16) && (POSSIBLE.contains(&name) || OF_GENERATORS.contains(&name));
    may_be.then_some(name)
}

/// The function without what it was called as: `Generator.invoke [as _invoke]`.
fn function_of(frame: &Frame) -> &str {
    let function = frame.function.as_deref().unwrap_or_default();
    split_at(function, b' ').map_or(function, |(function, _)| function)
}

/// `_callee3$`: the body of an asynchronous function, which its author wrote.
pub(super) fn is_body(name: &str) -> bool {
    let number = name.strip_prefix("_callee").and_then(|it| it.strip_suffix('$'));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which frames are glue.
    fn check(functions: &[&str], path: &str, expected: &[&str]) {
        let frames: Vec<Frame> = functions
            .iter()
            .map(|function| Frame {
                function: Some((*function).to_owned()),
                abs_path: Some(path.to_owned()),
                ..Frame::default()
            })
            .collect();
        let glue = (0..frames.len()).filter(|at| is_glue(&frames, *at));
        let glue: Vec<&str> = glue.map(|at| functions[at]).collect();
        assert_eq!(glue, expected);
    }

    #[test]
    fn ambiguous_names_count_beside_others() {
        check(&["run", "step", "Object.next", "load"], "/a.js", &["step", "Object.next"]);
        check(&["run", "Generator.next", "fulfilled"], "/a.js", &["Generator.next", "fulfilled"]);
        check(
            &["_callee2$", "tryCatch", "Generator.invoke [as _invoke]", "load"],
            "/a.js",
            &["tryCatch", "Generator.invoke [as _invoke]"],
        );
        check(&["asyncGeneratorStep", "_next", "load"], "/a.js", &["_next"]);
        check(&["run", "step"], "/a/node_modules/tslib/tslib.js", &["step"]);
    }

    #[test]
    fn functions_of_the_program_do_not() {
        check(&["step", "walk", "main"], "/a.js", &[]);
        check(&["adopt", "run", "run", "verb"], "/a.js", &[]);
        check(&["Walker.next", "step"], "/a.js", &[]);
        check(&["step", "step", "step"], "/a.js", &[]);
        check(&["tryCatch", "load"], "/a.js", &[]);
        check(&["settle", "fulfilled", "load"], "/a.js", &[]);
    }
}
