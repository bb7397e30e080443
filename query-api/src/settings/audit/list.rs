//! `GET /api/settings/audit`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use shared::api::FieldErrorKind;
use shared::audit::Action;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::app::App;
use crate::call::Call;
use crate::db;
use crate::fields::QueryFields;
use crate::routes::Answer;
use crate::success;

/// Characters of an id or a kind of thing.
const MAX_TARGET: usize = 100;

/// What is asked for.
#[derive(Debug)]
struct Wanted {
    limit: i64,
    /// The last entry of the page before.
    cursor: Option<Uuid>,
    action: Option<Action>,
    target: Option<String>,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
struct Entry {
    id: Uuid,
    #[serde(with = "shared::time::json")]
    at: DateTime<Utc>,
    actor: ActorObject,
    action: String,
    target: TargetObject,
    changes: Value,
    request_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct ActorObject {
    key_id: Option<Uuid>,
    name: String,
    member: Option<MemberObject>,
}

#[derive(Debug, Serialize)]
struct MemberObject {
    id: Uuid,
    name: String,
}

#[derive(Debug, Serialize)]
struct TargetObject {
    kind: String,
    id: String,
    name: String,
}

/// `GET /api/settings/audit`: newest first.
pub(crate) async fn list(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let wanted = Wanted::read(&mut fields);
    fields.finish()?;
    let values: db::Params<'_> = &[
        &wanted.cursor,
        &wanted.action.map(Action::as_str),
        &wanted.target,
        &wanted.since,
        &wanted.until,
        &wanted.limit,
    ];
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sql = include_str!("sql/list.sql");
    let rows = db::query(&client, "read the audit log", sql, values).await.map_err(db::failure)?;
    let entries: Vec<Entry> = rows.iter().map(Entry::from).collect();
    // A page that is not full is the last one.
    let is_full = i64::try_from(entries.len()).is_ok_and(|count| count == wanted.limit);
    let next_cursor = entries.last().filter(|_| is_full).map(|entry| entry.id);
    Ok(success::ok(json!({"entries": entries, "next_cursor": next_cursor})))
}

impl Wanted {
    fn read(fields: &mut QueryFields<'_>) -> Self {
        Self {
            limit: fields.number("limit", 50, 1..=100),
            cursor: cursor(fields),
            action: fields.value("action", "must be an action such as api_key.created"),
            target: fields.text("target", MAX_TARGET).map(str::to_owned),
            since: fields.time("since"),
            until: fields.time("until"),
        }
    }
}

fn cursor(fields: &mut QueryFields<'_>) -> Option<Uuid> {
    let cursor = Uuid::try_parse(fields.text("cursor", MAX_TARGET)?);
    if cursor.is_err() {
        let message = "must be the next_cursor of an earlier answer";
        fields.problem(FieldErrorKind::Malformed, "cursor", message);
    }
    cursor.ok()
}

impl From<&Row> for Entry {
    fn from(row: &Row) -> Self {
        let member = row.get::<_, Option<Uuid>>("actor_member_id").map(|id| MemberObject {
            id,
            name: row.get::<_, Option<String>>("actor_member_name").unwrap_or_default(),
        });
        Self {
            id: row.get("id"),
            at: row.get("at"),
            actor: ActorObject {
                key_id: row.get("actor_key_id"),
                name: row.get("actor_name"),
                member,
            },
            action: row.get("action"),
            target: TargetObject {
                kind: row.get("target_kind"),
                id: row.get("target_id"),
                name: row.get("target_name"),
            },
            changes: row.get("changes"),
            request_id: row.get("request_id"),
        }
    }
}
