//! The doors of Sentry's SDKs.
//!
//! An event is durable before its request is answered, as at every other door. What is no event is counted
//! and answered with success, because an SDK that is refused would lose more than that.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::json;
use shared::access::AccessTable;
use shared::api::{ApiError, Code, json_response};
use shared::ids::EventId;
use shared::ledger::Outcome;

use super::{Refusal, Submission, Waiting, limit};
use crate::memory::Reservation;
use crate::prepare::{Origin, Prepared};
use crate::receive::auth::{self, Bearer};
use crate::receive::body::{self, Incoming};
use crate::receive::client;
use crate::receive::inflate::ContentEncoding;
use crate::router::{Body, Context};
use crate::sentry::credentials::{self, Dsn};
use crate::sentry::envelope::{Envelope, Item};
use crate::sentry::event::{self, Surroundings};
use crate::sentry::items::{self, Kind};
use crate::sentry::{Door, Form, store};

/// Says what went wrong to SDKs, which show nothing else.
const X_SENTRY_ERROR: HeaderName = HeaderName::from_static("x-sentry-error");

/// One transparent pixel.
const PIXEL: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\
    \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// What came through a door, taken apart.
#[derive(Debug)]
struct Content {
    /// The id in the first line of the envelope.
    event_id: Option<EventId>,
    dsn: Option<Dsn>,
    event: Option<Bytes>,
    /// What clients say they lost, and why.
    lost: Vec<(&'static str, usize)>,
    /// What nothing is kept of.
    discarded: Vec<Kind>,
    reservation: Reservation,
}

/// A request at a door.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) door: Door,
    pub(crate) method: &'a Method,
    pub(crate) context: &'a Context<'a>,
}

/// Takes what a request brings through a door.
pub(crate) async fn submit(call: Call<'_>, incoming: Incoming) -> Result<Response<Body>, ApiError> {
    let answered = admit(call, incoming, shared::time::now()).await;
    answered.map_err(|error| {
        let code = HeaderValue::from_static(error.code().as_str());
        error.with_headers([(X_SENTRY_ERROR, code)])
    })
}

async fn admit(
    call: Call<'_>,
    incoming: Incoming,
    received_at: DateTime<Utc>,
) -> Result<Response<Body>, ApiError> {
    let context = call.context;
    let refuse = |error: &ApiError| context.app.ledger.refuse(None, received_at, error, 1);
    let table = super::keys(context).inspect_err(refuse)?;
    let given = call.sender(&table, received_at).inspect_err(refuse)?;
    let content = match &given {
        Some(sender) => sender.read(call, incoming).await,
        None => read(call, incoming, body::ENVELOPE).await.inspect_err(refuse),
    };
    let (sender, content) = match (given, content) {
        (Some(sender), content) => (sender, content),
        (None, content) => {
            let content = content?;
            let sender = call.sender_in(&table, &content, received_at).inspect_err(refuse)?;
            (sender, Ok(content))
        }
    };
    let taken = match content {
        Ok(content) => sender.take(call, content).await,
        Err(error) => Err(Refusal::Whole(error)),
    };
    let answered = taken.map_err(|refusal| match refusal {
        Refusal::Whole(error) => {
            sender.refuse(&error, 1);
            error
        }
        Refusal::Counted(error) => error,
    });
    let answered =
        answered.map(|id| if *call.method == Method::POST { answer(id) } else { pixel() });
    limit::mark_standing(context, &sender.caller, received_at, answered)
}

