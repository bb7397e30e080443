//! `/api/settings/integrations`: the services that messages go out through.
//!
//! - `fields`: which settings each has, and what they may hold.
//! - `change`: what a request changes. `view`: what clients see of it.
//! - `test`: sends a message to see whether the settings are right. `mail`: sends invitations.
//! - `outgoing`: what sending needs.

mod change;
mod fields;
pub(crate) mod mail;
mod outgoing;
mod test;
mod view;

use std::sync::Arc;

use axum::response::IntoResponse as _;
use deadpool_postgres::Transaction;
use http::StatusCode;
use serde_json::{Map, Value, json};
use shared::api::ApiError;
use shared::audit::Changes;
use shared::integrations::{Integration, Name};
use tokio_postgres::Row;

pub(crate) use self::fields::{MAX_NUMBERS, MAX_PASSWORD, MAX_RECIPIENTS, MAX_TEXT, MAX_URL};
pub(crate) use self::outgoing::Outgoing;
pub use self::outgoing::OutgoingError;
pub(crate) use self::test::test;

use self::change::Terms;
use self::fields::fields_of;
use self::view::IntegrationObject;
use super::audit::{self, Action, Target};
use crate::app::App;
use crate::call::{Call, Caller};
use crate::db;
use crate::routes::Answer;
use crate::success;

/// `GET /api/settings/integrations`.
pub(crate) async fn list(app: Arc<App>, _call: Call) -> Answer {
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sql = include_str!("sql/list.sql");
    let rows = db::query(&client, "list integrations", sql, &[]).await.map_err(db::failure)?;
    let shown: Vec<IntegrationObject> = Name::ALL
        .into_iter()
        .filter_map(|name| Some(Integration::from_row(name, find(name, &rows)?)))
        .map(|integration| IntegrationObject::new(&integration, &app.outgoing.secrets))
        .collect();
    Ok(success::ok(json!({"integrations": shown})))
}

fn find(name: Name, rows: &[Row]) -> Option<&Row> {
    rows.iter().find(|row| row.get::<_, &str>("name") == name.as_str())
}

/// `PUT /api/settings/integrations/{name}`: changes the fields that are given.
pub(crate) async fn update(app: Arc<App>, call: Call) -> Answer {
    let (name, caller) = (named(&call)?, call.caller());
    let body = call.object().await?;
    let changed = change(&app, &caller, name, &body, Action::IntegrationUpdated).await?;
    Ok(success::ok(IntegrationObject::new(&changed, &app.outgoing.secrets)))
}

/// `DELETE /api/settings/integrations/{name}`: removes all its settings.
pub(crate) async fn delete(app: Arc<App>, call: Call) -> Answer {
    let (name, caller) = (named(&call)?, call.caller());
    let nothing: Map<String, Value> =
        fields_of(name).iter().map(|field| (field.name.to_owned(), Value::Null)).collect();
    change(&app, &caller, name, &nothing, Action::IntegrationDeleted).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Changes settings and says so in the audit log, in one transaction.
async fn change(
    app: &App,
    caller: &Caller,
    name: Name,
    body: &Map<String, Value>,
    action: Action,
) -> Result<Integration, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin changing an integration").await.map_err(db::failure)?;
    let actor = audit::actor(&tx, caller).await?;
    let mut integration = lock(&tx, name).await?;
    let terms = Terms { secrets: &app.outgoing.secrets, reach: app.outgoing.sender.reach() };
    let changes = change::apply(&mut integration, body, terms)?;
    if changes.is_empty() {
        // Nothing is noted, and what is known of the settings stays true.
        return lock(&tx, name).await;
    }
    let saved = save(&tx, &integration).await?;
    record(&tx, &actor, action, name, changes).await?;
    db::commit(tx, "commit changing an integration").await.map_err(db::failure)?;
    Ok(saved)
}

async fn record(
    tx: &Transaction<'_>,
    actor: &audit::Actor,
    action: Action,
    name: Name,
    changes: Changes,
) -> Result<(), ApiError> {
    audit::record(tx, actor, action, &Target::new(name, name.as_str()), changes).await
}

async fn lock(tx: &Transaction<'_>, name: Name) -> Result<Integration, ApiError> {
    let sql = include_str!("sql/lock.sql");
    let rows = db::query(tx, "lock an integration", sql, &[&name.as_str()]).await;
    one(name, &rows.map_err(db::failure)?)
}

async fn save(tx: &Transaction<'_>, integration: &Integration) -> Result<Integration, ApiError> {
    let Integration { name, config, secrets, status, .. } = integration;
    let (config, secrets) = (Value::Object(config.clone()), Value::Object(secrets.clone()));
    let values: db::Params<'_> = &[&name.as_str(), &config, &secrets, &status.as_str()];
    let sql = include_str!("sql/save.sql");
    let rows = db::query(tx, "save an integration", sql, values).await.map_err(db::failure)?;
    one(*name, &rows)
}

fn one(name: Name, rows: &[Row]) -> Result<Integration, ApiError> {
    let row = rows.first().ok_or_else(|| not_found(name.as_str()))?;
    Ok(Integration::from_row(name, row))
}

/// The integration that the path names.
fn named(call: &Call) -> Result<Name, ApiError> {
    let text = call.param("name");
    text.parse().map_err(|()| not_found(text))
}

fn not_found(name: &str) -> ApiError {
    let shown: String = name.chars().take(100).collect();
    ApiError::not_found("integration", shown)
}
