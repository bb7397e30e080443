//! `GET /api/alerts/firings`: each time a rule became true, and what was told of it.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::Client;
use serde::Serialize;
use serde_json::json;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{number, page};
use crate::app::App;
use crate::call::{Call, Reach};
use crate::db;
use crate::fields::QueryFields;
use crate::routes::Answer;
use crate::success;

/// Whether what a firing found is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Firing,
    Ended,
}

impl State {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Firing, Self::Ended];

    /// The word in questions and answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Ended => "ended",
        }
    }
}

/// What is asked for.
#[derive(Debug)]
struct Wanted {
    limit: i64,
    before: Uuid,
    rule_id: Option<Uuid>,
    error_id: Option<Uuid>,
    state: Option<State>,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

impl Wanted {
    fn read(fields: &mut QueryFields<'_>) -> Self {
        Self {
            limit: fields.number("limit", 50, 1..=100),
            before: page::cursor(fields),
            rule_id: fields.uuid("rule_id"),
            error_id: fields.uuid("error_id"),
            state: fields.word("state", &State::ALL, State::as_str),
            since: fields.time("since"),
            until: fields.time("until"),
        }
    }
}

/// Every field of a firing.
#[derive(Debug, Serialize)]
pub(super) struct FiringObject {
    id: Uuid,
    project_id: i32,
    rule_id: Uuid,
    rule_name: String,
    condition: String,
    severity: String,
    #[serde(with = "number")]
    threshold: f64,
    #[serde(with = "number")]
    value: f64,
    state: State,
    #[serde(with = "shared::time::json")]
    started_at: DateTime<Utc>,
    #[serde(with = "shared::time::json_option")]
    ended_at: Option<DateTime<Utc>>,
    end_reason: Option<String>,
    error_id: Option<Uuid>,
    #[serde(with = "shared::time::json")]
    window_end: DateTime<Utc>,
    muted: bool,
    incident_id: Option<Uuid>,
    deliveries: Vec<Told>,
}

/// Where something was told of a firing.
#[derive(Debug, Serialize)]
struct Told {
    delivery_id: Uuid,
    kind: String,
    channel: String,
    status: String,
}

impl From<&Row> for FiringObject {
    fn from(row: &Row) -> Self {
        let ended_at: Option<DateTime<Utc>> = row.get("ended_at");
        Self {
            id: row.get("firing_id"),
            project_id: row.get("project_id"),
            rule_id: row.get("rule_id"),
            rule_name: row.get("rule_name"),
            condition: row.get("condition"),
            severity: row.get("severity"),
            threshold: row.get("threshold"),
            value: row.get("value"),
            state: if ended_at.is_some() { State::Ended } else { State::Firing },
            started_at: row.get("started_at"),
            ended_at,
            end_reason: row.get("end_reason"),
            error_id: row.get("error_name"),
            window_end: row.get("window_end"),
            muted: row.get("muted"),
            incident_id: row.get("incident_id"),
            deliveries: Vec::new(),
        }
    }
}

/// `GET /api/alerts/firings`: newest first.
pub(crate) async fn list(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let wanted = Wanted::read(&mut fields);
    let reach = call.reach(&mut fields);
    fields.finish()?;
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let mut firings = read(&client, &reach?, &wanted).await.map_err(db::failure)?;
    let next_cursor = page::cut(&mut firings, wanted.limit).map(|last| last.id);
    add_what_was_told(&client, &mut firings).await.map_err(db::failure)?;
    Ok(success::ok(json!({
        "firings": firings, "limit": wanted.limit, "next_cursor": next_cursor,
    })))
}

/// One more than are wanted, if there are so many.
async fn read(
    client: &Client,
    reach: &Reach,
    wanted: &Wanted,
) -> Result<Vec<FiringObject>, DbError> {
    let sql = include_str!("sql/firings.sql");
    let rows = db::query_assembled(
        client,
        "list firings",
        sql,
        &[
            (&reach.ids(), Type::INT4_ARRAY),
            (&wanted.before, Type::UUID),
            (&wanted.rule_id, Type::UUID),
            (&wanted.error_id, Type::UUID),
            (&wanted.state.map(State::as_str), Type::TEXT),
            (&wanted.since, Type::TIMESTAMPTZ),
            (&wanted.until, Type::TIMESTAMPTZ),
            (&(wanted.limit + 1), Type::INT8),
        ],
    )
    .await?;
    Ok(rows.iter().map(FiringObject::from).collect())
}

/// The newest firings of an incident, with what was told of them.
pub(super) async fn of_incident(
    client: &Client,
    project: ProjectId,
    incident: Uuid,
    limit: i64,
) -> Result<Vec<FiringObject>, DbError> {
    let sql = include_str!("sql/firings_of_incident.sql");
    let values: db::Params<'_> = &[&project.0, &incident, &limit];
    let rows = db::query(client, "list the firings of an incident", sql, values).await?;
    let mut firings: Vec<FiringObject> = rows.iter().map(FiringObject::from).collect();
    add_what_was_told(client, &mut firings).await?;
    Ok(firings)
}

async fn add_what_was_told(client: &Client, firings: &mut [FiringObject]) -> Result<(), DbError> {
    let projects: Vec<i32> = firings.iter().map(|firing| firing.project_id).collect();
    let ids: Vec<Uuid> = firings.iter().map(|firing| firing.id).collect();
    let sql = include_str!("sql/told.sql");
    let rows = db::query(client, "read what was told", sql, &[&projects, &ids]).await?;
    let mut told: HashMap<Uuid, Vec<Told>> = HashMap::new();
    for row in rows {
        told.entry(row.get("firing_id")).or_default().push(Told {
            delivery_id: row.get("delivery_id"),
            kind: row.get("kind"),
            channel: row.get("channel"),
            status: row.get("status"),
        });
    }
    for firing in firings {
        firing.deliveries = told.remove(&firing.id).unwrap_or_default();
    }
    Ok(())
}
