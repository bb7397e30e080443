//! The quality of the grouping in the figures that tables of labelled reports are measured by.

use std::collections::BTreeMap;

use crate::corpus::{cases, grouping_of, messages};

/// The label of each report and the fingerprint it got.
fn labelled() -> Vec<(String, String)> {
    let stacks = cases()
        .into_iter()
        .map(|case| (case.error.to_owned(), case.group().fingerprint.to_string()));
    let alone = messages().into_iter().enumerate().flat_map(|(error, messages)| {
        let fingerprint = |message: &str| grouping_of(message, "").fingerprint.to_string();
        messages.into_iter().map(move |message| (format!("message {error}"), fingerprint(message)))
    });
    stacks.chain(alone).collect()
}

/// How many pairs are in the groups of these sizes.
fn pairs<K: Ord>(groups: impl Iterator<Item = K>) -> f64 {
    let mut sizes: BTreeMap<K, f64> = BTreeMap::new();
    for group in groups {
        *sizes.entry(group).or_default() += 1.0;
    }
    sizes.values().map(|size| size * (size - 1.0) / 2.0).sum()
}

#[test]
fn pairs_of_reports_are_told_together_and_apart() {
    let reports = labelled();
    let together = pairs(reports.iter().map(|(label, _)| label));
    let found = pairs(reports.iter().map(|(_, fingerprint)| fingerprint));
    let right = pairs(reports.iter());
    let (precision, recall) = (right / found, right / together);
    let f1 = 2.0 * precision * recall / (precision + recall);
    assert!(together > 250.0, "only {together} pairs");
    assert!(
        precision >= 0.99 && f1 >= 0.98,
        "precision {precision:.4}, recall {recall:.4}, F1 {f1:.4}"
    );
}
