//! Messages as clients read them: JSON objects, each with its `type` and with `last_id`, the place from
//! which a client that has read it goes on.

use std::sync::OnceLock;

use bytes::Bytes;
use serde_json::{Value, json};
use shared::ids::ProjectId;
use shared::live::{StreamId, Told};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// One message, shared by all clients that get it.
#[derive(Debug)]
pub(super) struct Message {
    /// Where a client stands that has read it.
    pub(super) last_id: Option<StreamId>,
    kind: &'static str,
    text: Utf8Bytes,
    event: OnceLock<Bytes>,
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its queue is full.
    TooSlow,
    /// It takes nothing of what waits for it.
    Stalled,
    /// It answers no ping.
    Silent,
    /// Its key is no more, or may not read any more.
    KeyGone,
    /// The session that it was let in by is no more.
    SessionOver,
    /// Its project is no more.
    ProjectGone,
    /// The process ends.
    Bye,
}

impl End {
    /// The `type` of the message.
    fn kind(self) -> &'static str {
        match self {
            Self::TooSlow | Self::Stalled | Self::Silent => "dropped",
            Self::KeyGone | Self::SessionOver | Self::ProjectGone => "ended",
            Self::Bye => "bye",
        }
    }

    /// The `reason` in the message.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::TooSlow => "too slow",
            Self::Stalled => "not reading",
            Self::Silent => "no answer to a ping",
            Self::KeyGone => "the API key may no longer read",
            Self::SessionOver => "the session has ended",
            Self::ProjectGone => "the project was deleted",
            Self::Bye => "the service is shutting down; connect again",
        }
    }

    /// The reason as a label.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::TooSlow => "too_slow",
            Self::Stalled => "stalled",
            Self::Silent => "silent",
            Self::KeyGone => "key_gone",
            Self::SessionOver => "session_over",
            Self::ProjectGone => "project_gone",
            Self::Bye => "shutdown",
        }
    }

    /// How a WebSocket is closed.
    pub(super) fn close_code(self) -> CloseCode {
        match self {
            Self::TooSlow | Self::Stalled | Self::Silent => CloseCode::Again,
            Self::KeyGone | Self::SessionOver | Self::ProjectGone => CloseCode::Policy,
            Self::Bye => CloseCode::Away,
        }
    }
}

impl Message {
    /// The first one.
    pub(super) fn hello(last_id: Option<StreamId>, projects: &[ProjectId]) -> Self {
        let text = json!({"type": "hello", "last_id": id_text(last_id), "projects": projects});
        Self::new("hello", last_id, &text)
    }

    /// Something may have been missed; of one project, or of any.
    pub(super) fn refresh(last_id: Option<StreamId>, project: Option<ProjectId>) -> Self {
        let text = json!({"type": "refresh", "last_id": id_text(last_id), "project_id": project});
        Self::new("refresh", last_id, &text)
    }

    /// The last one.
    pub(super) fn end(last_id: Option<StreamId>, end: End) -> Self {
        let (kind, reason) = (end.kind(), end.reason());
        let text = json!({"type": kind, "last_id": id_text(last_id), "reason": reason});
        Self::new(kind, last_id, &text)
    }

    /// An item of the stream, if it is an object as it must be.
    pub(super) fn item(id: StreamId, told: &Told) -> Option<Self> {
        let fields = told.json.strip_prefix('{')?;
        let comma = if fields == "}" { "" } else { "," };
        let (kind, project) = (told.kind.as_str(), told.project);
        let text =
            format!(r#"{{"type":"{kind}","last_id":"{id}","project_id":{project}{comma}{fields}"#);
        Some(Self { last_id: Some(id), kind, text: text.into(), event: OnceLock::new() })
    }

    fn new(kind: &'static str, last_id: Option<StreamId>, text: &Value) -> Self {
        Self { last_id, kind, text: text.to_string().into(), event: OnceLock::new() }
    }

    /// The JSON.
    pub(super) fn text(&self) -> Utf8Bytes {
        self.text.clone()
    }

    /// The JSON as a server-sent event.
    pub(super) fn event(&self) -> Bytes {
        self.event
            .get_or_init(|| {
                let id = self.last_id.map(|id| format!("id: {id}\n")).unwrap_or_default();
                format!("{id}event: {}\ndata: {}\n\n", self.kind, self.text).into()
            })
            .clone()
    }

    /// Its bytes, for bounds.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }
}

fn id_text(id: Option<StreamId>) -> Value {
    id.map_or(Value::Null, |id| id.to_string().into())
}

#[cfg(test)]
mod tests {
    use shared::live::Kind;

    use super::*;

    #[track_caller]
    fn check(message: &Message, text: &str, id: &str) {
        let json: Value = serde_json::from_str(&message.text()).unwrap();
        assert_eq!(json, serde_json::from_str::<Value>(text).unwrap());
        let kind = json["type"].as_str().unwrap();
        let event = format!("{id}event: {kind}\ndata: {}\n\n", message.text());
        assert_eq!(message.event(), event);
    }

    #[test]
    fn a_message_says_what_it_is_and_where_one_stands_after_it() {
        let id = "7-1".parse().ok();
        let project = ProjectId(3);
        let hello = r#"{"type":"hello","last_id":"7-1","projects":[3]}"#;
        check(&Message::hello(id, &[project]), hello, "id: 7-1\n");
        let refresh = r#"{"type":"refresh","last_id":null,"project_id":null}"#;
        check(&Message::refresh(None, None), refresh, "");
        let bye = r#"{"type":"bye","last_id":"7-1",
                      "reason":"the service is shutting down; connect again"}"#;
        check(&Message::end(id, End::Bye), bye, "id: 7-1\n");
        let item = |kind, json: &str| {
            let told = Told { project, kind, json: json.to_owned() };
            Message::item("7-1".parse().unwrap(), &told)
        };
        let errors = r#"{"type":"errors","last_id":"7-1","project_id":3,"more":false}"#;
        check(&item(Kind::Errors, r#"{"more":false}"#).unwrap(), errors, "id: 7-1\n");
        let refresh = r#"{"type":"refresh","last_id":"7-1","project_id":3}"#;
        check(&item(Kind::Refresh, "{}").unwrap(), refresh, "id: 7-1\n");
        assert!(item(Kind::Errors, "[]").is_none());
    }
}
