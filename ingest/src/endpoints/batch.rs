//! `POST /api/errors/batch`.

use std::sync::Arc;

use crate::receive::body::Incoming;
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::access::Project;
use shared::api::{ApiError, Code, Success, json_response};
use shared::config::Environment;

use super::{Refusal, Submission, Waiting};
use crate::answer::Ids;
use crate::decode::{batch, json, report};
use crate::memory::Reservation;
use crate::prepare::{self, Origin, Prepared};
use crate::receive::{body, client};
use crate::router::Body;

/// Items prepared before other requests get a turn on this thread.
const TURN: usize = 16;

#[derive(Debug, Serialize)]
struct BatchAnswer {
    accepted: usize,
    rejected: usize,
    results: Vec<ItemAnswer>,
}

/// What became of one item.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ItemAnswer {
    Accepted(Ids),
    Rejected(Map<String, Value>),
}

/// An item that was handed over, or why it was not. Nothing is waited for that a rule discards.
type Item = Result<(Ids, Option<Waiting>), ApiError>;

/// Takes many errors; each stands for itself.
pub(super) async fn post(
    submission: &Submission<'_>,
    incoming: Incoming,
) -> Result<Response<Body>, Refusal> {
    let Submission { context, project, received_at, .. } = submission;
    let exhausted = submission.admit_one();
    // A small one is read all the same, so that its events can be counted.
    if let Err(standing) = &exhausted
        && !body::is_at_most(&incoming, body::SINGLE.wire)
    {
        return Err(submission.limit_refusal(standing).into());
    }
    let (mut items, reservation) = read(submission, incoming).await?;
    if let Err(standing) = &exhausted {
        let error = submission.limit_refusal(standing);
        submission.refuse(&error, items.len().max(1));
        return Err(Refusal::Counted(error));
    }
    let unfitting = items.split_off(submission.admit_items(items.len()));

    let origin = Origin {
        received_at: *received_at,
        address: context.client,
        user_agent: client::user_agent(&context.headers),
        idempotency_id: None,
    };
    let queue = context.app.rate.queue(project.id, items.len());
    let memory = Arc::new(reservation);
    let mut waiting: Vec<Item> = Vec::with_capacity(items.len() + unfitting.len());
    for (turn, item) in items.into_iter().enumerate() {
        let prepared = prepare_item(&item, &origin, project);
        waiting.push(match prepared {
            Ok(prepared) => {
                let ids = Ids::of(&prepared);
                let entry = prepared.entry;
                Ok((ids, entry.map(|entry| submission.enqueue(queue, entry, &memory))))
            }
            Err(error) => {
                submission.refuse(&error, 1);
                Err(error)
            }
        });
        if turn % TURN == TURN - 1 {
            tokio::task::yield_now().await;
        }
    }
    waiting.extend(submission.refuse_items(unfitting.len()).map(Err));
    let discarded = waiting.iter().filter(|item| matches!(item, Ok((_, None)))).count();
    let answer = await_all(waiting, context.app.config.service.environment)
        .await
        .map_err(Refusal::Counted)?;
    // Only now: a batch that is refused is sent again.
    for _ in 0..discarded {
        submission.count_rule_discard();
    }
    let response: Response<Vec<u8>> = json_response(StatusCode::OK, &Success::new(answer));
    Ok(response.map(|body| Full::new(Bytes::from(body))))
}

/// The items, as they came.
async fn read(
    submission: &Submission<'_>,
    incoming: Incoming,
) -> Result<(Vec<Bytes>, Reservation), ApiError> {
    let context = submission.context;
    body::check_content_type(&context.headers, true)?;
    let reservation = context.app.memory.reservation();
    let (bytes, reservation) =
        body::read(&context.headers, incoming, body::BATCH, reservation).await?;
    split(bytes, reservation).await
}

/// Splits the body, off the threads that serve requests when there is much to read.
async fn split(
    body: Bytes,
    mut reservation: Reservation,
) -> Result<(Vec<Bytes>, Reservation), ApiError> {
    if body.len() < body::INLINE_BYTES {
        return Ok((batch::split(&body, &mut reservation)?, reservation));
    }
    let splitting = tokio::task::spawn_blocking(move || {
        let items = batch::split(&body, &mut reservation)?;
        Ok((items, reservation))
    });
    splitting.await.map_err(ApiError::internal)?
}

fn prepare_item(item: &Bytes, origin: &Origin, project: &Project) -> Result<Prepared, ApiError> {
    if item.len() > body::SINGLE.inflated {
        let message = format!("An item may have at most {} bytes", body::SINGLE.inflated);
        return Err(ApiError::new(Code::PayloadTooLarge, message));
    }
    let report = report::check(json::parse(item)?, origin.received_at)?;
    prepare::prepare(report, origin, project).map_err(ApiError::internal)
}

/// Waits for every item, all by one deadline. When none could be made durable, the whole request
/// failed.
async fn await_all(waiting: Vec<Item>, environment: Environment) -> Result<BatchAnswer, ApiError> {
    let deadline = super::durable_deadline();
    let mut results = Vec::with_capacity(waiting.len());
    let mut accepted = 0;
    let mut undurable: Option<ApiError> = None;
    for item in waiting {
        let outcome = match item {
            Ok((ids, Some(waiting))) => waiting.durable(deadline).await.map(|()| ids),
            Ok((ids, None)) => Ok(ids),
            Err(error) => Err(error),
        };
        results.push(match outcome {
            Ok(ids) => {
                accepted += 1;
                ItemAnswer::Accepted(ids)
            }
            Err(error) => {
                let answer = ItemAnswer::Rejected(error.to_json(environment));
                if error.code() == Code::ServiceUnavailable {
                    undurable = Some(error);
                }
                answer
            }
        });
    }
    match undurable {
        Some(error) if accepted == 0 => Err(error),
        _ => Ok(BatchAnswer { accepted, rejected: results.len() - accepted, results }),
    }
}
