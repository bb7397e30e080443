//! What a request's event costs and does, without a request: for benchmarks and fuzzing.
//!
//! Nothing is handed over, and nothing is answered; the way up to there is that of the doors.

use std::sync::Arc;

use bytes::Bytes;
use shared::access::Project;
use shared::api::ApiError;
use shared::batch::Batch;
use shared::event::Event;
use shared::ids::{BatchId, EventId, InstanceId, ProjectId};
use shared::payload::PayloadError;
use shared::sanitise;

use crate::decode::{json, report};
use crate::memory::MemoryBudget;
use crate::prepare::{self, IdBy, Named, Origin};
use crate::sentry::envelope::Envelope;
use crate::sentry::event::{self, Surroundings};
use crate::sentry::items::{self, Kind};
use crate::sentry::store;

/// Memory that unpacking may take.
const MEMORY: usize = 64 << 20;

/// Reads an envelope and everything in it: its events as they would be stored, sanitised and named. Packing
/// them is [`shared::payload::encode`].
///
/// # Errors
/// Those that its client would be answered.
pub fn envelope(body: &Bytes) -> Result<Vec<Event>, ApiError> {
    each_event(body, |item, with| Ok(event::named(item, with)?.map(|(named, _)| named.event)))
}

/// The first step of [`envelope`]: its events as they were read, with their secrets.
///
/// # Errors
/// Those that its client would be answered.
pub fn decoded_envelope(body: &Bytes) -> Result<Vec<Event>, ApiError> {
    each_event(body, |item, with| Ok(event::decoded(item, with)?.map(|(event, _)| event)))
}

fn each_event(
    body: &Bytes,
    read: impl Fn(&[u8], &Surroundings) -> Result<Option<Event>, ApiError>,
) -> Result<Vec<Event>, ApiError> {
    let envelope = Envelope::read(body)?;
    let with = surroundings(envelope.event_id);
    let mut events = Vec::new();
    for item in envelope.items()? {
        match item.kind {
            Kind::Event => events.extend(read(&item.payload, &with)?),
            Kind::ClientReport => drop(items::lost_events(std::iter::once(&item.payload[..]))),
            _ => {}
        }
    }
    Ok(events)
}

/// Reads a body of the JSON API: the event as it was read, with its secrets.
///
/// # Errors
/// Those that its client would be answered.
pub fn decoded_report(body: &[u8]) -> Result<Event, ApiError> {
    let Surroundings { origin, project, .. } = surroundings(None);
    let report = report::check(json::parse(body)?, origin.received_at)?;
    let id = report.event_id.unwrap_or_else(EventId::generate);
    Ok(prepare::event(report, &origin, &project, id))
}

/// An event that waits to be written, sanitised and named.
#[derive(Debug, Clone)]
pub struct Ready(Named);

/// Sanitises and names an event that was read.
#[must_use]
pub fn ready(event: Event) -> Ready {
    Ready(prepare::name(event, &surroundings(None).project))
}

/// The message to the broker that holds these events, written and compressed.
///
/// # Errors
/// When an event can't be packed.
pub fn message(events: Vec<Ready>) -> Result<Vec<u8>, PayloadError> {
    let prepared = events.into_iter().map(|ready| ready.0.enter(IdBy::Client));
    let entries = prepared.filter_map(|prepared| prepared.map(|it| it.entry).transpose());
    let entries = entries.collect::<Result<_, _>>()?;
    let (batch_id, instance) = (BatchId::generate(), InstanceId::generate());
    Ok(Batch { batch_id, instance, entries }.encode())
}

/// Reads a body of the door of single events; none for a transaction.
///
/// # Errors
/// Those that its client would be answered.
pub fn stored(body: &Bytes) -> Result<Option<Event>, ApiError> {
    let mut reservation = MemoryBudget::new(MEMORY).reservation();
    let json = store::unpack(body.clone(), &mut reservation)?;
    Ok(event::named(&json, &surroundings(None))?.map(|(named, _)| named.event))
}

fn surroundings(event_id: Option<EventId>) -> Surroundings {
    let origin = Origin {
        received_at: shared::time::now(),
        address: [203, 0, 113, 9].into(),
        user_agent: None,
        idempotency_id: None,
    };
    let project = Project {
        id: ProjectId(1),
        keep_ip_addresses: true,
        sanitising_rules: Arc::new(sanitise::Rules::default()),
        rules: Arc::default(),
    };
    Surroundings { event_id, origin, project }
}
