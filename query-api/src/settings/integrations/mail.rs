//! Invitations by mail, where the email integration is set up.

use std::sync::Arc;
use std::time::Duration;

use shared::channels::{Channel, Delivery, Email, Message, SendError};
use shared::config::Secret;
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
    pub(crate) url: Secret,
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
    // It has one recipient: what is taken is taken for them.
    sent.map(drop).map_err(MailError::Send)
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
    message.link = Some(invitation.url.expose().to_owned());
    message
}

#[cfg(test)]
mod tests {
    use deploy::receivers::{SmtpOptions, SmtpReceiver};
    use deploy::testing::Sandbox;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::config::Config;
    use crate::live::Connections;

    const URL: &str = "https://errors.example/invite#token=secret-token";

    /// The parts of a service over an empty database.
    async fn app(sandbox: &Sandbox) -> Arc<App> {
        let config = Config::from_lookup(&|name| match name {
            "ENVIRONMENT" => Some("development".to_owned()),
            "NOTIFY_ALLOW_PRIVATE" => Some("on".to_owned()),
            "DATABASE_URL" => Some(sandbox.database_url()),
            "REDIS_URL" => Some(sandbox.redis_url().to_owned()),
            _ => None,
        })
        .unwrap();
        worker::migrate::run(&config.postgres, config.service.environment).await.unwrap();
        let pool =
            shared::postgres::pool(&config.postgres, "test", Duration::from_secs(5)).unwrap();
        let redis = shared::redis::client(&config.redis).unwrap();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let redis = Connections { shared: redis.clone(), waiting: redis };
        Arc::new(App::new(config, pool, redis, metrics, CancellationToken::new()).unwrap())
    }

    async fn set_up(app: &App, port: u16) {
        let sql = "UPDATE integrations SET status = 'configured', config = jsonb_build_object(
            'smtp_server', $1::text, 'from_email', 'errata@shop.example') WHERE name = 'email'";
        let client = db::client(&app.pool).await.unwrap();
        client.execute(sql, &[&format!("127.0.0.1:{port}")]).await.unwrap();
    }

    /// Invites, and waits until nothing goes on in the background.
    async fn invite(app: &Arc<App>) -> Integration {
        let invited = Invitation {
            to: "ann@shop.example".to_owned(),
            inviter: "Bob".to_owned(),
            role: "developer",
            url: Secret::new(URL),
        };
        invitation(app, invited);
        app.changes.close();
        app.changes.wait().await;
        load(app).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn an_invitation_is_mailed_to_whom_it_is_for() {
        let sandbox = Sandbox::new().await.unwrap();
        let app = app(&sandbox).await;
        assert_eq!(invite(&app).await.status.as_str(), "not_configured");

        let receiver = SmtpReceiver::start(SmtpOptions::default()).await.unwrap();
        set_up(&app, receiver.port()).await;
        assert_eq!(invite(&app).await.status.as_str(), "connected");
        let mails = receiver.mails();
        let [mail] = mails.as_slice() else { panic!("{mails:?}") };
        assert_eq!(mail.to, ["ann@shop.example"]);
        assert!(mail.text.contains("Subject: Bob invites you to Errata\r\n"), "{}", mail.text);
        // Long lines come as quoted-printable.
        let text = mail.text.replace("=\r\n", "").replace("=3D", "=");
        assert!(text.contains(URL) && text.contains("as developer"), "{text}");
        drop(app);
        sandbox.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_failure_is_noted_without_the_invitation() {
        let sandbox = Sandbox::new().await.unwrap();
        let app = app(&sandbox).await;
        let refusal = Some("550 5.1.1 nobody here".to_owned());
        let options = SmtpOptions { refusal, ..SmtpOptions::default() };
        let receiver = SmtpReceiver::start(options).await.unwrap();
        set_up(&app, receiver.port()).await;
        let email = invite(&app).await;
        assert_eq!(email.status.as_str(), "error");
        let error = email.last_error.unwrap();
        assert!(error.contains("nobody here") && !error.contains("secret-token"), "{error}");
        drop(app);
        sandbox.close().await.unwrap();
    }
}
