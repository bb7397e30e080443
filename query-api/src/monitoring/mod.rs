//! What operators ask about the system itself.
//!
//! Only stored figures stand here; what a process knows of itself is in its metrics. Who measures and
//! checks: `shared::vitals`, `shared::checks`.

mod history;
mod ledger;
mod metrics;
mod services;
mod uptime;

pub(crate) use history::{History, read_histories};
pub(crate) use ledger::ledger;
pub(crate) use metrics::{metrics, per_minute};
pub(crate) use services::{LastHealth, services};
pub(crate) use uptime::uptime;

/// A number with so many decimals that answers stay readable.
pub(crate) fn rounded(number: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (number * scale).round() / scale
}
