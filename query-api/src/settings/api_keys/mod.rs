//! `/api/settings/api-keys`: who may use the API, and for what.
//!
//! An administrator's key of one project sees, makes and changes the keys of this project and no
//! others. A member's own key is shown with the member and goes with the member. The development key
//! is shown where it is honoured, and can't be changed, because every migration would bring it back.

mod fields;
mod view;

use std::sync::Arc;

use axum::response::IntoResponse as _;
use deadpool_postgres::Transaction;
use http::StatusCode;
use serde_json::json;
use shared::access::{self, KeyGrant, MAX_KEYS, Minted};
use shared::api::{ApiError, Code};
use shared::config::Environment;
use shared::ids::ProjectId;
use uuid::Uuid;

use self::fields::{KeyChanges, NewKey};
use self::view::{KeyObject, NewKeyObject};
use crate::app::App;
use crate::call::{Call, Caller};
use crate::db;
use crate::projects;
use crate::routes::Answer;
use crate::settings::audit::{self, Action, Changes, Target};
use crate::settings::team::owners;
use crate::success;

/// `GET /api/settings/api-keys`.
pub(crate) async fn list(app: Arc<App>, call: Call) -> Answer {
    let project = scope(&call)?.map(|project| project.0);
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sql = include_str!("sql/list.sql");
    let values: db::Params<'_> = &[&project, &is_development(&app)];
    let rows = db::query(&client, "list keys", sql, values).await.map_err(db::failure)?;
    let keys: Vec<KeyObject> = rows.iter().map(KeyObject::from).collect();
    Ok(success::ok(json!({"api_keys": keys})))
}

/// `POST /api/settings/api-keys`.
pub(crate) async fn create(app: Arc<App>, call: Call) -> Answer {
    let (scope, caller) = (scope(&call)?, call.caller());
    let wanted = NewKey::read(call.object().await?, shared::time::now())?;
    let grant = grant(scope, wanted)?;
    let minted = Minted::key(app.environment).map_err(ApiError::internal)?;
    let key = insert(&app, &caller, &minted, grant).await?;
    app.reload_access().await;
    Ok(success::created(NewKeyObject { key, api_key: minted.text }))
}

/// What the new key is to be: never of a project that the request is not about.
fn grant(scope: Option<ProjectId>, wanted: NewKey) -> Result<KeyGrant, ApiError> {
    let project = wanted.project_id.map(ProjectId);
    if let (Some(own), Some(other)) = (scope, project)
        && own != other
    {
        return Err(ApiError::not_found("project", other));
    }
    Ok(KeyGrant {
        name: wanted.name,
        project_id: project.or(scope),
        permissions: wanted.permissions,
        expires_at: wanted.expires_at,
        limits: wanted.limits,
        allowed_origins: wanted.allowed_origins,
        member_id: None,
        below_owners: false,
    })
}

async fn insert(
    app: &App,
    caller: &Caller,
    minted: &Minted,
    mut grant: KeyGrant,
) -> Result<KeyObject, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin making a key").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    if let Some(project) = grant.project_id {
        projects::lock(&tx, project).await?;
    }
    grant.below_owners = !owners::may(&tx, &actor).await?;
    let id = access::store_key(&tx, minted, &grant).await.map_err(db::failure)?.ok_or_else(full)?;
    let target = Target::new(id, &grant.name);
    audit::record(&tx, &actor, Action::ApiKeyCreated, &target, grant.changes()).await?;
    let key = get(&tx, id).await?;
    db::commit(tx, "commit making a key").await.map_err(db::failure)?;
    Ok(key)
}

/// There are as many keys as there may be.
pub(super) fn full() -> ApiError {
    let message = format!("There are {MAX_KEYS} keys already; delete some first");
    ApiError::new(Code::Conflict, message)
}

async fn get(tx: &Transaction<'_>, id: Uuid) -> Result<KeyObject, ApiError> {
    let sql = include_str!("sql/get.sql");
    let rows = db::query(tx, "read a key", sql, &[&id]).await.map_err(db::failure)?;
    rows.first().map(KeyObject::from).ok_or_else(|| ApiError::not_found("key", id))
}

