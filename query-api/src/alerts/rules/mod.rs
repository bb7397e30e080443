//! `/api/alerts/rules`: when somebody is told, and of what.
//!
//! A rule belongs to one project. The `condition` is kept in its canonical form; `threshold` and
//! `time_window` always hold what is effective, whether the condition says it or leaves it open.

mod door;
mod fields;
mod firing_state;
mod view;

use std::sync::Arc;

use axum::response::IntoResponse as _;
use deadpool_postgres::{GenericClient, Transaction};
use http::StatusCode;
use serde_json::json;
use shared::api::{ApiError, Code};
use shared::ids::ProjectId;
use uuid::Uuid;

pub(crate) use self::fields::MAX_COOLDOWN;
pub(super) use self::fields::{span, whole_condition};
pub(crate) use self::view::State;

use self::fields::{Draft, Given};
use self::firing_state::Ending;
use self::view::{RuleObject, Settings};
use super::project_of;
use crate::app::App;
use crate::call::{Call, Caller, Reach};
use crate::db;
use crate::routes::Answer;
use crate::settings::audit::{self, Action, Changes, Target};
use crate::success;

/// Rules that a list holds, also where no limit is given.
const MAX_LISTED: i64 = 1_000;

/// Rules of one project. All of them are evaluated together.
const MAX_RULES: i64 = 10_000;

/// Far beyond all rules that there can be.
const MAX_OFFSET: i64 = 10_000_000;

/// `GET /api/alerts/rules`.
pub(crate) async fn list(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let limit = fields.number("limit", MAX_LISTED, 1..=MAX_LISTED);
    let offset = fields.number("offset", 0, 0..=MAX_OFFSET);
    let reach = call.reach(&mut fields);
    fields.finish()?;
    let projects = reach?.ids();
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let values: db::Params<'_> = &[&projects, &limit, &offset];
    let sql = include_str!("sql/list.sql");
    let rows = db::query(&client, "list rules", sql, values).await.map_err(db::failure)?;
    let rules: Vec<RuleObject> = rows.iter().map(RuleObject::from).collect();
    let total = count(&client, &projects).await?;
    Ok(success::ok(json!({"rules": rules, "total": total})))
}

async fn count(client: &impl GenericClient, projects: &[i32]) -> Result<i64, ApiError> {
    let sql = include_str!("sql/count.sql");
    let rows = db::query(client, "count rules", sql, &[&projects]).await.map_err(db::failure)?;
    Ok(rows.first().map_or(0, |row| row.get("rules")))
}

/// `POST /api/alerts/rules`.
pub(crate) async fn create(app: Arc<App>, call: Call) -> Answer {
    let (project, caller) = (project_of(&call.reach_alone()?), call.caller());
    let draft = Given::for_new(call.object().await?).draft()?;
    let rule = insert(&app, &caller, project, &draft).await?;
    Ok(success::created(rule))
}

async fn insert(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    draft: &Draft,
) -> Result<RuleObject, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin making a rule").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    door::enter(&tx, project, Some(draft.metric)).await?;
    if count(&tx, &[project.0]).await? >= MAX_RULES {
        let message = format!("The project has {MAX_RULES} rules already; delete some first");
        return Err(ApiError::new(Code::Conflict, message));
    }
    let id = Uuid::new_v4();
    write(&tx, (project, id), include_str!("sql/insert.sql"), &draft.settings).await?;
    let target = Target::new(id, &draft.settings.name);
    let changes = draft.settings.as_changes();
    audit::record(&tx, &actor, Action::RuleCreated, &target, changes).await?;
    let rule = find(&tx, &[project.0], id).await?;
    db::commit(tx, "commit making a rule").await.map_err(db::failure)?;
    Ok(rule)
}

