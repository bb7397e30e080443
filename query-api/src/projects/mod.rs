//! `/api/projects`: what projects there are, and the DSN that SDKs submit to.

mod preview;
mod rules;
mod sanitising;
mod slug;
mod view;

use std::sync::Arc;

use axum::response::IntoResponse as _;
use deadpool_postgres::{GenericClient as _, Transaction};
use http::StatusCode;
use serde_json::json;
use shared::api::{ApiError, Code};
use shared::fingerprint::rules::List;
use shared::ids::ProjectId;
use shared::postgres::DbError;
use shared::{project_lock, revisions, sanitise};
use tokio_postgres::Row;

pub(crate) use self::preview::preview;
pub(crate) use self::sanitising::preview as preview_sanitising;

use self::view::{ProjectDetails, ProjectObject};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::{Call, Caller};
use crate::db;
use crate::routes::Answer;
use crate::settings::audit::{self, Action, Changes, Target};
use crate::success;

/// Characters of a name; the column's constraint.
const MAX_NAME: usize = 200;

/// The project that requests without one go to. It can't be deleted.
pub(crate) const FIRST: ProjectId = ProjectId(1);

/// Attempts to find a free slug while others take them.
const SLUG_ATTEMPTS: usize = 5;

/// `GET /api/projects`.
pub(crate) async fn list(app: Arc<App>, _call: Call) -> Answer {
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sql = include_str!("sql/list.sql");
    let rows = db::query(&client, "list projects", sql, &[]).await.map_err(db::failure)?;
    let projects: Vec<ProjectObject> =
        rows.iter().map(|row| ProjectObject::new(row, &app.public_url)).collect();
    Ok(success::ok(json!({"projects": projects})))
}

/// `POST /api/projects`.
pub(crate) async fn create(app: Arc<App>, call: Call) -> Answer {
    let caller = call.caller();
    let mut body = BodyFields::new(call.object().await?);
    let name = body.required("name", |body| body.text("name", MAX_NAME));
    let keep_ip_addresses = body.boolean("keep_ip_addresses").unwrap_or(true);
    body.finish()?;
    // It is there: what is missing is a problem, and problems end above.
    let name = name.unwrap_or_default();
    let created = insert(&app, &caller, &name, keep_ip_addresses).await?;
    take_effect(&app, ProjectId(created.id)).await;
    Ok(success::created(created))
}

async fn insert(
    app: &App,
    caller: &Caller,
    name: &str,
    keep_ip_addresses: bool,
) -> Result<ProjectObject, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin making a project").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    let row = insert_row(&tx, name, keep_ip_addresses).await.map_err(db::failure)?;
    let row = row.ok_or_else(|| {
        ApiError::new(Code::Conflict, "Others are making projects of this name; try again")
    })?;
    let target = Target::new(row.get::<_, i32>("id"), name);
    let changes = Changes::new().field("name", None::<&str>, name).field(
        "keep_ip_addresses",
        None::<bool>,
        keep_ip_addresses,
    );
    audit::record(&tx, &actor, Action::ProjectCreated, &target, changes).await?;
    db::commit(tx, "commit making a project").await.map_err(db::failure)?;
    Ok(ProjectObject::new(&row, &app.public_url))
}

