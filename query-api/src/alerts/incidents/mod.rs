//! `/api/alerts/incidents`: what people work on, opened by a rule or by hand, and its history.
//!
//! Every change writes a line of the history in its own transaction, so there is no entry of the audit
//! log besides.

mod fields;
mod view;

use std::sync::Arc;

use deadpool_postgres::{Client, GenericClient, Transaction};
use serde_json::{Value, json};
use shared::api::{ApiError, Code};
use shared::channels::Severity;
use shared::ids::ProjectId;
use shared::live::{self, IncidentChange};
use shared::postgres::DbError;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

pub(crate) use self::fields::MAX_DESCRIPTION;
pub(crate) use self::view::Status;

use self::fields::Given;
use self::view::{DetailedIncident, HistoryEntry, IncidentObject, Settings};
use super::{firings, name_of, page, project_of, severity};
use crate::app::App;
use crate::call::{Call, Caller, Reach};
use crate::db;
use crate::projects;
use crate::routes::Answer;
use crate::settings::audit::{self, Actor};
use crate::success;

/// Incidents that a list holds, also where no limit is given.
const MAX_LISTED: i64 = 1_000;

/// Lines of history that are shown with an incident.
const MAX_HISTORY: i64 = 500;

/// Firings that are shown with an incident.
const MAX_FIRINGS: i64 = 100;

/// Tells whoever listens that an incident has changed, after the commit that changed it.
fn tell(app: &App, incident: &IncidentObject, change: IncidentChange) {
    let IncidentObject { id, settings, .. } = incident;
    let told = live::Incident {
        id: *id,
        title: settings.title.clone(),
        severity: settings.severity.as_str().to_owned(),
        status: settings.status.as_str().to_owned(),
        change,
    };
    app.live.incident_changed(ProjectId(incident.project_id), told);
}

/// `GET /api/alerts/incidents`: newest first.
pub(crate) async fn list(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let limit = fields.number("limit", MAX_LISTED, 1..=MAX_LISTED);
    let before = page::cursor(&mut fields);
    let statuses = fields.words("status", &Status::ALL, Status::as_str);
    let severities = fields.words("severity", &severity::ALL, Severity::as_str);
    let reach = call.reach(&mut fields);
    fields.finish()?;
    let statuses = texts(statuses, Status::as_str);
    let severities = texts(severities, Severity::as_str);
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let values: db::Params<'_> = &[&reach?.ids(), &before, &statuses, &severities, &(limit + 1)];
    let sql = include_str!("sql/list.sql");
    let rows = db::query(&client, "list incidents", sql, values).await.map_err(db::failure)?;
    let mut incidents: Vec<IncidentObject> = rows.iter().map(IncidentObject::from).collect();
    let next_cursor = page::cut(&mut incidents, limit).map(|last| last.id);
    Ok(success::ok(json!({
        "incidents": incidents, "limit": limit, "next_cursor": next_cursor,
    })))
}

/// The words as Postgres takes them.
fn texts<T>(words: Option<Vec<T>>, as_str: fn(T) -> &'static str) -> Option<Vec<&'static str>> {
    words.map(|words| words.into_iter().map(as_str).collect())
}

/// `GET /api/alerts/incidents/{id}`.
pub(crate) async fn get(app: Arc<App>, call: Call) -> Answer {
    let (id, reach) = (call.id()?, call.reach_alone()?);
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let incident = find(&client, &reach, id).await?;
    Ok(success::ok(detailed(&client, incident).await.map_err(db::failure)?))
}

async fn find(
    client: &impl GenericClient,
    reach: &Reach,
    id: Uuid,
) -> Result<IncidentObject, ApiError> {
    let sql = include_str!("sql/find.sql");
    let rows = db::query(client, "find an incident", sql, &[&reach.ids(), &id]).await;
    first(&rows.map_err(db::failure)?, id)
}

fn first(rows: &[Row], id: Uuid) -> Result<IncidentObject, ApiError> {
    rows.first().map(IncidentObject::from).ok_or_else(|| ApiError::not_found("incident", id))
}

async fn detailed(client: &Client, incident: IncidentObject) -> Result<DetailedIncident, DbError> {
    let project = ProjectId(incident.project_id);
    let values: db::Params<'_> = &[&project.0, &incident.id, &MAX_HISTORY];
    let sql = include_str!("sql/history.sql");
    let rows = db::query(client, "read the history of an incident", sql, values).await?;
    let firings = firings::of_incident(client, project, incident.id, MAX_FIRINGS).await?;
    Ok(DetailedIncident {
        incident,
        history: rows.iter().map(HistoryEntry::from).collect(),
        firings,
    })
}

/// `POST /api/alerts/incidents`.
pub(crate) async fn create(app: Arc<App>, call: Call) -> Answer {
    let (project, caller) = (project_of(&call.reach_alone()?), call.caller());
    let settings = Given::for_new(call.object().await?)?;
    let incident = open(&app, &caller, project, &settings).await?;
    tell(&app, &incident, IncidentChange::Opened);
    Ok(success::created(incident))
}

async fn open(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    settings: &Settings,
) -> Result<IncidentObject, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin opening an incident").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    projects::lock(&tx, project).await?;
    let id = Uuid::now_v7();
    let written = write(&tx, (project, id), include_str!("sql/insert.sql"), settings).await;
    let incident = first(&written.map_err(db::failure)?, id)?;
    note(&tx, &incident, "opened", &actor, json!({})).await?;
    db::commit(tx, "commit opening an incident").await.map_err(db::failure)?;
    Ok(incident)
}

