//! The table in `deploy/METRICS.md`, made from the one file that spells metrics and from the services
//! that use them.

use std::collections::BTreeSet;
use std::fmt::{self, Debug};
use std::fs;
use std::path::Path;

use deploy::services::Service;
use shared::telemetry::metrics::{Counter, Gauge, Histogram};

/// One metric.
struct Row {
    name: &'static str,
    kind: &'static str,
    services: Vec<Service>,
    meaning: String,
}

/// All metrics in the order of the code.
pub(super) struct Table(Vec<Row>);

/// A metric's place in the code.
struct Place<'a> {
    root: &'a Path,
    definitions: &'a str,
    kind: &'static str,
}

impl Table {
    /// Reads the sources below the root.
    pub(super) fn from_code(root: &Path) -> Self {
        let definitions = root.join("shared/src/telemetry/metrics.rs");
        let definitions = &fs::read_to_string(definitions).unwrap();
        let place = |kind| Place { root, definitions, kind };
        let counters = Counter::ALL.map(|metric| place("Counter").row(metric, metric.describe().0));
        let gauges = Gauge::ALL.map(|metric| place("Gauge").row(metric, metric.describe().0));
        let histograms =
            Histogram::ALL.map(|metric| place("Histogram").row(metric, metric.describe().0));
        Self(counters.into_iter().chain(gauges).chain(histograms).collect())
    }

    /// The metrics that a service may expose.
    pub(super) fn of(&self, service: Service) -> BTreeSet<String> {
        let rows = self.0.iter().filter(|row| row.services.contains(&service));
        rows.map(|row| row.name.to_owned()).collect()
    }
}

impl Place<'_> {
    fn row(&self, metric: impl Debug, name: &'static str) -> Row {
        let variant = format!("{metric:?}");
        let (root, kind) = (self.root, self.kind);
        let used = format!("{kind}::{variant},");
        let uses = |service: &Service| {
            let sources = sources(&root.join(service.name()).join("src"));
            sources.iter().any(|source| source.contains(&used))
        };
        let services: Vec<Service> = Service::ALL.into_iter().filter(uses).collect();
        assert!(!services.is_empty(), "{used} is used by no service");
        Row { name, kind, services, meaning: self.meaning(&variant) }
    }

    /// What the code says of a variant.
    fn meaning(&self, variant: &str) -> String {
        let body = self.definitions.split(&format!("pub enum {} {{", self.kind)).nth(1).unwrap();
        let mut lines = Vec::new();
        for line in body.lines().map(str::trim) {
            match line.strip_prefix("/// ") {
                Some(text) => lines.push(text),
                None if line == format!("{variant},") => return lines.join(" "),
                None => lines.clear(),
            }
        }
        panic!("{variant} stands nowhere")
    }
}

/// The text of every source file of a folder.
pub(super) fn sources(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts
}

const HEAD: &str = "\
# Metrics

Each service answers `GET /metrics` on its own port, without a key, in the text form of Prometheus; the edge
does not let it through. This table is made from the code (`shared/src/telemetry/metrics.rs`), and a test
compares it with what a running system exposes.

Every metric has the labels `outcome` and `reason` or one of them, empty where the table names no meaning;
their values come from enums, so their number is bounded whatever clients send. A metric appears with its
first value. Histograms of seconds have buckets from 0.5 ms to 60 s, that of events from 1 to 5,000.

What to make of them stands in `prometheus/rules` and `grafana/dashboards`.

";

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        f.write_str("| metric | kind | services | meaning |\n|---|---|---|---|\n")?;
        for Row { name, kind, services, meaning } in &self.0 {
            let services: Vec<&str> = services.iter().map(|service| service.name()).collect();
            let (kind, services) = (kind.to_lowercase(), services.join(", "));
            writeln!(f, "| `{name}` | {kind} | {services} | {meaning} |")?;
        }
        Ok(())
    }
}
