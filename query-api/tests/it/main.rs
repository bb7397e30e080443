//! The query API against real engines, one file for each kind of behaviour.

mod actions;
mod cache;
mod detail;
mod http;
mod list;
mod projects;
mod scope;
mod sql;
mod stats;
mod support;
