//! `GET /api/errors/{id}/tags`: which values the newest events of an error have, and how many have each.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use serde::Serialize;
use shared::api::ApiError;
use shared::event::Event;
use shared::generations::Scope;
use shared::ids::EventId;
use shared::postgres::DbError;

use super::lookup::{self, Found};
use super::row::stored_event;
use crate::app::App;
use crate::cache::Question;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// Events that are looked at, the newest.
const MAX_EVENTS: i64 = 1_000;

/// Compressed bytes after which no more events are looked at: a moment of one processor.
const MAX_BYTES: usize = 16 << 20;

/// Tags that are answered, and values of each; the most frequent.
const MAX_TAGS: usize = 50;
const MAX_VALUES: usize = 10;

/// What the events have.
#[derive(Debug, Serialize)]
struct Tags {
    /// How many events were looked at.
    events: usize,
    tags: Vec<Tag>,
}

#[derive(Debug, Serialize)]
struct Tag {
    name: String,
    /// How many of the events have it.
    events: usize,
    /// How many values it has.
    distinct: usize,
    /// The most frequent first.
    values: Vec<TagValue>,
}

#[derive(Debug, Serialize)]
struct TagValue {
    value: String,
    events: usize,
}

/// `GET /api/errors/{id}/tags`.
pub(crate) async fn tags(app: Arc<App>, call: Call) -> Answer {
    let (name, reach) = (call.error_id()?, call.reach_alone()?);
    let found = lookup::find_one(&app, &reach, name).await?;
    let (scope, asked) = (Scope::Project(found.project), (found.project.0, found.error_id));
    let question =
        Question::new("tags", scope, app.cache_ttl.errors, &asked).map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(compute(&app, found))).await
}

async fn compute(app: &App, found: Found) -> Result<Bytes, DbError> {
    let failed = |source| DbError::Statement { action: "read newest events", source };
    let client = db::client(&app.pool).await?;
    let values: db::Params<'_> = &[&found.project.0, &found.error_id, &MAX_EVENTS];
    let sql = include_str!("sql/newest.sql");
    let rows = db::stream(&client, "read newest events", sql, values).await?;
    let mut rows = pin!(rows);
    let (mut counts, mut bytes) = (Counts::default(), 0);
    // Row by row, so that payloads are never in memory together.
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        bytes += row.try_get::<_, Option<&[u8]>>("payload").map_err(failed)?.map_or(0, <[u8]>::len);
        let event = stored_event(&row, EventId(row.get("event_id"))).map_err(failed)?;
        if let Some(event) = event {
            counts.add(*event);
        }
        if bytes > MAX_BYTES {
            break;
        }
    }
    Ok(success::body(counts.most_frequent()))
}

/// How often each value of each tag came.
#[derive(Debug, Default)]
struct Counts {
    events: usize,
    tags: HashMap<String, HashMap<String, usize>>,
}

impl Counts {
    fn add(&mut self, event: Event) {
        self.events += 1;
        let level = Some(event.level.as_str().to_owned());
        let user = event.user.and_then(|user| user.id.or(user.email).or(user.username));
        let known = [
            ("level", level),
            ("environment", Some(event.environment)),
            ("release", event.release),
            ("source", Some(event.source)),
            ("server_name", event.server_name),
            ("user", user),
        ];
        for (name, value) in known {
            if let Some(value) =
                value.filter(|value| !event.tags.contains_key(name) && !value.is_empty())
            {
                self.note(name.to_owned(), value);
            }
        }
        for (name, value) in event.tags {
            self.note(name, value);
        }
    }

    fn note(&mut self, name: String, value: String) {
        *self.tags.entry(name).or_default().entry(value).or_default() += 1;
    }

    fn most_frequent(self) -> Tags {
        let mut tags: Vec<Tag> =
            self.tags.into_iter().map(|(name, values)| tag(name, values)).collect();
        tags.sort_unstable_by(|a, b| {
            (Reverse(a.events), &a.name).cmp(&(Reverse(b.events), &b.name))
        });
        tags.truncate(MAX_TAGS);
        Tags { events: self.events, tags }
    }
}

fn tag(name: String, counts: HashMap<String, usize>) -> Tag {
    let (events, distinct) = (counts.values().sum(), counts.len());
    let mut values: Vec<TagValue> =
        counts.into_iter().map(|(value, events)| TagValue { value, events }).collect();
    values
        .sort_unstable_by(|a, b| (Reverse(a.events), &a.value).cmp(&(Reverse(b.events), &b.value)));
    values.truncate(MAX_VALUES);
    Tag { name, events, distinct, values }
}
