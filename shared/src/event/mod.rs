//! The canonical event: what every door decodes into, and what is stored as an event's payload.
//!
//! Fields are only ever added, each with `#[serde(default)]`, so that payloads stored by any earlier
//! version stay readable.

mod details;
mod exception;
mod level;
mod title;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use details::Details;
pub(crate) use exception::SUPPRESSED;
pub use exception::{Exception, Frame, Thread};
pub use level::{Level, UnknownLevel};
pub use title::title;

use crate::fingerprint;
use crate::ids::{EventId, ProjectId};

/// A JSON object from a client.
pub type Object = Map<String, Value>;

/// One report of a client, decoded, bounded and sanitised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The client's id, or one made at the receipt.
    pub event_id: EventId,
    /// The project whose key submitted it.
    pub project_id: ProjectId,
    /// When it happened, by the client's clock as far as that can be believed.
    pub timestamp: DateTime<Utc>,
    /// When ingest received it.
    pub received_at: DateTime<Utc>,
    /// How bad it is.
    pub level: Level,
    /// What the client said.
    pub message: String,
    /// Where it comes from, in the client's words (`frontend`, `backend`, …).
    pub source: String,
    /// The client's environment (`production`, `staging`, …).
    pub environment: String,
    /// The type of the exception, given or read from the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception_type: Option<String>,
    /// Whether the type was read from stack or message. What was read does not name the event: read again, it
    /// would.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub type_was_read: bool,
    /// The stack as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
    /// Exceptions in structured form, outermost (last raised) first; empty when only text came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// Function and module (or transaction) to look at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub culprit: Option<String>,
    /// Free data of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Object>,
    /// The URL that was being served or shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The version of the client's program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Whom it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Searchable labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The client's own grouping, which overrides ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_fingerprint: Option<Vec<String>>,
    /// `User-Agent` of the request that brought the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Address of the client that sent the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// Language or runtime of the client, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Host the client ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// What SDKs say besides. Most events have none of it, hence the box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<Details>>,
    /// What was changed about the event on its way in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl Event {
    /// What decides which error the event belongs to.
    pub fn grouping_input(&self) -> fingerprint::Input<'_> {
        let details = self.details.as_deref();
        let template = details.and_then(|details| details.message_template.as_deref());
        fingerprint::Input {
            client_fingerprint: self.client_fingerprint.as_deref(),
            exception_type: self.exception_type.as_deref().filter(|_| !self.type_was_read),
            // The same for every event of a statement, whatever its parameters were.
            message: template.unwrap_or(&self.message),
            exceptions: &self.exceptions,
            stack_trace: self.stack_trace.as_deref(),
        }
    }

    /// The event's [`title()`].
    pub fn title(&self) -> String {
        title(self.exception_type.as_deref(), &self.message)
    }
}

/// Whom an event happened to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The client's id of the user.
    #[serde(default)]
    pub id: Option<String>,
    /// Mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Login name.
    #[serde(default)]
    pub username: Option<String>,
    /// The user's address, which may differ from that of the request.
    #[serde(default)]
    pub ip_address: Option<String>,
}

/// Something ingest changed about an event, told to its reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Path of the field, such as `message` or `context.user`.
    pub field: String,
    /// What happened to it.
    pub change: Change,
}

/// The kinds of change that a [`Note`] tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Longer than its bound; the end was cut off.
    Truncated,
    /// More entries than allowed; the last ones were left out.
    Dropped,
    /// The time lay too far back or ahead; the receipt time stands in its place.
    ClockCorrected,
}
