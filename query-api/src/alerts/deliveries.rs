//! `GET /api/alerts/deliveries`: what was sent to whom, and what could not be.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::Client;
use serde::Serialize;
use serde_json::json;
use shared::integrations::Name;
use shared::postgres::DbError;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::page;
use crate::app::App;
use crate::call::{Call, Reach};
use crate::db;
use crate::fields::QueryFields;
use crate::routes::Answer;
use crate::success;

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Delivered,
    Failed,
}

impl Status {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// The word in questions, in answers and in Postgres.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// What is asked for.
#[derive(Debug)]
struct Wanted {
    limit: i64,
    before: Before,
    rule_id: Option<Uuid>,
    status: Option<Status>,
    channel: Option<Name>,
}

impl Wanted {
    fn read(fields: &mut QueryFields<'_>) -> Self {
        Self {
            limit: fields.number("limit", 50, 1..=100),
            before: Before::read(fields),
            rule_id: fields.uuid("rule_id"),
            status: fields.word("status", &Status::ALL, Status::as_str),
            channel: fields.word("channel", &Name::ALL, Name::as_str),
        }
    }
}

/// Where a page starts: before this delivery and, of the same, this channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Before {
    delivery_id: Uuid,
    /// None before the channels of this delivery.
    channel: Option<Name>,
}

impl Before {
    const START: Self = Self { delivery_id: Uuid::max(), channel: None };

    fn to_text(self) -> String {
        let channel = self.channel.map_or("", Name::as_str);
        format!("{}{channel}", self.delivery_id.simple())
    }

    fn parse(text: &str) -> Option<Self> {
        let (id, channel) = text.split_at_checked(uuid::fmt::Simple::LENGTH)?;
        let delivery_id = Uuid::try_parse(id).ok()?;
        Some(Self { delivery_id, channel: Some(channel.parse().ok()?) })
    }

    fn read(fields: &mut QueryFields<'_>) -> Self {
        let Some(text) = fields.text("cursor", 100) else {
            return Self::START;
        };
        Self::parse(text).unwrap_or_else(|| {
            page::bad_cursor(fields);
            Self::START
        })
    }
}

/// Every field of a delivery.
#[derive(Debug, Serialize)]
struct DeliveryObject {
    delivery_id: Uuid,
    project_id: i32,
    rule_id: Uuid,
    rule_name: String,
    firing_id: Option<Uuid>,
    title: String,
    kind: String,
    channel: String,
    status: String,
    attempts: i32,
    #[serde(with = "shared::time::json_option")]
    next_attempt_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
    #[serde(with = "shared::time::json")]
    created_at: DateTime<Utc>,
    #[serde(with = "shared::time::json_option")]
    finished_at: Option<DateTime<Utc>>,
}

impl From<&Row> for DeliveryObject {
    fn from(row: &Row) -> Self {
        let finished_at: Option<DateTime<Utc>> = row.get("finished_at");
        let text = |column| row.get::<_, Option<String>>(column).unwrap_or_default();
        Self {
            delivery_id: row.get("delivery_id"),
            project_id: row.get("project_id"),
            rule_id: row.get("rule_id"),
            rule_name: text("rule_name"),
            firing_id: row.get("firing_id"),
            title: text("title"),
            kind: row.get("kind"),
            channel: row.get("channel"),
            status: row.get("status"),
            attempts: row.get("attempts"),
            // What is finished is attempted no more.
            next_attempt_at: finished_at.is_none().then(|| row.get("next_attempt_at")),
            last_error: row.get("last_error"),
            created_at: row.get("created_at"),
            finished_at,
        }
    }
}

impl DeliveryObject {
    fn cursor(&self) -> String {
        let channel = self.channel.parse().ok();
        Before { delivery_id: self.delivery_id, channel }.to_text()
    }
}

/// `GET /api/alerts/deliveries`: newest first.
pub(crate) async fn list(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let wanted = Wanted::read(&mut fields);
    let reach = call.reach(&mut fields);
    fields.finish()?;
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let mut deliveries = read(&client, &reach?, &wanted).await.map_err(db::failure)?;
    let next_cursor = page::cut(&mut deliveries, wanted.limit).map(DeliveryObject::cursor);
    Ok(success::ok(json!({
        "deliveries": deliveries, "limit": wanted.limit, "next_cursor": next_cursor,
    })))
}

/// One more than are wanted, if there are so many.
async fn read(
    client: &Client,
    reach: &Reach,
    wanted: &Wanted,
) -> Result<Vec<DeliveryObject>, DbError> {
    let sql = include_str!("sql/deliveries.sql");
    let rows = db::query_assembled(
        client,
        "list deliveries",
        sql,
        &[
            (&reach.ids(), Type::INT4_ARRAY),
            (&wanted.before.delivery_id, Type::UUID),
            (&wanted.before.channel.map_or("", Name::as_str), Type::TEXT),
            (&wanted.rule_id, Type::UUID),
            (&wanted.status.map(Status::as_str), Type::TEXT),
            (&wanted.channel.map(Name::as_str), Type::TEXT),
            (&(wanted.limit + 1), Type::INT8),
        ],
    )
    .await?;
    Ok(rows.iter().map(DeliveryObject::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let before = Before { delivery_id: Uuid::from_u128(7), channel: Some(Name::Sms) };
        assert_eq!(Before::parse(&before.to_text()), Some(before));
        for text in ["", "é", &"0".repeat(32), &"z".repeat(35), &format!("{}pager", "0".repeat(32))]
        {
            assert_eq!(Before::parse(text), None, "{text}");
        }
    }
}
