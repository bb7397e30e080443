//! Measuring the system from outside: over its public interface, with real engines behind it.
//!
//! - [`alerts`]: how soon rules tell, and what evaluating them costs.
//! - [`compare`]: another error tracker under the same load.
//! - [`demo`]: a shop that reports its errors, to be looked at.
//! - [`live`]: listeners of the live feed.
//! - [`load`]: an open-loop load generator, which the program `loadgen` offers by itself.
//! - [`measure`]: one measurement of the whole system.
//! - [`options`]: what both programs may be told about the load.
//! - [`program`]: what the programs have in common.
//! - [`reads`]: how long reads take.
//! - [`report`]: the page and the charts that a measurement leaves behind.
//! - [`sdk`]: envelopes as Sentry's SDKs send them.
//! - [`summary`]: what a run says about itself.
//! - [`system`]: the system under load, and what can be seen of it.
//! - [`table`]: everything that has a bar, measured one after the other.
//!
//! How a single function performs does not belong here, nor does anything that a service needs.

pub mod alerts;
pub mod compare;
pub mod demo;
pub mod live;
pub mod load;
pub mod measure;
pub mod options;
pub mod program;
pub mod reads;
pub mod report;
pub mod sdk;
pub mod summary;
pub mod system;
pub mod table;