/// `PUT /api/alerts/rules/{id}`: changes the fields that are given.
pub(crate) async fn update(app: Arc<App>, call: Call) -> Answer {
    let (id, reach, caller) = (call.id()?, call.reach_alone()?, call.caller());
    let given = Given::for_change(call.object().await?);
    let rule = store(&app, &caller, &reach, id, &given).await?;
    Ok(success::ok(rule))
}

async fn store(
    app: &App,
    caller: &Caller,
    reach: &Reach,
    id: Uuid,
    given: &Given,
) -> Result<RuleObject, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let found = find(&client, &reach.ids(), id).await?;
    let metric = given.applied_to(&found.settings)?.metric;
    let project = ProjectId(found.project_id);
    let tx = db::begin(&mut client, "begin changing a rule").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    door::enter(&tx, project, Some(metric)).await?;
    // Again, now that nobody else changes it.
    let before = find(&tx, &[project.0], id).await?;
    let after = given.applied_to(&before.settings)?.settings;
    if after == before.settings {
        // The transaction ends without a commit: nothing is evaluated anew.
        return Ok(before);
    }
    write(&tx, (project, id), include_str!("sql/update.sql"), &after).await?;
    let changes = after.changes_from(&before.settings);
    audit::record(&tx, &actor, Action::RuleUpdated, &Target::new(id, &after.name), changes).await?;
    let ending = Ending::of_change(&before.settings, &after);
    if let Some(ending) = ending {
        firing_state::end(&tx, &before, ending, &actor).await?;
    }
    let rule = find(&tx, &[project.0], id).await?;
    db::commit(tx, "commit changing a rule").await.map_err(db::failure)?;
    if ending.is_some() {
        app.live.changed(&[project]);
    }
    Ok(rule)
}

/// `DELETE /api/alerts/rules/{id}`.
pub(crate) async fn delete(app: Arc<App>, call: Call) -> Answer {
    let (id, reach, caller) = (call.id()?, call.reach_alone()?, call.caller());
    remove(&app, &caller, &reach, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn remove(app: &App, caller: &Caller, reach: &Reach, id: Uuid) -> Result<(), ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let project = ProjectId(find(&client, &reach.ids(), id).await?.project_id);
    let tx = db::begin(&mut client, "begin deleting a rule").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    door::enter(&tx, project, None).await?;
    let rule = find(&tx, &[project.0], id).await?;
    let sql = include_str!("sql/delete.sql");
    db::execute(&tx, "delete a rule", sql, &[&project.0, &id]).await.map_err(db::failure)?;
    firing_state::end(&tx, &rule, Ending::Deleted, &actor).await?;
    let target = Target::new(id, rule.settings.name);
    audit::record(&tx, &actor, Action::RuleDeleted, &target, Changes::new()).await?;
    db::commit(tx, "commit deleting a rule").await.map_err(db::failure)?;
    app.live.changed(&[project]);
    Ok(())
}

/// The rule, if one of the projects has it.
async fn find(
    client: &impl GenericClient,
    projects: &[i32],
    id: Uuid,
) -> Result<RuleObject, ApiError> {
    let sql = include_str!("sql/find.sql");
    let rows = db::query(client, "find a rule", sql, &[&projects, &id]).await;
    let rows = rows.map_err(db::failure)?;
    rows.first().map(RuleObject::from).ok_or_else(|| ApiError::not_found("rule", id))
}

/// Runs the statement that makes or changes a rule.
async fn write(
    tx: &Transaction<'_>,
    (project, id): (ProjectId, Uuid),
    sql: &'static str,
    settings: &Settings,
) -> Result<(), ApiError> {
    let values: db::Params<'_> = &[
        &project.0,
        &id,
        &settings.name,
        &settings.watch.condition,
        &settings.watch.threshold,
        &settings.watch.time_window,
        &settings.enabled,
        &settings.notifications,
        &settings.severity.as_str(),
        &settings.cooldown,
        &settings.muted_until,
        &settings.create_incident,
    ];
    db::execute(tx, "write a rule", sql, values).await.map(drop).map_err(db::failure)
}
