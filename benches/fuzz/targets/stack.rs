//! The text of a stack: it is read within its bounds, and naming it is a function of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::fingerprint::{Input, explain, group};
use shared::stacktrace;

fuzz_target!(|text: &str| {
    let input = Input { message: "it failed", stack_trace: Some(text), ..Input::default() };
    let first = group(input);
    assert_eq!(first, group(input), "the second look differs");
    assert!(!explain(input).is_empty(), "nothing decides");
    let Some(chain) = stacktrace::parse(text) else { return };
    assert!(!chain.is_empty() && chain.len() <= 32, "{} exceptions", chain.len());
    assert!(chain.iter().all(|exception| exception.frames.len() <= 512), "a stack without bound");
    // What was read as text is named like the same frames from an SDK.
    let told = Input { message: "it failed", exceptions: &chain, ..Input::default() };
    assert_eq!(first.fingerprint, group(told).fingerprint, "the doors differ");
});
