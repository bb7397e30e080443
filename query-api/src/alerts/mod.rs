//! `/api/alerts`: rules, when they fired, what was told of it, and incidents.
//!
//! Here rules are written and read; evaluating them and telling anybody is the worker's business. A
//! change of a rule and the worker's evaluation of it exclude each other (`rules::door`). Nothing here
//! is cached: what is listed changes without any request.

pub(crate) mod deliveries;
pub(crate) mod firings;
pub(crate) mod incidents;
mod number;
mod page;
pub(crate) mod preview;
pub(crate) mod rules;
pub(crate) mod severity;

use shared::ids::ProjectId;

use crate::call::Reach;
use crate::projects;
use crate::settings::audit::Actor;

/// The project that something new comes to: the one that the request is about, or else the first.
fn project_of(reach: &Reach) -> ProjectId {
    reach.project().unwrap_or(projects::FIRST)
}

/// How the history of an incident names who asked: the member whose own key it was, or the key.
fn name_of(actor: &Actor) -> &str {
    actor.member.as_ref().map_or(&actor.name, |member| &member.name)
}
