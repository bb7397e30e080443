//! Pins every fingerprint: a difference here splits stored errors, so it needs a new version of the
//! function and an entry in the changelog.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::corpus::{cases, grouping_of, messages};

#[test]
fn fingerprints_are_pinned() {
    let mut lines = String::new();
    for case in cases() {
        let grouping = case.group();
        let text = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
        writeln!(
            lines,
            "{} / {}\n    {} | {} | {}",
            case.error,
            case.variant,
            grouping.fingerprint,
            text(grouping.exception_type),
            text(grouping.culprit),
        )
        .expect("writing to a string");
    }
    insta::assert_snapshot!(lines);
}

/// All errors that are split and all that share a fingerprint, so that one run tells everything.
#[test]
fn variants_share_a_fingerprint_and_errors_do_not() {
    let mut faults = Vec::new();
    let mut by_error: BTreeMap<&str, (String, &str)> = BTreeMap::new();
    let mut by_fingerprint: BTreeMap<String, &str> = BTreeMap::new();
    for case in cases() {
        let fingerprint = case.group().fingerprint.to_string();
        let (first, variant) =
            by_error.entry(case.error).or_insert_with(|| (fingerprint.clone(), case.variant));
        if *first != fingerprint {
            faults.push(format!("{}: \"{variant}\" against \"{}\"", case.error, case.variant));
        }
        let holder = by_fingerprint.entry(fingerprint).or_insert(case.error);
        if *holder != case.error {
            faults.push(format!("{holder} and {} share a fingerprint", case.error));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn messages_of_one_error_share_a_fingerprint_and_others_do_not() {
    let mut faults = Vec::new();
    let mut by_fingerprint: BTreeMap<String, &str> = BTreeMap::new();
    for error in messages() {
        let fingerprint = |message| grouping_of(message, "").fingerprint.to_string();
        let first = error.first().copied().expect("a message");
        for message in &error {
            if fingerprint(message) != fingerprint(first) {
                faults.push(format!("apart: {first:?} and {message:?}"));
            }
        }
        let holder = by_fingerprint.entry(fingerprint(first)).or_insert(first);
        if *holder != first {
            faults.push(format!("together: {holder:?} and {first:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
