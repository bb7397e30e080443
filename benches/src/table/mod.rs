//! The whole table: what is measured of the system, each kind of load on a fresh stand, and the bars that the
//! figures are held against.
//!
//! - [`kind`]: the kinds of load, and what each sends.
//! - [`run`]: one kind, from a fresh stand to its figures.
//! - [`rows`], [`memory`], [`burst`]: the figures, and their bars.
//! - [`probe`]: how soon an accepted event is seen.
//! - [`page`], [`chart`]: what is told about it.
//!
//! How long reads take among millions of events does not belong here ([`crate::reads`]).

pub mod burst;
pub mod chart;
pub mod kind;
pub mod memory;
pub mod page;
pub mod probe;
pub mod rows;
pub mod run;

use crate::measure::Measured;
use crate::report::bars::Row;
use crate::report::check::Check;
use kind::Kind;

/// One kind of load that was measured.
#[derive(Debug)]
pub struct Ran {
    /// What was observed.
    pub measured: Measured,
    /// Whether everything is stored.
    pub checks: Vec<Check>,
    /// The processes, in the order of the samples; the first is the load generator.
    pub groups: Vec<&'static str>,
    /// Its lines of the table.
    pub rows: Vec<Row>,
}

/// A kind of load, and what became of it.
#[derive(Debug)]
pub struct Entry {
    /// The kind.
    pub kind: Kind,
    /// What was found, or why nothing was.
    pub result: anyhow::Result<Ran>,
}

impl Entry {
    /// Whether it was measured, and everything accepted is stored once.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.result.as_ref().is_ok_and(|ran| ran.checks.iter().all(Check::holds))
    }

    /// Its lines of the table. What could not be measured has one without a figure.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        match &self.result {
            Ok(ran) => ran.rows.clone(),
            Err(_) => vec![Row::failed(self.kind.what())],
        }
    }
}
