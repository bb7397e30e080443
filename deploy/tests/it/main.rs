//! The development stack itself: engines, the edge, and the command around them.

mod edge;
mod faults;
mod processes;
mod stack;
mod system;