/// `PUT /api/alerts/incidents/{id}`: changes the fields that are given.
pub(crate) async fn update(app: Arc<App>, call: Call) -> Answer {
    let (id, reach, caller) = (call.id()?, call.reach_alone()?, call.caller());
    let given = Given::for_change(call.object().await?)?;
    let incident = store(&app, &caller, &reach, id, given).await?;
    Ok(success::ok(incident))
}

async fn store(
    app: &App,
    caller: &Caller,
    reach: &Reach,
    id: Uuid,
    given: Given,
) -> Result<IncidentObject, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let project = ProjectId(find(&client, reach, id).await?.project_id);
    let tx = db::begin(&mut client, "begin changing an incident").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    projects::lock(&tx, project).await?;
    let sql = include_str!("sql/lock.sql");
    let rows = db::query(&tx, "lock an incident", sql, &[&project.0, &id]).await;
    let before = first(&rows.map_err(db::failure)?, id)?;
    let after = given.applied_to(&before.settings);
    let changes = after.changes_from(&before.settings);
    if changes.is_empty() {
        return Ok(before);
    }
    let written = write(&tx, (project, id), include_str!("sql/update.sql"), &after).await;
    let incident = first(&written.map_err(unless_another_is_open)?, id)?;
    let (kind, change) = if after.resolves(&before.settings) {
        ("resolved", IncidentChange::Resolved)
    } else {
        ("changed", IncidentChange::Changed)
    };
    note(&tx, &incident, kind, &actor, changes.into_json()).await?;
    db::commit(tx, "commit changing an incident").await.map_err(db::failure)?;
    tell(app, &incident, change);
    Ok(incident)
}

/// Runs the statement that makes or changes an incident.
async fn write(
    tx: &Transaction<'_>,
    (project, id): (ProjectId, Uuid),
    sql: &'static str,
    settings: &Settings,
) -> Result<Vec<Row>, DbError> {
    let values: db::Params<'_> = &[
        &project.0,
        &id,
        &settings.title,
        &settings.severity.as_str(),
        &settings.status.as_str(),
        &settings.description,
        &settings.assigned_to,
    ];
    db::query(tx, "write an incident", sql, values).await
}

/// A rule adds to one incident at a time, which Postgres sees to.
fn unless_another_is_open(error: DbError) -> ApiError {
    if let DbError::Statement { source, .. } = &error
        && source.code() == Some(&SqlState::UNIQUE_VIOLATION)
    {
        let message = "The rule has opened another incident since; resolve that one first";
        return ApiError::new(Code::Conflict, message);
    }
    db::failure(error)
}

/// Writes a line of history, which is there when the transaction commits.
async fn note(
    tx: &Transaction<'_>,
    incident: &IncidentObject,
    kind: &'static str,
    actor: &Actor,
    details: Value,
) -> Result<(), ApiError> {
    let values: db::Params<'_> =
        &[&incident.project_id, &incident.id, &kind, &name_of(actor), &details];
    let sql = include_str!("sql/note.sql");
    db::execute(tx, "note a change of an incident", sql, values)
        .await
        .map(drop)
        .map_err(db::failure)
}
