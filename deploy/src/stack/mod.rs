//! What the command `stack` does.

mod run;

pub use run::run;
