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

/// One entry of a report speaks of what was lost since the last one, some seconds ago.
const MAX_LOST: u64 = 1_000_000;

/// Events that a client lost before it sent them, by its reason. Of other items nothing would have been
/// kept, so their loss is none. A report that can't be read says nothing.
pub(crate) fn lost_events(report: &[u8]) -> Vec<(&'static str, usize)> {
    if report.len() > MAX_REPORT {
        return Vec::new();
    }
    let Ok(report) = json::parse(report) else { return Vec::new() };
    let entries = report.get("discarded_events").and_then(Value::as_array);
    entries.into_iter().flatten().filter_map(lost).collect()
}

fn lost(entry: &Value) -> Option<(&'static str, usize)> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    if !matches!(text("category"), None | Some("error" | "default" | "security")) {
        return None;
    }
    let quantity = entry.get("quantity").and_then(Value::as_u64)?.min(MAX_LOST);
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
        assert_eq!(lost_events(report), [("before_send", 2), ("other", 1_000_000)]);
        for nothing in ["", "[]", "{}", "{\"discarded_events\":{}}"] {
            assert_eq!(lost_events(nothing.as_bytes()), []);
        }
        assert_eq!(lost_events(&vec![b'['; MAX_REPORT + 1]), []);
    }
}
