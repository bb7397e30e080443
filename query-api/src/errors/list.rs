//! `GET /api/errors` and `GET /api/errors/{id}`.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use deadpool_postgres::GenericClient;
use futures_util::TryStreamExt as _;
use serde::Serialize;
use shared::api::ApiError;
use shared::postgres::DbError;

use super::filter::ListRequest;
use super::lookup;
use super::row::ErrorRow;
use super::search::{self, Place};
use super::view::{DetailedError, ListedError};
use crate::app::App;
use crate::cache::Question;
use crate::call::{Call, Reach};
use crate::db;
use crate::routes::Answer;
use crate::success;

/// A page of errors.
#[derive(Debug, Serialize)]
struct Page {
    errors: Vec<ListedError>,
    total: i64,
    total_capped: bool,
    page: i64,
    limit: i64,
    next_cursor: Option<String>,
}

/// `GET /api/errors`.
pub(crate) async fn list(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let request = ListRequest::read(&mut fields);
    let reach = call.reach(&mut fields);
    fields.finish()?;
    let reach = reach?;
    let question =
        Question::new("errors", reach.scope, app.cache_ttl.errors, &(&request, reach.ids()))
            .map_err(ApiError::internal)?;
    app.cache.answer(&question, Box::pin(page(&app, &reach, &request))).await
}

async fn page(app: &App, reach: &Reach, request: &ListRequest) -> Result<Bytes, DbError> {
    let client = db::client(&app.pool).await?;
    let mut places = search::page(&client, reach, request).await?;
    let (total, total_capped) = search::total(&client, reach, request).await?;
    let wanted = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let more = places.len() > wanted;
    places.truncate(wanted);
    let last = places.last().filter(|_| more);
    let page = Page {
        next_cursor: last.map(|last| last.cursor().to_text(request.sort, request.order)),
        errors: rows(&client, &places, ListedError::new).await?,
        total,
        total_capped,
        page: request.offset / request.limit + 1,
        limit: request.limit,
    };
    Ok(success::body(page))
}

/// Everything about some errors, each row turned into what is shown before the next one is read:
/// a hundred latest events of a megabyte each are never in memory together.
async fn rows<T>(
    client: &impl GenericClient,
    places: &[Place],
    show: impl Fn(ErrorRow) -> T,
) -> Result<Vec<T>, DbError> {
    let failed = |source| DbError::Statement { action: "read errors", source };
    let projects: Vec<i32> = places.iter().map(|place| place.project.0).collect();
    let errors: Vec<i64> = places.iter().map(|place| place.error_id).collect();
    let sql = include_str!("sql/rows.sql");
    let rows = db::stream(client, "read errors", sql, &[&projects, &errors]).await?;
    let mut rows = pin!(rows);
    let mut shown = Vec::with_capacity(places.len());
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        shown.push(show(ErrorRow::try_from(&row).map_err(failed)?));
    }
    Ok(shown)
}

/// Everything about one error; none when it has gone meanwhile.
pub(super) async fn row(
    client: &impl GenericClient,
    place: Place,
) -> Result<Option<ErrorRow>, DbError> {
    Ok(rows(client, &[place], |row| row).await?.pop())
}

/// `GET /api/errors/{id}`.
pub(crate) async fn get(app: Arc<App>, call: Call) -> Answer {
    let name = call.error_id()?;
    let reach = call.reach_alone()?;
    for _ in 0..LOOKS {
        let found = lookup::find_one(&app, &reach, name).await?;
        let place = Place::of(found.project, found.error_id);
        let client = db::client(&app.pool).await.map_err(db::failure)?;
        if let Some(row) = row(&client, place).await.map_err(db::failure)? {
            return Ok(success::ok(DetailedError::new(row)));
        }
    }
    Err(ApiError::not_found("error", name))
}

/// Between two looks what an id leads to may be merged into another error, or taken out of it. Nobody does
/// that faster than it is looked up again.
const LOOKS: usize = 3;
