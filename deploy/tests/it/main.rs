//! The development stack itself: engines, the edge, and the command around them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod edge;
mod faults;
mod processes;
mod stack;
