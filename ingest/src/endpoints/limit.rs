//! What the limits of its key mean for a submission.

use chrono::{DateTime, Utc};
use http::Response;
use shared::api::ApiError;
use shared::rate_limit::{Caller, Holder, Standing};
use shared::routes::Class;

use super::Submission;
use crate::router::{Body, Context};

impl Submission<'_> {
    /// Counts one event, before anything of the body is read.
    pub(super) fn admit_one(&self) -> Result<(), Standing> {
        match self.ask(1) {
            Some(standing) if standing.granted == 0 => Err(standing),
            _ => Ok(()),
        }
    }

    /// Counts the items of a batch, of which the first has been counted. Answers how many of them fit.
    pub(super) fn admit_items(&self, items: usize) -> usize {
        let others = u32::try_from(items.saturating_sub(1)).unwrap_or(u32::MAX);
        self.ask(others).map_or(items, |standing| items.min(standing.granted as usize + 1))
    }

    /// Counts the items of a batch that do not fit as refused, and gives each its refusal.
    pub(super) fn refuse_items(&self, items: usize) -> impl Iterator<Item = ApiError> + use<> {
        let standing = if items > 0 { self.ask(0) } else { None };
        if let Some(standing) = &standing {
            self.refuse(&standing.refusal(), items);
        }
        standing.into_iter().flat_map(move |standing| {
            std::iter::repeat_with(move || standing.refusal()).take(items)
        })
    }

    /// The refusal of what does not fit. Behind the key of a DSN there may be one of Sentry's SDKs.
    pub(super) fn limit_refusal(&self, standing: &Standing) -> ApiError {
        match self.caller.holder {
            Holder::Dsn(_) => standing.sentry_refusal(),
            Holder::ApiKey(_) => standing.refusal(),
        }
    }

    /// Whether no event would fit now. Counts nothing.
    pub(super) fn exhausted(&self) -> Option<Standing> {
        self.ask(0).filter(|standing| standing.remaining == 0)
    }

    fn ask(&self, events: u32) -> Option<Standing> {
        let limiter = &self.context.app.limiter;
        limiter.admit(&self.caller, Class::Errors, events, self.received_at)
    }
}

/// Says in the answer where a limited key stands.
pub(super) fn mark_standing(
    context: &Context<'_>,
    caller: &Caller,
    received_at: DateTime<Utc>,
    answer: Result<Response<Body>, ApiError>,
) -> Result<Response<Body>, ApiError> {
    match context.app.limiter.admit(caller, Class::Errors, 0, received_at) {
        Some(standing) => standing.mark(answer),
        None => answer,
    }
}
