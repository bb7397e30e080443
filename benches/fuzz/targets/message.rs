//! A message: what is written for it has a bound, white space around it says nothing, and a message that
//! is written twice reads twice the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::fingerprint::{Input, explain, group};

fuzz_target!(|text: &str| {
    let input = Input { message: text, ..Input::default() };
    let parts = explain(input);
    let written: usize = parts.iter().map(|part| part.value.len()).sum();
    // A placeholder is longer than the shortest value it stands for, and a lone byte becomes three.
    assert!(written <= 6 * text.len() + 64, "{written} bytes of {}", text.len());
    if text.contains('\n') || text.len() > 4000 {
        return;
    }
    let spaced = format!("  {text} ");
    let spaced = group(Input { message: &spaced, ..Input::default() });
    assert_eq!(group(input).fingerprint, spaced.fingerprint, "white space decides");
});
