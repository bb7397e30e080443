//! The kinds of items, and what clients report of what they lost.

use serde_json::Value;

use crate::decode::json;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Attachment,
    CheckIn,
    ClientReport,
    Event,
    Feedback,
    Log,
    Metrics,
    Profile,
    Replay,
    Security,
    Session,
    Span,
    Transaction,
    UserReport,
    /// A kind that is newer than this version.
    Other,
}

impl Kind {
    /// The kind of an item's `type`.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "attachment" => Self::Attachment,
            "check_in" => Self::CheckIn,
            "client_report" => Self::ClientReport,
            "event" => Self::Event,
            "feedback" => Self::Feedback,
            "log" | "otel_log" => Self::Log,
            "trace_metric" | "statsd" | "metric_buckets" | "metric_meta" => Self::Metrics,
            "profile" | "profile_chunk" => Self::Profile,
            "replay_event" | "replay_recording" | "replay_video" => Self::Replay,
            "security" | "raw_security" | "nel" => Self::Security,
            "session" | "sessions" => Self::Session,
            "span" | "otel_span" => Self::Span,
            "transaction" => Self::Transaction,
            "user_report" => Self::UserReport,
            _ => Self::Other,
        }
    }

    /// The name in metrics and in the ledger.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::CheckIn => "check_in",
            Self::ClientReport => "client_report",
            Self::Event => "event",
            Self::Feedback => "feedback",
            Self::Log => "log",
            Self::Metrics => "metrics",
            Self::Profile => "profile",
            Self::Replay => "replay",
            Self::Security => "security",
            Self::Session => "session",
            Self::Span => "span",
            Self::Transaction => "transaction",
            Self::UserReport => "user_report",
            Self::Other => "other",
        }
    }
}

/// A report of losses is small; a larger one was made to hurt.
const MAX_REPORT: usize = 100 * 1024;

/// Clients send one at a time, or a few that had to wait.
const MAX_REPORTS: usize = 10;

/// They speak of what was lost since the last ones, some seconds ago. More is no report but an attempt to
/// spoil the ledger, for which the public key of a DSN is enough.
const MAX_LOST: usize = 1_000_000;

/// Events that a client lost before it sent them, by its reason. Of other items nothing would have been
/// kept, so their loss is none. A report that can't be read says nothing.
pub(crate) fn lost_events<'a>(
    reports: impl Iterator<Item = &'a [u8]>,
) -> Vec<(&'static str, usize)> {
    let readable = reports.take(MAX_REPORTS).filter(|report| report.len() <= MAX_REPORT);
    let mut left = MAX_LOST;
    let mut lost = Vec::new();
    for report in readable.filter_map(|report| json::parse(report).ok()) {
        let entries = report.get("discarded_events").and_then(Value::as_array);
        for (reason, events) in entries.into_iter().flatten().filter_map(self::lost) {
            let events = events.min(left);
            left -= events;
            lost.push((reason, events));
        }
    }
    lost
}

fn lost(entry: &Value) -> Option<(&'static str, usize)> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    if !matches!(text("category"), None | Some("error" | "default" | "security")) {
        return None;
    }
    let quantity = entry.get("quantity").and_then(Value::as_u64)?;
    Some((reason(text("reason").unwrap_or_default()), usize::try_from(quantity).ok()?))
}

/// The reasons that SDKs have; what else they say is one more.
fn reason(text: &str) -> &'static str {
    const REASONS: [&str; 13] = [
        "backpressure",
        "before_send",
        "buffer_overflow",
        "cache_overflow",
        "event_processor",
        "ignored",
        "insufficient_data",
        "internal_sdk_error",
        "network_error",
        "queue_overflow",
        "ratelimit_backoff",
        "sample_rate",
        "send_error",
    ];
    REASONS.into_iter().find(|reason| *reason == text).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_of_events_are_counted_by_their_reason() {
        let report = br#"{"timestamp":1,"discarded_events":[
            {"reason":"before_send","category":"error","quantity":2},
            {"reason":"sample_rate","category":"transaction","quantity":9},
            {"reason":"made up","category":"default","quantity":99999999999},
            {"reason":"send_error","category":"error","quantity":-1}, null, 7]}"#;
        let run = |reports: &[&[u8]]| lost_events(reports.iter().copied());
        assert_eq!(run(&[report]), [("before_send", 2), ("other", MAX_LOST - 2)]);
        for nothing in ["", "[]", "{}", "{\"discarded_events\":{}}"] {
            assert_eq!(run(&[nothing.as_bytes()]), []);
        }
        assert_eq!(run(&[&vec![b'['; MAX_REPORT + 1]]), []);
        let many = run(&[&report[..]; 100]);
        assert_eq!(many.iter().map(|(_, events)| events).sum::<usize>(), MAX_LOST);
        assert_eq!(many.len(), 2 * MAX_REPORTS);
    }
}
