//! Who may touch owners, and that one stays.

use deadpool_postgres::Transaction;
use shared::api::{ApiError, Code};
use uuid::Uuid;

use super::role::Role;
use super::view;
use crate::db;
use crate::settings::audit::Actor;

/// Checks that the actor may make, demote and remove owners: another owner may, and so may a key that
/// belongs to nobody, for the first owner has to come from somewhere.
pub(super) async fn may_touch(tx: &Transaction<'_>, actor: &Actor) -> Result<(), ApiError> {
    let Some(member) = &actor.member else {
        return Ok(());
    };
    let sql = include_str!("sql/role.sql");
    let rows = db::query(tx, "read a role", sql, &[&member.id]).await.map_err(db::failure)?;
    if rows.first().is_some_and(|row| view::role(row) == Role::Owner) {
        return Ok(());
    }
    let message = "Only an owner may make, change or remove owners";
    Err(ApiError::new(Code::Authorization, message)
        .with_detail("role", Role::Owner.as_str().into()))
}

/// Checks that an owner is left when this one goes.
pub(super) async fn another_stays(tx: &Transaction<'_>, leaving: Uuid) -> Result<(), ApiError> {
    let sql = include_str!("sql/other_owners.sql");
    let rows = db::query(tx, "count owners", sql, &[&leaving]).await.map_err(db::failure)?;
    if rows.first().is_some_and(|row| row.get::<_, i64>("owners") > 0) {
        return Ok(());
    }
    let message = "This is the last owner; make somebody else an owner first";
    Err(ApiError::new(Code::Conflict, message))
}
