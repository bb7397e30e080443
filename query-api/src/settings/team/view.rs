//! A member as clients see one.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::Row;
use uuid::Uuid;

use super::role::Role;

/// Whether a member has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Has a key of their own.
    Active,
    /// Has not accepted yet.
    Invited,
}

/// Every field of a member.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MemberObject {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(super) status: Status,
    #[serde(with = "shared::time::json_option")]
    last_active: Option<DateTime<Utc>>,
    #[serde(with = "shared::time::json")]
    created_at: DateTime<Utc>,
    key_preview: Option<String>,
    #[serde(with = "shared::time::json_option")]
    invite_expires_at: Option<DateTime<Utc>>,
}

/// Somebody who was just invited, with what is shown this once and never in a log.
#[derive(Serialize)]
pub(super) struct InvitedObject {
    #[serde(flatten)]
    pub(super) member: MemberObject,
    pub(super) invite_url: String,
}

/// Somebody who just accepted, with what is shown this once and never in a log.
#[derive(Serialize)]
pub(super) struct JoinedObject {
    #[serde(flatten)]
    pub(super) member: MemberObject,
    pub(super) api_key: String,
}

impl From<&Row> for MemberObject {
    fn from(row: &Row) -> Self {
        let invite_expires_at: Option<DateTime<Utc>> = row.get("invite_expires_at");
        Self {
            id: row.get("id"),
            name: row.get("name"),
            email: row.get("email"),
            role: role(row),
            status: if invite_expires_at.is_some() { Status::Invited } else { Status::Active },
            last_active: row.get("last_used_at"),
            created_at: row.get("created_at"),
            key_preview: row.get("key_preview"),
            invite_expires_at,
        }
    }
}

/// The role of a row. The column allows no other names; one of a later version reads only, here.
pub(super) fn role(row: &Row) -> Role {
    row.get::<_, &str>("role").parse().unwrap_or(Role::Viewer)
}
