//! Prometheus itself, with the rules as they are, over a running system to which something happens.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use deploy::services::Service;
use tempfile::TempDir;

use super::super::client::{Client, System};
use super::root;

/// The longest alert that is waited for holds for two minutes before it fires.
const PATIENCE: Duration = Duration::from_secs(240);

/// A Prometheus that scrapes the services of one system.
struct Prometheus {
    process: Child,
    client: Client,
    _folder: TempDir,
}

impl Prometheus {
    fn over(system: &System) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("prometheus.yml");
        fs::write(&settings, Self::settings(system)).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", settings.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Prometheus should start: make test-faults fetches it");
        Self { process, client: Client::new(format!("http://{address}")), _folder: folder }
    }

    /// As in `deploy/prometheus`, but for the places of the services and for looking every second.
    fn settings(system: &System) -> String {
        let rules = root().join("deploy/prometheus/rules").display().to_string();
        let mut settings = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
             rule_files: [\"{rules}/*.yaml\"]\n\
             scrape_configs:\n"
        );
        for service in Service::ALL {
            let url = system.services.url(service);
            let target = url.trim_start_matches("http://");
            settings.push_str(&format!(
                "  - {{job_name: errata-{service}, static_configs: [{{targets: [\"{target}\"]}}]}}\n"
            ));
        }
        settings
    }

    /// What fires now; nothing while Prometheus starts.
    async fn firing(&self) -> BTreeSet<String> {
        let answer = self.client.send(http::Method::GET, "/api/v1/alerts", &[], Vec::new()).await;
        let Ok(answer) = answer else { return BTreeSet::new() };
        let alerts = answer.body["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        firing.filter_map(|alert| Some(alert["labels"]["alertname"].as_str()?.to_owned())).collect()
    }

    /// Waits until what fires is as expected.
    async fn until(&self, what: &str, expected: impl Fn(&BTreeSet<String>) -> bool) {
        let waiting = async {
            while !expected(&self.firing().await) {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            panic!("{what}: {:?} fire instead", self.firing().await);
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[tokio::test]
#[ignore = "long, and needs Prometheus: make test-faults"]
async fn the_rules_fire_when_services_die_and_end_when_they_are_back() {
    const EXPECTED: [&str; 3] =
        ["ErrataWorkerDown", "ErrataIngestDown", "ErrataAcceptBudgetBurnsFast"];
    let mut system = System::start().await;
    let prometheus = Prometheus::over(&system);
    prometheus.until("a quiet start", BTreeSet::is_empty).await;
    system.services.kill(Service::Worker).await;
    system.services.kill(Service::Ingest).await;
    let all = |firing: &BTreeSet<String>| EXPECTED.iter().all(|alert| firing.contains(*alert));
    prometheus.until("services are gone", all).await;
    system.services.restart(Service::Worker).await.unwrap();
    system.services.restart(Service::Ingest).await.unwrap();
    // The budget's short window holds five minutes; the others end with their cause.
    let ended =
        |firing: &BTreeSet<String>| EXPECTED[..2].iter().all(|alert| !firing.contains(*alert));
    prometheus.until("services are back", ended).await;
    drop(prometheus);
    system.stop().await;
}
