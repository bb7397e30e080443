//! Which metrics, labels and bounds the rules and dashboards name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::table::sources;

/// What one file names.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Metrics of the services, without the endings that a histogram's series have.
    pub(super) measured: BTreeSet<String>,
    /// Results of recording rules.
    pub(super) derived: BTreeSet<String>,
    /// Values of the labels `outcome` and `reason` that are asked for.
    pub(super) values: BTreeSet<String>,
}

/// Path and text of the files with expressions, dashboards without the quoting of JSON.
pub(super) fn files(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in ["deploy/prometheus/rules", "deploy/grafana/dashboards"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap().replace("\\\"", "\"");
            files.push((path.display().to_string(), text));
        }
    }
    assert!(files.len() >= 7, "{files:?}");
    files
}

/// The names of all recording rules.
pub(super) fn recorded(root: &Path) -> BTreeSet<String> {
    let rules: String = files(root).into_iter().map(|(_, text)| text).collect();
    let lines = rules.lines().filter_map(|line| line.trim().strip_prefix("- record: "));
    lines.map(str::to_owned).collect()
}

/// Reads the names out of a text.
pub(super) fn names_in(text: &str) -> Named {
    let mut named = Named::default();
    let is_part = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
    for word in text.split(|character| !is_part(character)) {
        if word.starts_with("errata:") {
            named.derived.insert(word.to_owned());
        } else if word.starts_with("errata_") {
            let endings = ["_bucket", "_sum", "_count"];
            let base = endings.into_iter().find_map(|ending| word.strip_suffix(ending));
            named.measured.insert(base.unwrap_or(word).to_owned());
        }
    }
    for operator in ["outcome=", "outcome=~", "outcome!=", "reason=", "reason=~", "reason!="] {
        let values = quoted_after(text, operator);
        named.values.extend(values.flat_map(|value| value.split('|')).map(str::to_owned));
    }
    named
}

/// The bounds of buckets that are asked for.
pub(super) fn bounds_in(text: &str) -> Vec<&str> {
    quoted_after(text, "le=").collect()
}

/// What stands in quotes behind every occurrence of a label with its operator.
fn quoted_after<'a>(text: &'a str, label: &str) -> impl Iterator<Item = &'a str> {
    let pieces = text.split(&format!("{label}\"")).skip(1).collect::<Vec<_>>();
    pieces.into_iter().filter_map(|piece| piece.split('"').next())
}

/// Every text in quotes of the services' code, where the values of labels stand.
pub(super) fn texts_of_the_code(root: &Path) -> BTreeSet<String> {
    let crates = ["ingest/src", "worker/src", "query-api/src", "shared/src"];
    let texts = crates.into_iter().flat_map(|folder| sources(&root.join(folder)));
    texts.flat_map(|text| text.split('"').map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn names_are_read_out_of_expressions() {
    let named = names_in(
        r#"rate(errata_a_seconds_bucket{outcome=~"x|y", le="0.1"}[5m]) > errata:b:c and errata_d{reason="z"}"#,
    );
    assert_eq!(named.measured.into_iter().collect::<Vec<_>>(), ["errata_a_seconds", "errata_d"]);
    assert_eq!(named.derived.into_iter().collect::<Vec<_>>(), ["errata:b:c"]);
    assert_eq!(named.values.into_iter().collect::<Vec<_>>(), ["x", "y", "z"]);
}