/// None when others take every slug that is tried.
async fn insert_row(
    tx: &Transaction<'_>,
    name: &str,
    keep_ip_addresses: bool,
) -> Result<Option<Row>, DbError> {
    let wanted = slug::of(name);
    for _ in 0..SLUG_ATTEMPTS {
        let sql = include_str!("sql/taken_slugs.sql");
        let taken = db::query(tx, "read slugs", sql, &[&wanted]).await?;
        let taken: Vec<&str> = taken.iter().map(|row| row.get("slug")).collect();
        let free = slug::free(&wanted, &taken);
        let sql = include_str!("sql/insert.sql");
        let values: db::Params<'_> = &[&name, &free, &keep_ip_addresses];
        let rows = db::query(tx, "make a project", sql, values).await?;
        if let Some(row) = rows.into_iter().next() {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// `GET /api/projects/{id}`.
pub(crate) async fn get(app: Arc<App>, call: Call) -> Answer {
    let id = project_id(&call)?;
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sql = include_str!("sql/get.sql");
    let rows = db::query(&client, "read a project", sql, &[&id.0]).await.map_err(db::failure)?;
    let row = rows.first().ok_or_else(|| ApiError::not_found("project", id))?;
    Ok(success::ok(ProjectDetails::new(row, &app.public_url)))
}

/// What a request changes of a project; none: it stays.
#[derive(Debug)]
struct Given {
    name: Option<String>,
    keep_ip_addresses: Option<bool>,
    grouping_rules: Option<String>,
    discard_rules: Option<String>,
    sanitising_rules: Option<sanitise::Rules>,
}

/// `PUT /api/projects/{id}`: changes the fields that are given.
pub(crate) async fn update(app: Arc<App>, call: Call) -> Answer {
    let id = project_id(&call)?;
    let caller = call.caller();
    let mut body = BodyFields::new(call.object().await?);
    let given = Given {
        name: body.text("name", MAX_NAME),
        keep_ip_addresses: body.boolean("keep_ip_addresses"),
        grouping_rules: rules::read(&mut body, List::Grouping).map(|rules| rules.text),
        discard_rules: rules::read(&mut body, List::Discard).map(|rules| rules.text),
        sanitising_rules: sanitising::read(&mut body),
    };
    body.finish()?;
    let changed = store(&app, &caller, id, given).await?;
    take_effect(&app, id).await;
    Ok(success::ok(changed))
}

async fn store(
    app: &App,
    caller: &Caller,
    id: ProjectId,
    given: Given,
) -> Result<ProjectDetails, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin changing a project").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    let sql = include_str!("sql/update.sql");
    let Given { name, keep_ip_addresses, grouping_rules, discard_rules, sanitising_rules } = given;
    let masking = sanitising_rules.map(|rules| json!(rules));
    let values: db::Params<'_> =
        &[&id.0, &name, &keep_ip_addresses, &grouping_rules, &discard_rules, &masking];
    let rows = db::query(&tx, "change a project", sql, values).await.map_err(db::failure)?;
    let row = rows.first().ok_or_else(|| ApiError::not_found("project", id))?;
    let target = Target::new(id, row.get::<_, &str>("name"));
    let changes = changed_fields(row);
    if !changes.is_empty() {
        audit::record(&tx, &actor, Action::ProjectUpdated, &target, changes).await?;
    }
    revisions::advance(&tx, &[id]).await.map_err(db::failure)?;
    db::commit(tx, "commit changing a project").await.map_err(db::failure)?;
    Ok(ProjectDetails::new(row, &app.public_url))
}

fn changed_fields(row: &Row) -> Changes {
    let text = |column| row.get::<_, &str>(column);
    let flag = |column| row.get::<_, bool>(column);
    Changes::new()
        .field("name", text("old_name"), text("name"))
        .field("keep_ip_addresses", flag("old_keep_ip_addresses"), flag("keep_ip_addresses"))
        .field("grouping_rules", text("old_grouping_rules"), text("grouping_rules"))
        .field("discard_rules", text("old_discard_rules"), text("discard_rules"))
        .field(
            "sanitising_rules",
            view::sanitising_rules(row, "old_sanitising_rules"),
            view::sanitising_rules(row, "sanitising_rules"),
        )
}

/// `DELETE /api/projects/{id}`.
pub(crate) async fn delete(app: Arc<App>, call: Call) -> Answer {
    let id = project_id(&call)?;
    if id == FIRST {
        let message = "Project 1 takes what names no project, so it can't be deleted";
        return Err(ApiError::new(Code::Conflict, message));
    }
    // On a task of its own: a client that goes away must not leave a deletion unannounced.
    let (deleting, caller) = (Arc::clone(&app), call.caller());
    let task = app.changes.spawn(async move {
        let deleted = remove(&deleting, &caller, id).await;
        take_effect(&deleting, id).await;
        deleted
    });
    task.await.map_err(ApiError::internal)??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn remove(app: &App, caller: &Caller, id: ProjectId) -> Result<(), ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin deleting a project").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    let name = remove_rows(&tx, id).await.map_err(db::failure)?;
    let name = name.ok_or_else(|| ApiError::not_found("project", id))?;
    let target = Target::new(id, name);
    audit::record(&tx, &actor, Action::ProjectDeleted, &target, Changes::new()).await?;
    db::commit(tx, "commit deleting a project").await.map_err(db::failure)
}

/// The name of the project that was there.
async fn remove_rows(tx: &Transaction<'_>, id: ProjectId) -> Result<Option<String>, DbError> {
    tx.batch_execute(include_str!("sql/long_statements.sql"))
        .await
        .map_err(DbError::statement("allow long statements"))?;
    project_lock::exclusive(tx, &[id]).await?;
    let sql = include_str!("sql/delete.sql");
    let deleted = db::query(tx, "delete a project", sql, &[&id.0]).await?;
    let Some(row) = deleted.first() else {
        return Ok(None);
    };
    let sql = include_str!("sql/purge_groups.sql");
    db::execute(tx, "queue the groups of a project", sql, &[&id.0]).await?;
    let sql = include_str!("sql/delete_rows.sql");
    db::execute(tx, "delete the errors of a project", sql, &[&id.0]).await?;
    Ok(Some(row.get("name")))
}

/// Keeps a project from being deleted until the transaction ends, so that nothing new comes to one that
/// is being deleted.
pub(crate) async fn lock(tx: &Transaction<'_>, id: ProjectId) -> Result<(), ApiError> {
    let sql = include_str!("sql/lock.sql");
    let found = db::query(tx, "lock a project", sql, &[&id.0]).await.map_err(db::failure)?;
    if found.is_empty() {
        return Err(ApiError::not_found("project", id));
    }
    Ok(())
}

/// Makes a committed change of a project known: to this process at once, to others by their poll,
/// and to whoever reads cached answers.
async fn take_effect(app: &App, id: ProjectId) {
    app.reload_access().await;
    app.cache.announce(&[id]).await;
}

/// The project that the path names.
fn project_id(call: &Call) -> Result<ProjectId, ApiError> {
    let text = call.param("id");
    text.parse().ok().filter(|id| *id > 0).map(ProjectId).ok_or_else(|| {
        let shown: String = text.chars().take(100).collect();
        ApiError::new(Code::InvalidId, "The id in the path is not the whole number of a project")
            .with_detail("id", shown.into())
    })
}
