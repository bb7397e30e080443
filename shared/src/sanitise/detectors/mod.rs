//! Finds secrets by their shape, each kind in a module of its own.
//!
//! Every detector is asked about one place of a text, where a word or number begins, and answers
//! with the place where the secret ends. All run in time linear in the text: what a failed look
//! reads is bounded, or is not read again.

pub(super) mod base64;
pub(super) mod bearer;
pub(super) mod card;
pub(super) mod iban;
pub(super) mod jwt;
pub(super) mod pem;
pub(super) mod service;
pub(super) mod url;

/// The byte at `at`, or 0 beyond the end.
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or_default()
}

/// The byte before `at`, or 0 at the beginning.
pub(super) fn byte_before(bytes: &[u8], at: usize) -> u8 {
    at.checked_sub(1).map_or(0, |before| byte(bytes, before))
}

/// What stands at `at` and after.
pub(super) fn rest(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

/// Where the run of bytes ends that begins at `at` and passes `test`.
pub(super) fn run_end(bytes: &[u8], at: usize, test: impl Fn(u8) -> bool) -> usize {
    let length = rest(bytes, at).iter().position(|byte| !test(*byte));
    length.map_or(bytes.len(), |length| at + length)
}
