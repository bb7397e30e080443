//! A key as Postgres holds it and as clients see it: never with the key itself.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::audit::Changes;
use shared::rate_limit::KeyLimits;
use tokio_postgres::Row;
use uuid::Uuid;

/// Every field of a key.
#[derive(Debug, Clone, Serialize)]
pub(super) struct KeyObject {
    pub(super) id: Uuid,
    pub(super) name: String,
    key_preview: String,
    pub(super) permissions: Vec<String>,
    #[serde(with = "shared::time::json_option")]
    pub(super) expires_at: Option<DateTime<Utc>>,
    #[serde(with = "shared::time::json_option")]
    last_used: Option<DateTime<Utc>>,
    #[serde(with = "shared::time::json")]
    created_at: DateTime<Utc>,
    project_id: Option<i32>,
    pub(super) rate_limits: KeyLimits,
    pub(super) allowed_origins: Vec<String>,
}

/// A key that was just made, with what is shown this once and never in a log.
#[derive(Serialize)]
pub(super) struct NewKeyObject {
    #[serde(flatten)]
    pub(super) key: KeyObject,
    pub(super) api_key: String,
}

impl From<&Row> for KeyObject {
    fn from(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            name: row.get("name"),
            key_preview: row.get("key_preview"),
            permissions: row.get("permissions"),
            expires_at: row.get("expires_at"),
            last_used: row.get("last_used_at"),
            created_at: row.get("created_at"),
            project_id: row.get("project_id"),
            rate_limits: KeyLimits {
                errors: row.get("errors_per_minute"),
                analytics: row.get("analytics_per_minute"),
                general: row.get("general_per_minute"),
            },
            allowed_origins: row.get("allowed_origins"),
        }
    }
}

impl KeyObject {
    /// What makes `after` of this, as the audit log says it.
    pub(super) fn changes_to(&self, after: &Self) -> Changes {
        let time = |key: &Self| key.expires_at.map(shared::time::format);
        Changes::new()
            .field("name", &self.name, &after.name)
            .field("permissions", &self.permissions, &after.permissions)
            .field("expires_at", time(self), time(after))
            .field("rate_limits", self.rate_limits, after.rate_limits)
            .field("allowed_origins", &self.allowed_origins, &after.allowed_origins)
    }
}
