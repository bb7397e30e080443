//! The audit log: every change of a setting writes an entry in its own transaction.
//!
//! ```ignore
//! let caller = call.caller();
//! // ... begin the transaction `tx`
//! let actor = audit::actor(&tx, &caller).await?;
//! // ... change the setting
//! audit::record(&tx, &actor, Action::ProjectUpdated, &Target::new(id, name), changes).await?;
//! // ... commit
//! ```

use deadpool_postgres::Transaction;
use shared::api::{ApiError, Code};

pub(crate) use shared::audit::{Action, Actor, Changes, Target};

use crate::call::Caller;
use crate::db;

/// Who asks for a change, read before anything changes. A key that was deleted a moment ago and is
/// still known to this process changes nothing any more.
pub(crate) async fn actor(tx: &Transaction<'_>, caller: &Caller) -> Result<Actor, ApiError> {
    let actor = Actor::with_key(tx, caller.key_id, &caller.request_id).await;
    actor
        .map_err(db::failure)?
        .ok_or_else(|| ApiError::new(Code::Authentication, "The API key is unknown or expired"))
}

/// Writes an entry, which is there when the transaction commits.
pub(crate) async fn record(
    tx: &Transaction<'_>,
    actor: &Actor,
    action: Action,
    target: &Target,
    changes: Changes,
) -> Result<(), ApiError> {
    shared::audit::record(tx, actor, action, target, changes).await.map_err(db::failure)
}
