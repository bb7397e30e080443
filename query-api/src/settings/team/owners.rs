//! Who may touch owners, and that one stays.

use deadpool_postgres::Transaction;
use shared::api::{ApiError, Code};
use uuid::Uuid;

use super::role::Role;
use crate::db;
use crate::settings::audit::Actor;

/// Checks that the actor may make, demote and remove owners.
pub(super) async fn may_touch(tx: &Transaction<'_>, actor: &Actor) -> Result<(), ApiError> {
    if may(tx, actor).await? {
        return Ok(());
    }
    let message = "Only an owner may make, change or remove owners";
    Err(ApiError::new(Code::Authorization, message)
        .with_detail("role", Role::Owner.as_str().into()))
}

/// Whether the actor may touch owners: another owner may, and so may a key that belongs to nobody, for the
/// first owner has to come from somewhere; but not one that was made or changed by somebody who may not.
pub(crate) async fn may(tx: &Transaction<'_>, actor: &Actor) -> Result<bool, ApiError> {
    let (sql, id) = match (&actor.member, actor.key_id) {
        (Some(member), _) => (include_str!("sql/is_owner.sql"), member.id),
        (None, Some(key)) => (include_str!("sql/is_free.sql"), key),
        // The command line, which has the database itself.
        (None, None) => return Ok(true),
    };
    let rows =
        db::query(tx, "read who may touch owners", sql, &[&id]).await.map_err(db::failure)?;
    Ok(rows.first().is_some_and(|row| row.get("may")))
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
