//! Pins every fingerprint: a difference here splits stored errors, so it needs a new version of the
//! function and an entry in the changelog.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::corpus::cases;

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

#[test]
fn variants_share_a_fingerprint_and_errors_do_not() {
    let mut by_error: BTreeMap<&str, (String, &str)> = BTreeMap::new();
    let mut by_fingerprint: BTreeMap<String, &str> = BTreeMap::new();
    for case in cases() {
        let fingerprint = case.group().fingerprint.to_string();
        let (first, variant) =
            by_error.entry(case.error).or_insert_with(|| (fingerprint.clone(), case.variant));
        assert_eq!(*first, fingerprint, "{}: {variant} against {}", case.error, case.variant);
        let holder = by_fingerprint.entry(fingerprint).or_insert(case.error);
        assert_eq!(*holder, case.error, "two errors with one fingerprint");
    }
}
