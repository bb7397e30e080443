//! One attempt to deliver, and what it comes to.

use std::time::Duration;

use shared::channels::{Channel, Delivery, Message, SendError};
use shared::integrations::Unusable;
use shared::telemetry::metrics::{self, Counter, Histogram};

use super::Deliverer;
use super::claim::{Due, Route};
use crate::alerts::notice::Notice;
use crate::alerts::wording;

/// What an attempt came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It arrived; the note says for whom it did not.
    Delivered { note: Option<String> },
    /// It failed, and is tried again within a time.
    Retried { error: String, within: Duration },
    /// It failed for good.
    Failed { error: String },
}

impl Outcome {
    /// The word for metrics and logs.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Delivered { .. } => "delivered",
            Self::Retried { .. } => "retried",
            Self::Failed { .. } => "failed",
        }
    }
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error(
        "{channel} is not set up: set it up under the settings' integrations, or take it out of the rule"
    )]
    NotSetUp { channel: &'static str },
    #[error("{channel} can't be used: {why}")]
    Unusable { channel: &'static str, why: Unusable },
    #[error("what it should tell is no longer stored")]
    NoContent,
    /// Another version of the worker has written it, and may be there to send it.
    #[error("this version of the worker can't read what it should tell")]
    Unreadable,
    #[error("given up: {attempts} attempts were begun, and the last ones never ended")]
    CutOff { attempts: u32 },
}

impl NotSent {
    fn is_transient(&self) -> bool {
        match self {
            // A key can be mended, and a worker be brought up to date.
            Self::Unusable { .. } | Self::Unreadable => true,
            Self::NotSetUp { .. } | Self::NoContent | Self::CutOff { .. } => false,
        }
    }
}

impl Deliverer {
    /// Makes the attempt and writes down how it went, on the delivery and on the integration.
    pub(super) async fn deliver(&self, route: &Route, due: &Due) {
        let sent = match self.prepare(route, due) {
            Ok((channel, delivery)) => self.sender.send(channel, &delivery).await,
            Err(error) => {
                let outcome = self.failed(due, error.is_transient(), error.to_string());
                return self.conclude(route, due, &outcome).await;
            }
        };
        let outcome = match &sent {
            Ok(receipt) => Outcome::Delivered { note: receipt.note() },
            Err(error) => self.failed(due, error.is_transient(), error.sentence()),
        };
        self.conclude(route, due, &outcome).await;
        self.note(route, sent.as_ref().err()).await;
    }

    fn prepare<'a>(&self, route: &'a Route, due: &Due) -> Result<(&'a Channel, Delivery), NotSent> {
        let name = route.name.as_str();
        let channel = route.channel.as_ref().map_err(|unusable| match unusable {
            Unusable::NotConfigured => NotSent::NotSetUp { channel: name },
            why @ Unusable::Unreadable => NotSent::Unusable { channel: name, why: *why },
        })?;
        if !self.retries.allows(due.attempt) {
            return Err(NotSent::CutOff { attempts: due.attempt });
        }
        Ok((channel, Delivery { id: due.delivery_id, message: self.message(due)? }))
    }

    fn message(&self, due: &Due) -> Result<Message, NotSent> {
        let content = due.content.clone().ok_or(NotSent::NoContent)?;
        let notice: Notice = serde_json::from_value(content).map_err(|_| NotSent::Unreadable)?;
        Ok(wording::message(&notice, &self.public_url))
    }

    fn failed(&self, due: &Due, is_transient: bool, error: String) -> Outcome {
        let next = self.retries.after(due.attempt).filter(|_| is_transient);
        match next {
            Some(within) => Outcome::Retried { error, within },
            None => Outcome::Failed { error },
        }
    }

    async fn conclude(&self, route: &Route, due: &Due, outcome: &Outcome) {
        let channel = route.name.as_str();
        metrics::count(Counter::DeliveriesTotal, outcome.label(), channel, 1);
        if let Outcome::Delivered { .. } = outcome {
            let took = (shared::time::now() - due.created_at).to_std().unwrap_or_default();
            metrics::observe(Histogram::DeliveryDurationSeconds, channel, took.as_secs_f64());
        }
        self.settle(route.name, due, outcome).await;
        // Why it failed stands with the delivery. It may quote addresses, so it is not logged.
        let (project, delivery) = (due.project_id.0, due.delivery_id);
        match outcome {
            Outcome::Delivered { note: None } => {
                tracing::debug!(project.id = project, %delivery, channel, "delivered");
            }
            Outcome::Delivered { note: Some(_) } => {
                tracing::warn!(project.id = project, %delivery, channel, "delivered, not to everybody");
            }
            Outcome::Retried { .. } => {
                tracing::info!(project.id = project, %delivery, channel, "not delivered yet");
            }
            Outcome::Failed { .. } => {
                tracing::warn!(project.id = project, %delivery, channel, "not delivered, for good");
            }
        }
    }

    /// Notes on the integration how a message fared that was sent through it.
    async fn note(&self, route: &Route, failure: Option<&SendError>) {
        let Some(integration) = &route.integration else { return };
        self.note_outcome(integration, failure).await;
    }
}
