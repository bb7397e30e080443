//! One running query API.

use std::time::Duration;

use query_api::Config;
use shared::telemetry::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{ADMIN, Answer, Ask, PATIENCE};

/// A process's worth of query API, in this process.
pub(crate) struct Instance {
    address: String,
    stop: CancellationToken,
    running: JoinHandle<Result<(), query_api::RunError>>,
}

impl Instance {
    pub(super) async fn start(config: Config, metrics: PrometheusHandle) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stop = CancellationToken::new();
        let running =
            shared::lifecycle::spawn(query_api::run(config, listener, metrics, stop.clone()));
        let instance = Self { address, stop, running };
        instance.until_ready().await;
        instance
    }

    async fn until_ready(&self) {
        let ready = async {
            while self.get("/ready").send().await.status != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.expect("the service should become ready");
    }

    /// Tells it to stop and waits until it has.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.running).await;
        ended.expect("it should end in time").unwrap().unwrap();
    }

    /// Waits until `GET path` satisfies the condition, and answers it.
    pub(crate) async fn until(&self, path: &str, condition: impl Fn(&Answer) -> bool) -> Answer {
        self.until_with(ADMIN, path, condition).await
    }

    /// As [`Instance::until`], with another key.
    pub(crate) async fn until_with(
        &self,
        key: &str,
        path: &str,
        condition: impl Fn(&Answer) -> bool,
    ) -> Answer {
        let wait = async {
            loop {
                let answer = self.get(path).key(key).send().await;
                if condition(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the condition should come true")
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn get(&self, path: &str) -> Ask {
        self.ask("GET", path)
    }

    pub(crate) fn put(&self, path: &str) -> Ask {
        self.ask("PUT", path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask {
        self.ask("POST", path)
    }

    pub(crate) fn delete(&self, path: &str) -> Ask {
        self.ask("DELETE", path)
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        Ask::new(method, &format!("http://{}{path}", self.address))
    }

    /// How many statements were run for requests, by all instances of this process.
    pub(crate) async fn statements(&self) -> u64 {
        let answer = self.get("/metrics").send().await;
        let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
        let counts = text.lines().filter_map(|line| {
            let rest = line.strip_prefix("errata_query_duration_seconds_count{")?;
            rest.split_once("} ")?.1.parse::<u64>().ok()
        });
        counts.sum()
    }
}
