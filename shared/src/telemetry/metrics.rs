//! Every metric of every service: name, meaning, unit and labels in one place.
//!
//! Labels come from enums only, so that their number is bounded whatever clients send.

#![expect(clippy::disallowed_macros, reason = "the one place that may spell a metric")]

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;

/// Counters. Each only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Events by how they left the service. Labels: `outcome`, `reason`.
    EventsTotal,
    /// Queue messages published and confirmed. Label `reason`: the queue.
    PublishedMessagesTotal,
    /// Queue messages written to the spool. Label `reason`: why the broker did not take them.
    SpooledMessagesTotal,
    /// Transactions that were tried again. Label `reason`: the class of failure.
    RetriesTotal,
    /// Reads answered from the cache, computed, or computed without it. Label `outcome`.
    CacheReadsTotal,
    /// Runs of background work. Labels: `outcome` (`done`, `failed`), `reason`: the work.
    UpkeepRunsTotal,
    /// Evaluations of the rules of a project. Label `outcome` (`done`, `failed`).
    EvaluationsTotal,
    /// Firings of rules. Label `outcome` (`fired`, `recovered`).
    FiringsTotal,
    /// Attempts to deliver notifications. Labels: `outcome` (`delivered`, `retried`, `failed`),
    /// `reason`: the channel.
    DeliveriesTotal,
    /// Clients of the live feed that the service disconnected. Labels: `outcome`: how they were connected,
    /// `reason`.
    LiveEndedTotal,
}

/// Gauges. Each shows the state now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gauge {
    /// Bytes of accepted messages waiting in the spool for the broker.
    SpoolBytes,
    /// Bytes of request bodies and events held in memory.
    MemoryHeldBytes,
    /// 1 while the broker confirms what is published.
    BrokerConnected,
    /// Messages ready in a queue. Label `reason`: the queue.
    QueueReadyMessages,
    /// Clients of the live feed. Label `reason`: how they are connected.
    LiveClients,
}

/// Histograms of durations (seconds) and sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Histogram {
    /// Time from the request's first byte to its answer, in seconds. Label `outcome`: status class.
    RequestDurationSeconds,
    /// Time from publishing a message to the broker's confirm, in seconds.
    ConfirmDurationSeconds,
    /// Time from an event's receipt to its commit, in seconds.
    LagSeconds,
    /// Duration of the worker's transaction, in seconds.
    PersistDurationSeconds,
    /// Events in one transaction of the worker.
    BatchEvents,
    /// Duration of a statement of the query API, in seconds.
    QueryDurationSeconds,
    /// Duration of an evaluation of a project's rules, in seconds.
    EvaluationDurationSeconds,
    /// Time from a notification to its arrival, in seconds. Label `outcome`: the channel.
    DeliveryDurationSeconds,
}

impl Counter {
    /// All counters.
    pub const ALL: [Self; 10] = [
        Self::EventsTotal,
        Self::PublishedMessagesTotal,
        Self::SpooledMessagesTotal,
        Self::RetriesTotal,
        Self::CacheReadsTotal,
        Self::UpkeepRunsTotal,
        Self::EvaluationsTotal,
        Self::FiringsTotal,
        Self::DeliveriesTotal,
        Self::LiveEndedTotal,
    ];

    /// Name and help text.
    pub fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::EventsTotal => ("errata_events_total", "Events by how they left the service"),
            Self::PublishedMessagesTotal => {
                ("errata_published_messages_total", "Queue messages confirmed by the broker")
            }
            Self::SpooledMessagesTotal => {
                ("errata_spooled_messages_total", "Queue messages written to the spool")
            }
            Self::RetriesTotal => ("errata_retries_total", "Transactions that were tried again"),
            Self::CacheReadsTotal => ("errata_cache_reads_total", "Reads by cache outcome"),
            Self::UpkeepRunsTotal => ("errata_upkeep_runs_total", "Runs of background work"),
            Self::EvaluationsTotal => {
                ("errata_evaluations_total", "Evaluations of the rules of a project")
            }
            Self::FiringsTotal => ("errata_firings_total", "Firings of rules that began or ended"),
            Self::DeliveriesTotal => {
                ("errata_deliveries_total", "Attempts to deliver notifications, by how they went")
            }
            Self::LiveEndedTotal => {
                ("errata_live_ended_total", "Clients of the live feed that were disconnected")
            }
        }
    }
}

impl Gauge {
    /// All gauges.
    pub const ALL: [Self; 5] = [
        Self::SpoolBytes,
        Self::MemoryHeldBytes,
        Self::BrokerConnected,
        Self::QueueReadyMessages,
        Self::LiveClients,
    ];

