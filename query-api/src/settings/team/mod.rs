//! `/api/settings/team`: people, each with a key of their own that carries their role.
//!
//! Who is invited becomes a member by accepting, once, with the token of the invitation. Only owners,
//! and keys that belong to nobody, make, demote or remove owners; one owner always stays. One change
//! of the team is made at a time (`sql/lock_team.sql`), so that this holds whoever asks at once.

mod accept;
mod change;
mod email;
mod invite;
pub(super) mod owners;
mod role;
mod view;

use std::sync::Arc;

use deadpool_postgres::Transaction;
use serde_json::json;
use shared::api::ApiError;
use uuid::Uuid;

pub(crate) use accept::accept;
pub(crate) use change::{remove, update};
pub(crate) use invite::invite;
pub(crate) use role::Role;
use view::MemberObject;

use crate::app::App;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// Characters of a name; the column's constraint.
const MAX_NAME: usize = 200;

/// `GET /api/settings/team`.
pub(crate) async fn list(app: Arc<App>, _call: Call) -> Answer {
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sql = include_str!("sql/list.sql");
    let rows = db::query(&client, "list members", sql, &[]).await.map_err(db::failure)?;
    let members: Vec<MemberObject> = rows.iter().map(MemberObject::from).collect();
    Ok(success::ok(json!({"members": members})))
}

/// The member, as the transaction sees them.
async fn get(tx: &Transaction<'_>, id: Uuid) -> Result<MemberObject, ApiError> {
    let sql = include_str!("sql/get.sql");
    let rows = db::query(tx, "read a member", sql, &[&id]).await.map_err(db::failure)?;
    rows.first().map(MemberObject::from).ok_or_else(|| ApiError::not_found("member", id))
}

/// Lets nobody else change the team until the transaction ends.
async fn lock(tx: &Transaction<'_>) -> Result<(), ApiError> {
    let sql = include_str!("sql/lock_team.sql");
    db::execute(tx, "lock the team", sql, &[]).await.map(drop).map_err(db::failure)
}

/// The member, kept as they are until the transaction ends.
async fn lock_member(tx: &Transaction<'_>, id: Uuid) -> Result<MemberObject, ApiError> {
    let sql = include_str!("sql/lock_member.sql");
    db::execute(tx, "lock a member", sql, &[&id]).await.map_err(db::failure)?;
    get(tx, id).await
}
