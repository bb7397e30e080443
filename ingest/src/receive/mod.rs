//! From a request to bytes: who sends, for which project, and the body within its bounds.

pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod inflate;
