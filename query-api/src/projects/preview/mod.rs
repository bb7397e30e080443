//! `POST /api/projects/{id}/grouping/preview`: what rules would do to the newest events.
//!
//! The rules that are given, and the project's own where none are, name stored events with the function that
//! names new ones. Nothing is changed.

mod sorted;
mod view;

use std::pin::pin;
use std::sync::Arc;

use deadpool_postgres::Client;
use futures_util::TryStreamExt as _;
use shared::api::ApiError;
use shared::fingerprint::rules::{List, ProjectRules};
use shared::ids::{EventId, ProjectId};
use shared::payload;
use shared::postgres::DbError;
use shared::telemetry::ErrorChain;
use tokio_postgres::Row;

use self::sorted::Sorted;
use super::{project_id, rules};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// Events that are looked at, unless the request names another number.
const EVENTS: i64 = 500;

/// Events that are looked at, at most: naming them takes about a tenth of a second.
const MAX_EVENTS: i64 = 1_000;

/// Events of one fingerprint.
const EVENTS_EACH: i64 = 50;

/// Events named before other requests get a turn on this thread.
const TURN: usize = 16;

/// `POST /api/projects/{id}/grouping/preview`.
pub(crate) async fn preview(app: Arc<App>, call: Call) -> Answer {
    let id = project_id(&call)?;
    let mut body = BodyFields::new(call.object_or_nothing().await?);
    let grouping = rules::read(&mut body, List::Grouping);
    let discard = rules::read(&mut body, List::Discard);
    let events = body.number("events", 1..=MAX_EVENTS).unwrap_or(EVENTS);
    body.finish()?;
    let own = app.access.table().and_then(|table| Some(Arc::clone(&table.project(id)?.rules)));
    let own = own.ok_or_else(|| ApiError::not_found("project", id))?;
    let rules = ProjectRules {
        grouping: grouping.map_or_else(|| own.grouping.clone(), |read| read.rules),
        discard: discard.map_or_else(|| own.discard.clone(), |read| read.rules),
    };
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sorted = sort(&client, id, &rules, events).await.map_err(db::failure)?;
    let shown = view::show(&client, id, &rules, sorted).await.map_err(db::failure)?;
    Ok(success::ok(shown))
}

/// Names the newest events. Each is dropped before the next one is read.
async fn sort(
    client: &Client,
    project: ProjectId,
    rules: &ProjectRules,
    events: i64,
) -> Result<Sorted, DbError> {
    let failed = |source| DbError::Statement { action: "read the newest events", source };
    let sql = include_str!("../sql/newest_events.sql");
    let values: db::Params<'_> = &[&project.0, &events, &EVENTS_EACH];
    let mut rows = pin!(db::stream(client, "read the newest events", sql, values).await?);
    let mut sorted = Sorted::default();
    let mut turn = 0;
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        sort_one(&row, rules, &mut sorted).map_err(failed)?;
        turn += 1;
        if turn % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(sorted)
}

fn sort_one(
    row: &Row,
    rules: &ProjectRules,
    sorted: &mut Sorted,
) -> Result<(), tokio_postgres::Error> {
    let id = EventId(row.try_get("event_id")?);
    match payload::decode(row.try_get("encoding")?, row.try_get("payload")?) {
        Ok(event) => sorted.add(row.try_get("error_id")?, &event, &rules.group(&event)),
        Err(error) => {
            tracing::error!(event.id = %id, error = %ErrorChain(&error), "a stored event can't be read");
        }
    }
    Ok(())
}
