//! Settings: who may use the installation, and what was changed about that.

pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod integrations;
pub(crate) mod team;
