//! Errors: lists, details, their events, and what people do to them.
//!
//! `filter`, `search` and `cursor` make a list; `row` reads what Postgres knows, `view` and
//! `event_view` are what clients see and the only places that know its fields; `lookup` leads from
//! ids to errors; `change` and `delete` are the transactions behind `actions`.

mod actions;
mod change;
mod cursor;
mod delete;
mod event_view;
mod events;
mod filter;
mod list;
mod lookup;
mod row;
mod search;
mod status;
mod view;

pub(crate) use actions::{assign, change_many, delete, ignore, resolve, unresolve};
pub(crate) use events::{event, events};
pub(crate) use list::{get, list};
pub(crate) use lookup::Waiters;
pub(crate) use status::Status;
