//! How an invitation reaches whom it is for.

use crate::app::App;
use crate::settings::audit::Actor;

use super::view::MemberObject;

/// Called once an invitation holds. It goes by hand, by whoever asked for it: the answer to them has
/// the address of the page (`_url`), and nothing else ever shows it again.
pub(super) fn send(_app: &App, invited: &MemberObject, inviter: &Actor, _url: &str) {
    tracing::info!(
        member.id = %invited.id,
        role = %invited.role,
        key.id = inviter.key_id.map(tracing::field::display),
        "somebody was invited"
    );
}
