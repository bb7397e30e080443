//! `/api/projects`: what projects there are, and the DSN that SDKs submit to.

mod slug;
mod view;

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use deadpool_postgres::{GenericClient as _, Transaction};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use shared::api::{ApiError, Code, FieldErrorKind, Success, json_response};
use shared::ids::ProjectId;
use shared::postgres::DbError;
use shared::project_lock;
use shared::telemetry::ErrorChain;

use self::view::ProjectObject;
use crate::app::App;
use crate::body::BodyFields;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;

/// Characters of a name; the column's constraint.
const MAX_NAME: usize = 200;

/// The project that requests without one go to. It can't be deleted.
const FIRST: ProjectId = ProjectId(1);

/// Attempts to find a free slug while others take them.
const SLUG_ATTEMPTS: usize = 5;

/// `GET /api/projects`.
pub(crate) async fn list(app: Arc<App>, _call: Call) -> Answer {
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sql = include_str!("sql/list.sql");
    let rows = db::query(&client, "list projects", sql, &[]).await.map_err(db::failure)?;
    let projects: Vec<ProjectObject> =
        rows.iter().map(|row| ProjectObject::new(row, &app.public_url)).collect();
    Ok(success(StatusCode::OK, json!({"projects": projects})))
}

/// `POST /api/projects`.
pub(crate) async fn create(app: Arc<App>, call: Call) -> Answer {
    let mut body = BodyFields::new(call.object().await?);
    let named = body.has("name");
    let name = body.text("name", MAX_NAME);
    if name.is_none() && !named {
        body.missing("name");
    }
    let keep_ip_addresses = body.boolean("keep_ip_addresses").unwrap_or(true);
    body.finish()?;
    let name =
        name.ok_or_else(|| ApiError::field(FieldErrorKind::WrongType, "name", "must be a string"))?;
    let created = insert(&app, &name, keep_ip_addresses).await.map_err(db::failure)?;
    let created = created.ok_or_else(|| {
        ApiError::new(Code::Conflict, "Others are making projects of this name; try again")
    })?;
    take_effect(&app, ProjectId(created.id)).await;
    Ok(success(StatusCode::CREATED, created))
}

async fn insert(
    app: &App,
    name: &str,
    keep_ip_addresses: bool,
) -> Result<Option<ProjectObject>, DbError> {
    let client = db::client(&app.pool).await?;
    let wanted = slug::of(name);
    for _ in 0..SLUG_ATTEMPTS {
        let sql = include_str!("sql/taken_slugs.sql");
        let taken = db::query(&client, "read slugs", sql, &[&wanted]).await?;
        let taken: Vec<&str> = taken.iter().map(|row| row.get("slug")).collect();
        let free = slug::free(&wanted, &taken);
        let sql = include_str!("sql/insert.sql");
        let values: db::Params<'_> = &[&name, &free, &keep_ip_addresses];
        let rows = db::query(&client, "make a project", sql, values).await?;
        if let Some(row) = rows.first() {
            return Ok(Some(ProjectObject::new(row, &app.public_url)));
        }
    }
    Ok(None)
}

/// `PUT /api/projects/{id}`: changes the fields that are given.
pub(crate) async fn update(app: Arc<App>, call: Call) -> Answer {
    let id = project_id(&call)?;
    let mut body = BodyFields::new(call.object().await?);
    let name = body.text("name", MAX_NAME);
    let keep_ip_addresses = body.boolean("keep_ip_addresses");
    body.finish()?;
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sql = include_str!("sql/update.sql");
    let values: db::Params<'_> = &[&id.0, &name, &keep_ip_addresses];
    let rows = db::query(&client, "change a project", sql, values).await.map_err(db::failure)?;
    let row = rows.first().ok_or_else(|| ApiError::not_found("project", id))?;
    let changed = ProjectObject::new(row, &app.public_url);
    take_effect(&app, id).await;
    Ok(success(StatusCode::OK, changed))
}

/// `DELETE /api/projects/{id}`.
pub(crate) async fn delete(app: Arc<App>, call: Call) -> Answer {
    let id = project_id(&call)?;
    if id == FIRST {
        let message = "Project 1 takes what names no project, so it can't be deleted";
        return Err(ApiError::new(Code::Conflict, message));
    }
    // On a task of its own: a client that goes away must not leave a deletion unannounced.
    let deleting = Arc::clone(&app);
    let task = app.changes.spawn(async move {
        let deleted = remove(&deleting, id).await;
        take_effect(&deleting, id).await;
        deleted
    });
    let deleted = task.await.map_err(ApiError::internal)?.map_err(db::failure)?;
    if !deleted {
        return Err(ApiError::not_found("project", id));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Removes the project. Whether it was there.
async fn remove(app: &App, id: ProjectId) -> Result<bool, DbError> {
    let mut client = db::client(&app.pool).await?;
    let tx = client.transaction().await.map_err(DbError::statement("begin deleting a project"))?;
    tx.batch_execute(include_str!("sql/long_statements.sql"))
        .await
        .map_err(DbError::statement("allow long statements"))?;
    project_lock::exclusive(&tx, &[id]).await?;
    let deleted = remove_rows(&tx, id).await?;
    tx.commit().await.map_err(DbError::statement("commit deleting a project"))?;
    Ok(deleted)
}

async fn remove_rows(tx: &Transaction<'_>, id: ProjectId) -> Result<bool, DbError> {
    let sql = include_str!("sql/delete.sql");
    if db::execute(tx, "delete a project", sql, &[&id.0]).await? == 0 {
        return Ok(false);
    }
    let sql = include_str!("sql/purge_groups.sql");
    db::execute(tx, "queue the groups of a project", sql, &[&id.0]).await?;
    let sql = include_str!("sql/delete_rows.sql");
    db::execute(tx, "delete the errors of a project", sql, &[&id.0]).await?;
    Ok(true)
}

/// Makes a committed change of a project known: to this process at once, to others by their poll,
/// and to whoever reads cached answers.
async fn take_effect(app: &App, id: ProjectId) {
    if let Err(error) = app.access.refresh(&app.pool, app.environment).await {
        tracing::warn!(error = %ErrorChain(&error), "the next poll will load the changed projects");
    }
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

fn success(status: StatusCode, data: impl Serialize) -> Response {
    json_response::<Vec<u8>>(status, &Success::new(data)).map(axum::body::Body::from)
}
