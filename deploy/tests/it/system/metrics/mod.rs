//! What the services measure, what is written about it, and what rules and dashboards make of it: three
//! lists that must not drift apart.

mod firing;
mod named;
mod scene;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use shared::telemetry::metrics::{Counter, Gauge, Histogram};

use self::named::{Named, names_in};
use self::table::Table;

/// The root of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every metric of the code.
fn metrics() -> BTreeSet<&'static str> {
    let all = Counter::ALL.map(|metric| metric.describe().0).into_iter();
    let all = all.chain(Gauge::ALL.map(|metric| metric.describe().0));
    all.chain(Histogram::ALL.map(|metric| metric.describe().0)).collect()
}

#[test]
fn the_table_of_metrics_is_made_from_the_code() {
    let made = Table::from_code(&root()).to_string();
    let written = root().join("deploy/METRICS.md");
    if fs::read_to_string(&written).unwrap_or_default() == made {
        return;
    }
    let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("METRICS.md");
    fs::write(&new, made).unwrap();
    panic!("deploy/METRICS.md is not up to date: cp {} {}", new.display(), written.display());
}

#[test]
fn rules_and_dashboards_name_what_the_code_knows() {
    let (metrics, recorded) = (metrics(), named::recorded(&root()));
    let values = named::texts_of_the_code(&root());
    for (file, text) in named::files(&root()) {
        let Named { measured, derived, values: asked } = names_in(&text);
        assert!(!measured.is_empty() || !derived.is_empty(), "{file} names nothing");
        for name in measured {
            assert!(metrics.contains(name.as_str()), "{file}: {name} is no metric");
        }
        for name in derived {
            assert!(recorded.contains(&name), "{file}: no rule records {name}");
        }
        for value in asked {
            assert!(values.contains(&value), "{file}: no label ever says {value:?}");
        }
    }
}

#[test]
fn every_alert_has_its_paragraph_and_its_tests() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (rules, runbook) = (read("deploy/prometheus/rules/alerts.yaml"), read("deploy/RUNBOOK.md"));
    let tests =
        read("deploy/prometheus/tests/alerts.yaml") + &read("deploy/prometheus/tests/budgets.yaml");
    let alerts: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(!alerts.is_empty());
    for alert in &alerts {
        let section =
            runbook.split("\n## ").find(|section| section.starts_with(&format!("{alert}\n")));
        let section = section.unwrap_or_else(|| panic!("the runbook says nothing of {alert}"));
        for part in ["**Symptom:**", "**Look at:**", "**Do:**"] {
            assert!(section.contains(part), "{alert}: {part} is missing");
        }
        let link = format!("runbook: deploy/RUNBOOK.md#{}\n", alert.to_lowercase());
        assert!(rules.contains(&link), "{alert} does not lead to its paragraph");
        assert!(tests.contains(alert), "{alert} has no test");
    }
    let sections = runbook.lines().filter_map(|line| line.strip_prefix("## Errata"));
    assert_eq!(sections.count(), alerts.len(), "the runbook speaks of alerts that are gone");
}

#[tokio::test]
async fn a_running_system_exposes_what_is_written_and_nothing_else() {
    let table = Table::from_code(&root());
    let exposed = scene::exposed().await;
    for (service, names) in &exposed.by_service {
        let written = table.of(*service);
        let unwritten: Vec<_> = names.difference(&written).collect();
        assert!(unwritten.is_empty(), "{service} exposes {unwritten:?} besides");
    }
    let all: BTreeSet<&str> = exposed.by_service.values().flatten().map(String::as_str).collect();
    assert_eq!(all, metrics());
    for (file, text) in named::files(&root()) {
        for bound in named::bounds_in(&text) {
            let label = format!("le=\"{bound}\"");
            assert!(exposed.text.contains(&label), "{file}: no bucket ends at {bound}");
        }
    }
}