impl<'a> Call<'a> {
    /// Who sends, by the key in headers or query; none where it must stand in the envelope.
    fn sender(
        self,
        table: &AccessTable,
        received_at: DateTime<Utc>,
    ) -> Result<Option<Submission<'a>>, ApiError> {
        let headers = &self.context.headers;
        let bearer = match credentials::given(headers, self.context.query.as_deref())? {
            Some(key) => dsn_bearer(table, key)?,
            None if headers.contains_key("x-api-key") => auth::bearer(table, headers, received_at)?,
            None if self.form() == Form::Envelope => return Ok(None),
            None => return Err(credentials::missing_key()),
        };
        self.sender_of(table, bearer, received_at).map(Some)
    }

    /// Who sends, by the DSN in the envelope.
    fn sender_in(
        self,
        table: &AccessTable,
        content: &Content,
        received_at: DateTime<Utc>,
    ) -> Result<Submission<'a>, ApiError> {
        let dsn = content.dsn.ok_or_else(credentials::missing_key)?;
        self.sender_of(table, dsn_bearer(table, dsn.key)?, received_at)
    }

    /// What the body is. Envelopes also come through the door of events, named by their type.
    fn form(self) -> Form {
        let content_type = self.context.headers.get(header::CONTENT_TYPE);
        let says_envelope = content_type
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.trim_start().starts_with("application/x-sentry-envelope"));
        if says_envelope { Form::Envelope } else { self.door.form }
    }

    fn sender_of(
        self,
        table: &AccessTable,
        bearer: Bearer,
        received_at: DateTime<Utc>,
    ) -> Result<Submission<'a>, ApiError> {
        let project = auth::named_project(table, bearer, self.door.project)?;
        Ok(Submission { context: self.context, project, caller: bearer.caller, received_at })
    }
}

fn dsn_bearer(table: &AccessTable, key: uuid::Uuid) -> Result<Bearer, ApiError> {
    auth::dsn_bearer(table, key).ok_or_else(credentials::unknown_key)
}

impl Submission<'_> {
    /// Reads what came. From a sender whose limit is used up only as much as reports of losses, which are
    /// never limited, may have.
    async fn read(&self, call: Call<'_>, incoming: Incoming) -> Result<Content, ApiError> {
        let Some(standing) = self.exhausted() else {
            return read(call, incoming, body::ENVELOPE).await;
        };
        let content = read(call, incoming, body::SINGLE).await;
        content.map_err(|error| match error.code() {
            Code::PayloadTooLarge => self.limit_refusal(&standing),
            _ => error,
        })
    }

    /// Makes the event durable and counts everything else. Answers the event's id.
    async fn take(&self, call: Call<'_>, content: Content) -> Result<Option<EventId>, Refusal> {
        self.check_dsn(call, content.dsn)?;
        for (reason, events) in &content.lost {
            self.count_as(Outcome::ClientDiscarded, reason, *events);
        }
        content.discarded.iter().for_each(|kind| self.count_discarded(*kind));
        let Some(item) = content.event else { return Ok(content.event_id) };
        self.admit_one().map_err(|standing| self.limit_refusal(&standing))?;
        let surroundings = Surroundings {
            event_id: content.event_id,
            origin: Origin {
                received_at: self.received_at,
                address: self.context.client,
                user_agent: client::user_agent(&call.context.headers),
                idempotency_id: None,
            },
            project: self.project.clone(),
        };
        let prepared = prepare(item, surroundings, &content.reservation).await?;
        let Some(prepared) = prepared else {
            self.count_discarded(Kind::Transaction);
            return Ok(content.event_id);
        };
        let id = prepared.event.event_id;
        let Some(entry) = prepared.entry else {
            self.count_rule_discard();
            return Ok(Some(id));
        };
        let queue = self.context.app.rate.queue(self.project.id, 1);
        let waiting: Waiting = self.enqueue(queue, entry, &Arc::new(content.reservation));
        waiting.durable(super::durable_deadline()).await.map_err(Refusal::Counted)?;
        Ok(Some(id))
    }

    /// A DSN in an envelope must be of the project that the request names.
    fn check_dsn(&self, call: Call<'_>, dsn: Option<Dsn>) -> Result<(), ApiError> {
        let Some(dsn) = dsn else { return Ok(()) };
        let own = super::keys(call.context)?.dsn_project(dsn.key);
        if dsn.project == self.project.id && own == Some(dsn.project) {
            return Ok(());
        }
        Err(credentials::disagreement("dsn"))
    }

    fn count_discarded(&self, kind: Kind) {
        self.count_as(Outcome::Discarded, kind.as_str(), 1);
    }

    fn count_as(&self, outcome: Outcome, reason: &'static str, events: usize) {
        let ledger = &self.context.app.ledger;
        ledger.count(Some(self.project.id), self.received_at, outcome, reason, events);
    }
}