/// `PUT /api/settings/api-keys/{id}`: changes the fields that are given.
pub(crate) async fn update(app: Arc<App>, call: Call) -> Answer {
    let (id, scope, caller) = (call.id()?, scope(&call)?, call.caller());
    let changes = KeyChanges::read(call.object().await?, shared::time::now())?;
    let after = store(&app, &caller, id, scope, changes).await?;
    app.reload_access().await;
    Ok(success::ok(after))
}

async fn store(
    app: &App,
    caller: &Caller,
    id: Uuid,
    scope: Option<ProjectId>,
    changes: KeyChanges,
) -> Result<KeyObject, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin changing a key").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    let before = lock(app, &tx, id, scope).await?;
    let after = changed(&before, changes);
    let changes = before.changes_to(&after);
    if !changes.is_empty() {
        write(&tx, &after, !owners::may(&tx, &actor).await?).await?;
        let target = Target::new(id, &after.name);
        audit::record(&tx, &actor, Action::ApiKeyUpdated, &target, changes).await?;
    }
    db::commit(tx, "commit changing a key").await.map_err(db::failure)?;
    Ok(after)
}

fn changed(before: &KeyObject, changes: KeyChanges) -> KeyObject {
    let mut after = before.clone();
    if let Some(name) = changes.name {
        after.name = name;
    }
    if let Some(permissions) = changes.permissions {
        after.permissions = permissions.iter().map(ToString::to_string).collect();
    }
    if let Some(expires_at) = changes.expires_at {
        after.expires_at = expires_at;
    }
    after.rate_limits = changes.limits.apply(before.rate_limits);
    if let Some(origins) = changes.allowed_origins {
        after.allowed_origins = origins;
    }
    after
}

async fn write(tx: &Transaction<'_>, key: &KeyObject, below_owners: bool) -> Result<(), ApiError> {
    let limits = key.rate_limits;
    let values: db::Params<'_> = &[
        &key.id,
        &key.name,
        &key.permissions,
        &key.expires_at,
        &limits.errors,
        &limits.analytics,
        &limits.general,
        &key.allowed_origins,
        &below_owners,
    ];
    let sql = include_str!("sql/update.sql");
    db::execute(tx, "change a key", sql, values).await.map(drop).map_err(db::failure)
}

/// `DELETE /api/settings/api-keys/{id}`. A key may end itself.
pub(crate) async fn delete(app: Arc<App>, call: Call) -> Answer {
    let (id, scope, caller) = (call.id()?, scope(&call)?, call.caller());
    remove(&app, &caller, id, scope).await?;
    app.reload_access().await;
    let nothing = StatusCode::NO_CONTENT.into_response();
    Ok(nothing)
}

async fn remove(
    app: &App,
    caller: &Caller,
    id: Uuid,
    scope: Option<ProjectId>,
) -> Result<(), ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin deleting a key").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    let key = lock(app, &tx, id, scope).await?;
    let sql = include_str!("sql/delete.sql");
    db::execute(&tx, "delete a key", sql, &[&id]).await.map_err(db::failure)?;
    let target = Target::new(id, key.name);
    audit::record(&tx, &actor, Action::ApiKeyDeleted, &target, Changes::new()).await?;
    db::commit(tx, "commit deleting a key").await.map_err(db::failure)
}

/// The key, kept from changing until the transaction ends, if it may be changed here.
async fn lock(
    app: &App,
    tx: &Transaction<'_>,
    id: Uuid,
    scope: Option<ProjectId>,
) -> Result<KeyObject, ApiError> {
    let sql = include_str!("sql/lock.sql");
    let values: db::Params<'_> = &[&id, &scope.map(|project| project.0), &is_development(app)];
    let rows = db::query(tx, "lock a key", sql, values).await.map_err(db::failure)?;
    let row = rows.first().ok_or_else(|| ApiError::not_found("key", id))?;
    let conflict = |message: &str| Err(ApiError::new(Code::Conflict, message));
    if row.get("development_only") {
        return conflict("The development key can't be changed; it ends outside development");
    }
    if row.get::<_, Option<Uuid>>("member_id").is_some() {
        return conflict("This is a member's own key; change or remove the member instead");
    }
    Ok(KeyObject::from(row))
}

/// The one project whose keys the request is about.
fn scope(call: &Call) -> Result<Option<ProjectId>, ApiError> {
    Ok(call.reach_alone()?.project())
}

fn is_development(app: &App) -> bool {
    app.environment == Environment::Development
}
