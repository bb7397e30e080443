//! What a request's event costs and does, without a request: for benchmarks and fuzzing.
//!
//! Nothing is handed over, and nothing is answered; the way up to there is that of the doors.

use std::sync::Arc;

use bytes::Bytes;
use shared::access::Project;
use shared::api::ApiError;
use shared::event::Event;
use shared::ids::ProjectId;
use shared::sanitise;

use crate::memory::MemoryBudget;
use crate::prepare::Origin;
use crate::sentry::envelope::Envelope;
use crate::sentry::event::{self, Surroundings};
use crate::sentry::items::{self, Kind};
use crate::sentry::store;

/// Memory that unpacking may take.
const MEMORY: usize = 64 << 20;

/// Reads an envelope and everything in it: its events as they would be stored, sanitised and named.
///
/// # Errors
/// Those that its client would be answered.
pub fn envelope(body: &Bytes) -> Result<Vec<Event>, ApiError> {
    let envelope = Envelope::read(body)?;
    let with = surroundings(envelope.event_id);
    let mut events = Vec::new();
    for item in envelope.items()? {
        match item.kind {
            Kind::Event => {
                events.extend(event::prepare(&item.payload, &with)?.map(|prepared| prepared.event));
            }
            Kind::ClientReport => drop(items::lost_events(std::iter::once(&item.payload[..]))),
            _ => {}
        }
    }
    Ok(events)
}

/// Reads a body of the door of single events; none for a transaction.
///
/// # Errors
/// Those that its client would be answered.
pub fn stored(body: &Bytes) -> Result<Option<Event>, ApiError> {
    let mut reservation = MemoryBudget::new(MEMORY).reservation();
    let json = store::unpack(body.clone(), &mut reservation)?;
    Ok(event::prepare(&json, &surroundings(None))?.map(|prepared| prepared.event))
}

fn surroundings(event_id: Option<shared::ids::EventId>) -> Surroundings {
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