/// Reads the body, wherever it stands, and takes it apart.
async fn read(
    call: Call<'_>,
    incoming: Incoming,
    limits: body::Limits,
) -> Result<Content, ApiError> {
    let context = call.context;
    let reservation = context.app.memory.reservation();
    let (bytes, reservation) = if *call.method == Method::POST {
        let encoding = ContentEncoding::lenient(&context.headers);
        body::read_as(encoding, incoming, limits, reservation).await?
    } else {
        let query = context.query.as_deref().unwrap_or_default();
        let data = credentials::parameter(query, "sentry_data").unwrap_or_default();
        (Bytes::from(data), reservation)
    };
    let form = call.form();
    if bytes.len() < body::INLINE_BYTES {
        return unpack(form, bytes, reservation);
    }
    let unpacking = tokio::task::spawn_blocking(move || unpack(form, bytes, reservation));
    unpacking.await.map_err(ApiError::internal)?
}

fn unpack(form: Form, bytes: Bytes, mut reservation: Reservation) -> Result<Content, ApiError> {
    if form == Form::Store {
        let event = Some(store::unpack(bytes, &mut reservation)?);
        let (lost, discarded) = (Vec::new(), Vec::new());
        return Ok(Content { event_id: None, dsn: None, event, lost, discarded, reservation });
    }
    let envelope = Envelope::read(&bytes)?;
    let (events, others): (Vec<Item>, Vec<Item>) =
        envelope.items()?.into_iter().partition(|item| item.kind == Kind::Event);
    let mut events = events.into_iter().map(|item| item.payload);
    let event = events.next();
    if events.next().is_some() {
        let message = "An envelope may hold one event";
        return Err(ApiError::new(Code::MalformedJson, message));
    }
    let (reports, others): (Vec<Item>, Vec<Item>) =
        others.into_iter().partition(|item| item.kind == Kind::ClientReport);
    let lost = items::lost_events(reports.iter().map(|report| &report.payload[..]));
    let discarded = others.into_iter().map(|item| item.kind).collect();
    let (event_id, dsn) = (envelope.event_id, envelope.dsn()?);
    Ok(Content { event_id, dsn, event, lost, discarded, reservation })
}

/// Reads and names the event, a large one off the threads that serve requests. Of small ones no more are
/// read at a time than there are such threads, so that their memory is not asked for.
async fn prepare(
    item: Bytes,
    with: Surroundings,
    reservation: &Reservation,
) -> Result<Option<Prepared>, ApiError> {
    if item.len() < body::INLINE_BYTES {
        return event::prepare(&item, &with);
    }
    let mut room = reservation.beside();
    let preparing = tokio::task::spawn_blocking(move || {
        let bytes = event::room(&item)?;
        // Waiting would not help.
        if bytes > room.budget() {
            return Err(event::too_large(item.len() * room.budget() / bytes));
        }
        room.grow_to(bytes).map_err(body::out_of_memory)?;
        event::prepare(&item, &with)
    });
    preparing.await.map_err(ApiError::internal)?
}

/// The answer that SDKs know: the id without dashes, or an empty object.
fn answer(id: Option<EventId>) -> Response<Body> {
    let body = id.map_or_else(|| json!({}), |id| json!({"id": id.0.simple().to_string()}));
    let response: Response<Vec<u8>> = json_response(StatusCode::OK, &body);
    response.map(|body| Full::new(Bytes::from(body)))
}

/// What a client gets that sent its event as an image.
fn pixel() -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from_static(PIXEL)));
    let kind = HeaderValue::from_static("image/gif");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