    /// Name and help text.
    pub fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::SpoolBytes => ("errata_spool_bytes", "Bytes waiting in the spool"),
            Self::MemoryHeldBytes => {
                ("errata_memory_held_bytes", "Bytes of bodies and events held in memory")
            }
            Self::BrokerConnected => {
                ("errata_broker_connected", "1 while the broker confirms what is published")
            }
            Self::QueueReadyMessages => {
                ("errata_queue_ready_messages", "Messages ready in a queue")
            }
            Self::LiveClients => ("errata_live_clients", "Clients of the live feed"),
        }
    }
}

impl Histogram {
    /// All histograms.
    pub const ALL: [Self; 8] = [
        Self::RequestDurationSeconds,
        Self::ConfirmDurationSeconds,
        Self::LagSeconds,
        Self::PersistDurationSeconds,
        Self::BatchEvents,
        Self::QueryDurationSeconds,
        Self::EvaluationDurationSeconds,
        Self::DeliveryDurationSeconds,
    ];

    /// Name and help text.
    pub fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::RequestDurationSeconds => {
                ("errata_request_duration_seconds", "Time from a request to its answer")
            }
            Self::ConfirmDurationSeconds => {
                ("errata_confirm_duration_seconds", "Time from publishing to the confirm")
            }
            Self::LagSeconds => {
                ("errata_lag_seconds", "Time from an event's receipt to its commit")
            }
            Self::PersistDurationSeconds => {
                ("errata_persist_duration_seconds", "Duration of the worker's transaction")
            }
            Self::BatchEvents => ("errata_batch_events", "Events in one transaction of the worker"),
            Self::QueryDurationSeconds => {
                ("errata_query_duration_seconds", "Duration of a statement of the query API")
            }
            Self::EvaluationDurationSeconds => {
                ("errata_evaluation_duration_seconds", "Duration of an evaluation of rules")
            }
            Self::DeliveryDurationSeconds => {
                ("errata_delivery_duration_seconds", "Time from a notification to its arrival")
            }
        }
    }
}

/// Adds to a counter without labels of its own.
pub fn count(counter: Counter, outcome: &'static str, reason: &'static str, amount: u64) {
    let (name, _) = counter.describe();
    metrics::counter!(name, "outcome" => outcome, "reason" => reason).increment(amount);
}

/// Sets a gauge.
#[expect(clippy::cast_precision_loss, reason = "gauges are floats in the exposition format")]
pub fn set(gauge: Gauge, reason: &'static str, value: u64) {
    let (name, _) = gauge.describe();
    metrics::gauge!(name, "reason" => reason).set(value as f64);
}

/// Records one observation.
pub fn observe(histogram: Histogram, outcome: &'static str, value: f64) {
    let (name, _) = histogram.describe();
    metrics::histogram!(name, "outcome" => outcome).record(value);
}

/// From half a millisecond, the fastest answer measured, to the longest wait that is allowed.
const DURATION_BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];
const SIZE_BUCKETS: [f64; 8] = [1.0, 10.0, 50.0, 100.0, 500.0, 1_000.0, 2_500.0, 5_000.0];

/// Installs the recorder and describes every metric.
pub(super) fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &DURATION_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_events".to_owned()), &SIZE_BUCKETS)?
        .install_recorder()?;
    for (name, help) in Counter::ALL.map(Counter::describe) {
        metrics::describe_counter!(name, help);
    }
    for (name, help) in Gauge::ALL.map(Gauge::describe) {
        metrics::describe_gauge!(name, help);
    }
    for (name, help) in Histogram::ALL.map(Histogram::describe) {
        metrics::describe_histogram!(name, help);
    }
    Ok(handle)
}

/// How often observations are folded into their buckets.
const FOLD_PERIOD: Duration = Duration::from_secs(5);

/// Folds observations into their buckets until the token is cancelled. Between two scrapes they
/// would otherwise pile up in memory, one by one.
pub async fn keep_folded(handle: PrometheusHandle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        handle.run_upkeep();
        tokio::select! {
            () = tokio::time::sleep(FOLD_PERIOD) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_follow_the_scheme() {
        let mut names: Vec<&str> = Counter::ALL.map(|metric| metric.describe().0).to_vec();
        assert!(names.iter().all(|name| name.ends_with("_total")));
        names.extend(Gauge::ALL.map(|metric| metric.describe().0));
        names.extend(Histogram::ALL.map(|metric| metric.describe().0));
        assert!(names.iter().all(|name| name.starts_with("errata_")));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
