//! The development stack itself (engines, the edge, the command around them), and the whole system on
//! top of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod edge;
mod faults;
mod image;
mod processes;
mod stack;
mod statements;
mod system;
