//! What a client wants to hear.

use http::HeaderName;
use shared::api::{ApiError, FieldErrorKind};
use shared::generations::Scope;
use shared::ids::ProjectId;
use shared::live::{Audience, Kind, StreamId};
use uuid::Uuid;

use super::hub::Transport;
use super::websocket;
use crate::call::Call;
use crate::session::Session;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Which items a client wants, and from where on.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) key_id: Uuid,
    pub(super) session: Option<Session>,
    pub(super) audience: Audience,
    /// The projects of the audience now.
    pub(super) projects: Vec<ProjectId>,
    pub(super) kinds: Kinds,
    pub(super) resume: Resume,
    pub(super) transport: Transport,
}

/// Where a client begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resume {
    /// Now.
    Fresh,
    /// After what it saw last.
    After(StreamId),
    /// It was here before, and what it saw last is not known.
    Unknown,
}

/// The kinds of items that a client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kinds(Vec<Kind>);

impl From<[Kind; 4]> for Kinds {
    fn from(kinds: [Kind; 4]) -> Self {
        Self(kinds.to_vec())
    }
}

impl Kinds {
    /// Those who want errors are told that errors have changed nobody knows how.
    pub(super) fn want(&self, kind: Kind) -> bool {
        let kind = if kind == Kind::Refresh { Kind::Errors } else { kind };
        self.0.contains(&kind)
    }
}

impl Asked {
    /// Reads what a request asks for.
    pub(super) fn read(call: &Call) -> Result<Self, ApiError> {
        let mut fields = call.fields();
        let reach = call.reach(&mut fields);
        let allowed = "must be one or more of errors, firing, incident";
        let kinds = fields.values::<Kind>("types", allowed);
        if kinds.iter().flatten().any(|kind| *kind == Kind::Refresh) {
            fields.problem(FieldErrorKind::UnknownValue, "types", allowed);
        }
        let named = fields.value::<StreamId>("last_id", "must be the last_id of a message");
        fields.finish()?;
        let reach = reach?;
        let audience = match reach.scope {
            Scope::Project(project) => Audience::Project(project),
            Scope::Installation | Scope::Monitoring => Audience::All,
        };
        // A browser that comes back sends the header, beside a query that is as it was at first.
        let resume = match call.headers().get(LAST_EVENT_ID) {
            Some(header) => {
                let id = header.to_str().ok().and_then(|text| text.parse().ok());
                id.map_or(Resume::Unknown, Resume::After)
            }
            None => named.map_or(Resume::Fresh, Resume::After),
        };
        Ok(Self {
            key_id: call.key_id(),
            session: call.session(),
            audience,
            projects: reach.projects,
            kinds: kinds.map_or(Kind::ALL.into(), Kinds),
            resume,
            transport: websocket::transport(call),
        })
    }
}
