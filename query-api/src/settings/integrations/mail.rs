//! Invitations by mail, where the email integration is set up.

use std::sync::Arc;
use std::time::Duration;

use shared::channels::{Channel, Delivery, Email, Message, SendError};
use shared::integrations::{self, Integration, Name, Unusable};
use shared::postgres::DbError;
use shared::telemetry::ErrorChain;
use uuid::Uuid;

use crate::app::App;
use crate::db;

/// How long an invitation waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// Who is invited, by whom and to what.
#[derive(Debug)]
pub(crate) struct Invitation {
    /// The address of whom it is for.
    pub(crate) to: String,
    /// The name of whoever invites.
    pub(crate) inviter: String,
    /// The role that waits for them.
    pub(crate) role: &'static str,
    /// Where it is accepted. Whoever has it can accept, so no log may show it.
    pub(crate) url: String,
}

/// Mails an invitation in the background. Without the email integration nothing happens; a failure is
/// noted there.
pub(crate) fn invitation(app: &Arc<App>, invitation: Invitation) {
    let sending = Arc::clone(app);
    // Among the changes, so that a shutdown waits for what is on its way.
    app.changes.spawn(async move {
        if let Err(error) = send(&sending, invitation).await {
            let error = ErrorChain(&error).to_string();
            tracing::warn!(error, "an invitation was not mailed");
        }
    });
}

/// Why an invitation was not mailed.
#[derive(Debug, thiserror::Error)]
enum MailError {
    #[error("failed to read or note the state of the email integration")]
    Database(#[source] DbError),
    #[error("the email integration can't be used")]
    Unusable(#[source] Unusable),
    #[error("too many messages are on their way")]
    Busy,
    #[error("failed to send")]
    Send(#[source] SendError),
}

async fn send(app: &App, invitation: Invitation) -> Result<(), MailError> {
    let Some(integration) = load(app).await.map_err(MailError::Database)? else { return Ok(()) };
    let channel = match integration.channel(&app.outgoing.secrets) {
        Ok(Channel::Email(email)) => {
            Channel::Email(Email { recipients: vec![invitation.to.clone()], ..email })
        }
        Ok(_) | Err(Unusable::NotConfigured) => return Ok(()),
        Err(unusable) => return Err(MailError::Unusable(unusable)),
    };
    let _leave = app.outgoing.begin(TURN_TIMEOUT).await.ok_or(MailError::Busy)?;
    let delivery = Delivery { id: Uuid::now_v7(), message: message(&invitation) };
    let sent = app.outgoing.sender.send(&channel, &delivery).await;
    note(app, &integration, sent.as_ref().err()).await.map_err(MailError::Database)?;
    sent.map_err(MailError::Send)
}

async fn load(app: &App) -> Result<Option<Integration>, DbError> {
    let client = db::client(&app.pool).await?;
    integrations::load(&client, Name::Email).await
}

async fn note(
    app: &App,
    integration: &Integration,
    failure: Option<&SendError>,
) -> Result<(), DbError> {
    let client = db::client(&app.pool).await?;
    integrations::note_outcome(&client, integration, failure).await?;
    Ok(())
}

fn message(invitation: &Invitation) -> Message {
    let Invitation { inviter, role, .. } = invitation;
    let text = format!(
        "{inviter} invites you to Errata, where errors of your applications are gathered, as \
         {role}. The link below is valid for 7 days and works once."
    );
    let mut message = Message::new("invitation", format!("{inviter} invites you to Errata"), text);
    message.link = Some(invitation.url.clone());
    message
}
