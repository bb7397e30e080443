//! The query API against real engines, one file for each kind of behaviour.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod actions;
mod alerts;
mod cache;
mod cache_faults;
mod cache_instances;
mod dashboard;
mod detail;
mod gateway;
mod grouping;
mod history;
mod http;
mod injection;
mod integrations;
mod ledger;
mod limits;
mod list;
mod live;
mod merging;
mod monitoring;
mod moving;
mod openapi;
mod projects;
mod releases;
mod scope;
mod sessions;
mod settings;
mod sql;
mod stats;
mod support;
mod trends;
