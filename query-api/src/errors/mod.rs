//! Errors: lists, details, their events, and what people do to them.
//!
//! `filter`, `search` and `cursor` make a list; `row` reads what Postgres knows, `view` and
//! `event_view` are what clients see and the only places that know its fields; `lookup` leads from
//! ids to errors; `change` and `delete` are the transactions behind `actions`, which run as `locked`
//! says, as do `merge` and `unmerge`. `series`, `tags` and `activity` are the past of errors.

mod actions;
mod activity;
mod change;
mod cursor;
mod delete;
mod event_view;
mod events;
mod filter;
mod grouping;
mod list;
mod locked;
mod lookup;
mod merge;
mod row;
mod search;
mod series;
mod status;
mod tags;
mod unmerge;
mod view;

pub(crate) use actions::{assign, change_many, delete, ignore, resolve, unresolve};
pub(crate) use activity::activity;
pub(crate) use events::{event, events};
pub(crate) use grouping::grouping;
pub(crate) use list::{get, list};
pub(crate) use lookup::Waiters;
pub(crate) use merge::merge;
pub(crate) use series::{By, series, series_of_many};
pub(crate) use status::Status;
pub(crate) use tags::tags;
pub(crate) use unmerge::unmerge;
