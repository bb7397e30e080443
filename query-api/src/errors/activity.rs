//! `GET /api/errors/{id}/activity`: what happened to an error, and who did it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use shared::api::{ApiError, FieldErrorKind};
use shared::postgres::DbError;
use tokio_postgres::Row;

use super::lookup::{self, Found};
use crate::app::App;
use crate::call::Call;
use crate::db;
use crate::fields::QueryFields;
use crate::routes::Answer;
use crate::success;

/// Activity, newest first.
#[derive(Debug, Serialize)]
struct Page {
    activity: Vec<Entry>,
    limit: i64,
    next_cursor: Option<String>,
}

/// Something that happened to the error.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(with = "shared::time::json")]
    at: DateTime<Utc>,
    kind: String,
    /// The member, or the key; null: nobody, or one that is no more.
    by: Option<String>,
    details: Value,
}

impl From<&Row> for Entry {
    fn from(row: &Row) -> Self {
        Self {
            at: row.get("at"),
            kind: row.get("kind"),
            by: row.get("done_by"),
            details: row.get("details"),
        }
    }
}

/// `GET /api/errors/{id}/activity`.
pub(crate) async fn activity(app: Arc<App>, call: Call) -> Answer {
    let name = call.error_id()?;
    let mut fields = call.fields();
    let limit = fields.number("limit", 50, 1..=100);
    let before = before(&mut fields);
    let reach = call.reach(&mut fields);
    fields.finish()?;
    let found = lookup::find_one(&app, &reach?, name).await?;
    let page: Result<Page, ApiError> = page(&app, found, before, limit).await.map_err(db::failure);
    Ok(success::ok(page?))
}

/// The number that all of the page come before.
fn before(fields: &mut QueryFields<'_>) -> i64 {
    let Some(text) = fields.text("cursor", 100) else {
        return i64::MAX;
    };
    text.parse().unwrap_or_else(|_| {
        let message = "must be the next_cursor of an earlier answer";
        fields.problem(FieldErrorKind::Malformed, "cursor", message);
        i64::MAX
    })
}

async fn page(app: &App, found: Found, before: i64, limit: i64) -> Result<Page, DbError> {
    let client = db::client(&app.pool).await?;
    let values: db::Params<'_> = &[&found.project.0, &found.error_id, &before, &(limit + 1)];
    let sql = include_str!("sql/activity.sql");
    let rows = db::query(&client, "list activity", sql, values).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let last = rows.get(wanted.saturating_sub(1)).filter(|_| rows.len() > wanted);
    let next_cursor = last.map(|last| last.get::<_, i64>("activity_id").to_string());
    let activity = rows.iter().take(wanted).map(Entry::from).collect();
    Ok(Page { activity, limit, next_cursor })
}
