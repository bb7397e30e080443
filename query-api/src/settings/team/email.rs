//! Addresses that invitations go to.

/// Characters of an address (RFC 5321, with the brackets around it left out).
pub(super) const MAX_EMAIL: usize = 254;

/// The part before the `@`: what a member is called until the invitation is accepted.
pub(super) fn local_part(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(local, _)| local)
}
