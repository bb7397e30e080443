//! A project as clients see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::sanitise::Rules;
use tokio_postgres::Row;
use uuid::Uuid;

/// Every field of a project.
#[derive(Debug, Serialize)]
pub(super) struct ProjectObject {
    pub(super) id: i32,
    name: String,
    slug: String,
    dsn: String,
    #[serde(with = "shared::time::json")]
    created_at: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    updated_at: DateTime<Utc>,
    keep_ip_addresses: bool,
}

impl ProjectObject {
    /// From a row with all columns; the DSN stands under the public URL.
    pub(super) fn new(row: &Row, public_url: &str) -> Self {
        let id = row.get("id");
        Self {
            id,
            name: row.get("name"),
            slug: row.get("slug"),
            dsn: dsn(public_url, row.get("dsn_key"), id),
            created_at: row.get("created_at"),
            updated_at: row.get("updated_at"),
            keep_ip_addresses: row.get("keep_ip_addresses"),
        }
    }
}

/// A project with what may be long of it.
#[derive(Debug, Serialize)]
pub(super) struct ProjectDetails {
    #[serde(flatten)]
    project: ProjectObject,
    grouping_rules: String,
    discard_rules: String,
    sanitising_rules: Rules,
}

impl ProjectDetails {
    /// From a row with all columns.
    pub(super) fn new(row: &Row, public_url: &str) -> Self {
        Self {
            project: ProjectObject::new(row, public_url),
            grouping_rules: row.get("grouping_rules"),
            discard_rules: row.get("discard_rules"),
            sanitising_rules: sanitising_rules(row, "sanitising_rules"),
        }
    }
}

/// The rules of a column, in the one form that they have; what ingest can't read adds nothing there either.
pub(super) fn sanitising_rules(row: &Row, column: &str) -> Rules {
    serde_json::from_value(row.get(column)).unwrap_or_default()
}

/// `scheme://key@host[path]/id`, the key as 32 hex digits: SDKs insist on that and on a whole number.
fn dsn(public_url: &str, key: Uuid, id: i32) -> String {
    let (scheme, host) = public_url.split_once("://").unwrap_or(("http", public_url));
    format!("{scheme}://{}@{host}/{id}", key.simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_has_the_form_that_sdks_insist_on() {
        let key = Uuid::from_u128(0xab);
        let hex = "000000000000000000000000000000ab";
        assert_eq!(dsn("http://localhost:8080", key, 1), format!("http://{hex}@localhost:8080/1"));
        assert_eq!(
            dsn("https://a.example/errors", key, 7),
            format!("https://{hex}@a.example/errors/7")
        );
    }
}
