//! What the command `stack` does.

mod demo;
mod down;
mod place;
mod run;
mod status;
mod up;

pub use demo::demo;
pub use down::{down, reset};
pub use run::run;
pub use status::{PartStatus, status};
pub use up::{Address, up};
