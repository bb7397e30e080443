//! `PUT` and `DELETE /api/settings/team/{id}`.

use std::sync::Arc;

use axum::response::IntoResponse as _;
use deadpool_postgres::Transaction;
use http::StatusCode;
use shared::access::Permission;
use shared::api::ApiError;
use uuid::Uuid;

use super::invite::read_role;
use super::role::Role;
use super::view::{MemberObject, Status};
use super::{MAX_NAME, lock, lock_member, owners};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::{Call, Caller};
use crate::db;
use crate::routes::Answer;
use crate::settings::audit::{self, Action, Actor, Changes, Target};
use crate::success;

/// `PUT /api/settings/team/{id}`: changes the fields that are given, and the member's own key with
/// them.
pub(crate) async fn update(app: Arc<App>, call: Call) -> Answer {
    let (id, caller) = (call.id()?, call.caller());
    let mut body = BodyFields::new(call.object().await?);
    let (role, name) = (read_role(&mut body), body.line("name", MAX_NAME));
    body.finish()?;
    let after = store(&app, &caller, id, role, name).await?;
    app.reload_access().await;
    Ok(success::ok(after))
}

async fn store(
    app: &App,
    caller: &Caller,
    id: Uuid,
    role: Option<Role>,
    name: Option<String>,
) -> Result<MemberObject, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin changing a member").await.map_err(db::failure)?;
    lock(&tx).await?;
    let actor = audit::actor(&tx, caller).await?;
    let before = lock_member(&tx, id).await?;
    let mut after = before.clone();
    after.role = role.unwrap_or(before.role);
    after.name = name.unwrap_or_else(|| before.name.clone());
    check_role(&tx, &actor, &before, after.role).await?;
    write(&tx, &actor, &before, &after).await?;
    db::commit(tx, "commit changing a member").await.map_err(db::failure)?;
    Ok(after)
}

/// Checks that the role may become this one.
async fn check_role(
    tx: &Transaction<'_>,
    actor: &Actor,
    before: &MemberObject,
    role: Role,
) -> Result<(), ApiError> {
    if before.role == role {
        return Ok(());
    }
    if role == Role::Owner {
        owners::may_touch(tx, actor).await?;
    }
    check_leaving(tx, actor, before).await
}

/// Checks that the member may be no owner any more.
async fn check_leaving(
    tx: &Transaction<'_>,
    actor: &Actor,
    member: &MemberObject,
) -> Result<(), ApiError> {
    if member.role != Role::Owner {
        return Ok(());
    }
    owners::may_touch(tx, actor).await?;
    if member.status == Status::Active {
        owners::another_stays(tx, member.id).await?;
    }
    Ok(())
}

async fn write(
    tx: &Transaction<'_>,
    actor: &Actor,
    before: &MemberObject,
    after: &MemberObject,
) -> Result<(), ApiError> {
    let changes = Changes::new().field("name", &before.name, &after.name).field(
        "role",
        before.role,
        after.role,
    );
    if changes.is_empty() {
        return Ok(());
    }
    let permissions: Vec<&str> =
        after.role.permissions().into_iter().map(Permission::as_str).collect();
    let values: db::Params<'_> = &[&after.id, &after.name, &after.role.as_str(), &permissions];
    let sql = include_str!("sql/update.sql");
    db::execute(tx, "change a member", sql, values).await.map_err(db::failure)?;
    let target = Target::new(after.id, &after.name);
    audit::record(tx, actor, Action::MemberUpdated, &target, changes).await
}

/// `DELETE /api/settings/team/{id}`. The member's own key ends with it; an invitation, too.
pub(crate) async fn remove(app: Arc<App>, call: Call) -> Answer {
    let (id, caller) = (call.id()?, call.caller());
    delete(&app, &caller, id).await?;
    app.reload_access().await;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn delete(app: &App, caller: &Caller, id: Uuid) -> Result<(), ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin removing a member").await.map_err(db::failure)?;
    lock(&tx).await?;
    let actor = audit::actor(&tx, caller).await?;
    let member = lock_member(&tx, id).await?;
    check_leaving(&tx, &actor, &member).await?;
    let sql = include_str!("sql/remove.sql");
    db::execute(&tx, "remove a member", sql, &[&id]).await.map_err(db::failure)?;
    let target = Target::new(id, member.name);
    audit::record(&tx, &actor, Action::MemberRemoved, &target, Changes::new()).await?;
    db::commit(tx, "commit removing a member").await.map_err(db::failure)
}
