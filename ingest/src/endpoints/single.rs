//! `POST /api/errors`.

use std::sync::Arc;

use crate::receive::body::Incoming;
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::Full;
use shared::api::{ApiError, FieldErrorKind, Success, json_response};
use shared::batch::Entry;
use shared::ids::EventId;

use super::{Refusal, Submission};
use crate::answer::{ErrorAnswer, Ids};
use crate::decode::{json, report};
use crate::prepare::{self, Origin, Prepared};
use crate::receive::{body, client};
use crate::router::Body;

/// Takes one error and answers when it is durable.
pub(super) async fn post(
    submission: &Submission<'_>,
    incoming: Incoming,
) -> Result<Response<Body>, Refusal> {
    let Submission { context, project, received_at, .. } = submission;
    submission.admit_one().map_err(|standing| submission.limit_refusal(&standing))?;
    body::check_content_type(&context.headers, false)?;
    let idempotency_id = idempotency_id(&context.headers)?;
    let reservation = context.app.memory.reservation();
    let (bytes, reservation) =
        body::read(&context.headers, incoming, body::SINGLE, reservation).await?;

    let report = report::check(json::parse(&bytes)?, *received_at)?;
    let origin = Origin {
        received_at: *received_at,
        address: context.client,
        user_agent: client::user_agent(&context.headers),
        idempotency_id,
    };
    let prepared = prepare::prepare(report, &origin, project).map_err(ApiError::internal)?;
    let (entry, answer) = answer(prepared, submission.prefers_minimal());
    let Some(entry) = entry else {
        submission.count_rule_discard();
        return Ok(answer);
    };
    let queue = context.app.rate.queue(project.id, 1);
    submission
        .enqueue(queue, entry, &Arc::new(reservation))
        .durable(super::durable_deadline())
        .await
        .map_err(Refusal::Counted)?;
    Ok(answer)
}

/// What goes to the queue, and the answer for when it is durable. The event itself ends here: while its
/// request waits, nothing holds more memory than was reserved for the body.
fn answer(prepared: Prepared, minimal: bool) -> (Option<Entry>, Response<Body>) {
    let answer: Response<Vec<u8>> = if minimal {
        json_response(StatusCode::CREATED, &Success::new(Ids::of(&prepared)))
    } else {
        json_response(StatusCode::CREATED, &Success::new(ErrorAnswer::of(&prepared)))
    };
    (prepared.entry, answer.map(|body| Full::new(Bytes::from(body))))
}

/// The event id that stands for the request's `Idempotency-Key`.
fn idempotency_id(headers: &HeaderMap) -> Result<Option<EventId>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    key.map(|key| Some(EventId::from_idempotency_key(key))).ok_or_else(|| {
        let message = "must have 1 to 255 visible ASCII characters";
        ApiError::field(FieldErrorKind::OutOfRange, "Idempotency-Key", message)
    })
}
