//! `POST /api/settings/integrations/{name}/test`: sends a message, to see whether the settings are
//! right. No connection to Postgres is held while the message is on its way.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use shared::api::{ApiError, Code, FieldErrorKind};
use shared::channels::{Channel, Delivery, Message, SendError};
use shared::integrations::{self, Integration, Name, Status};
use shared::postgres::DbError;
use shared::telemetry::ErrorChain;
use uuid::Uuid;

use super::fields::{self, Kind};
use super::view::IntegrationObject;
use super::{named, not_found};
use crate::app::App;
use crate::call::Call;
use crate::db;
use crate::routes::Answer;
use crate::success;

/// Shorter than a request may take, so that how it went is told.
const TEST_TIMEOUT: Duration = Duration::from_secs(7);

/// Sends a test message through an integration.
pub(crate) async fn test(app: Arc<App>, call: Call) -> Answer {
    let name = named(&call)?;
    let body = call.object_or_nothing().await?;
    let to = recipient(&app, name, &body)?;
    let integration = load(&app, name).await.map_err(db::failure)?;
    let integration = integration.ok_or_else(|| not_found(name.as_str()))?;
    let channel = channel(&app, &integration, to).await?;
    // On a task of its own: a client that goes away must not leave an outcome unnoted.
    let testing = Arc::clone(&app);
    let task = app.changes.spawn(async move { attempt(&testing, integration, &channel).await });
    let integration = task.await.map_err(ApiError::internal)??;
    Ok(success::ok(IntegrationObject::new(&integration, &app.outgoing.secrets)))
}

/// Whom the message shall reach instead of those that the settings name.
fn recipient(
    app: &App,
    name: Name,
    body: &Map<String, Value>,
) -> Result<Option<Vec<String>>, ApiError> {
    let kind = match name {
        Name::Email => Kind::MailAddresses,
        Name::Sms => Kind::Numbers,
        Name::Slack | Name::Webhook => return no_recipients(body),
    };
    let Some(given) = body.get("to").filter(|value| !value.is_null()) else { return Ok(None) };
    match fields::read(kind, given, app.outgoing.sender.reach()) {
        Ok(read) => Ok(serde_json::from_value(read).ok()),
        Err((kind, message)) => Err(ApiError::field(kind, "to", message)),
    }
}

/// What is sent to one place takes nobody's address.
fn no_recipients(body: &Map<String, Value>) -> Result<Option<Vec<String>>, ApiError> {
    match body.get("to") {
        None | Some(Value::Null) => Ok(None),
        Some(_) => {
            let message = "is taken by email and sms only";
            Err(ApiError::field(FieldErrorKind::UnknownValue, "to", message))
        }
    }
}

async fn load(app: &App, name: Name) -> Result<Option<Integration>, DbError> {
    let client = db::client(&app.pool).await?;
    integrations::load(&client, name).await
}

async fn channel(
    app: &App,
    integration: &Integration,
    to: Option<Vec<String>>,
) -> Result<Channel, ApiError> {
    let channel = integration.channel(&app.outgoing.secrets).map_err(|unusable| {
        let message = format!("The integration {} can't be tried: {unusable}", integration.name);
        ApiError::new(Code::Conflict, message)
    })?;
    Ok(match (channel, to) {
        (Channel::Email(email), Some(recipients)) => {
            Channel::Email(shared::channels::Email { recipients, ..email })
        }
        (Channel::Sms(sms), Some(to)) => Channel::Sms(shared::channels::Sms { to, ..sms }),
        (Channel::Email(email), None) if email.recipients.is_empty() => {
            let recipients = members(app).await.map_err(db::failure)?;
            if recipients.is_empty() {
                let message = "is required as long as the integration has no recipients";
                return Err(ApiError::field(FieldErrorKind::Missing, "to", message));
            }
            Channel::Email(shared::channels::Email { recipients, ..email })
        }
        (channel, _) => channel,
    })
}

async fn members(app: &App) -> Result<Vec<String>, DbError> {
    let client = db::client(&app.pool).await?;
    integrations::members(&client).await
}

/// Sends, and notes how it went. The answer is the integration as it was tried.
async fn attempt(
    app: &App,
    mut integration: Integration,
    channel: &Channel,
) -> Result<Integration, ApiError> {
    let Some(_leave) = app.outgoing.try_begin() else {
        let message = "Too many messages are on their way; try again in some seconds";
        return Err(ApiError::unavailable(message, 5));
    };
    let delivery = Delivery { id: Uuid::now_v7(), message: message(app) };
    let sent = app.outgoing.sender.send_within(TEST_TIMEOUT, channel, &delivery).await;
    note(app, &mut integration, sent.as_ref().err()).await;
    match sent {
        Ok(_) => Ok(integration),
        Err(error) => Err(failure(integration.name, error)),
    }
}

fn message(app: &App) -> Message {
    let text = "This message was sent to try the settings. Nothing has happened, and nobody needs \
                to do anything.";
    let mut message = Message::new("test", "A test message of Errata", text);
    message.link = Some(app.public_url.clone());
    message
}

/// That the outcome could not be noted is no reason to keep it from the client.
async fn note(app: &App, integration: &mut Integration, failure: Option<&SendError>) {
    let noted = async {
        let client = db::client(&app.pool).await?;
        integrations::note_outcome(&client, integration, failure).await
    };
    match noted.await {
        Ok(last_test) => integration.last_test = last_test.or(integration.last_test),
        Err(error) => {
            let error = ErrorChain(&error).to_string();
            tracing::warn!(error, "how a test message fared could not be noted");
        }
    }
    if failure.is_none() {
        integration.status = Status::Connected;
        integration.last_error = None;
    }
}

/// The reason is told in production, too: it is about settings of the caller's own, and the list of
/// integrations shows it.
fn failure(name: Name, error: SendError) -> ApiError {
    let message = format!("The test message did not go out: {}", error.sentence());
    ApiError::new(Code::ExternalService, message)
        .with_detail("service", name.as_str().into())
        .with_detail("reason", error.sentence().into())
        .with_cause(error)
}
