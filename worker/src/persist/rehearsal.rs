//! What storing costs before Postgres is asked, for benchmarks: there is no database here, and nothing is
//! stored.
//!
//! Every error, facet and project counts as known, as nearly all are in a running installation.

use std::collections::HashMap;
use std::error::Error;

use bytes::{Bytes, BytesMut};
use shared::batch::{Batch, BatchError};
use shared::ids::{ErrorId, ProjectId};
use tokio_postgres::types::Type;

use super::arrival::{Arrival, Message};
use super::days::Days;
use super::events::{self, Columns, New};
use super::names::{Name, Names};
use super::watched::Watched;
use super::{Budgets, Store, facets};

/// The types of the columns, in the order of the statement that inserts events.
const TYPES: [Type; 9] = [
    Type::INT4_ARRAY,
    Type::UUID_ARRAY,
    Type::DATE_ARRAY,
    Type::INT8_ARRAY,
    Type::TIMESTAMPTZ_ARRAY,
    Type::TIMESTAMPTZ_ARRAY,
    Type::INT4_ARRAY,
    Type::INT2_ARRAY,
    Type::BYTEA_ARRAY,
];

/// Everything that a transaction would have looked up for a message.
#[derive(Debug)]
pub struct Rehearsal {
    message: Message,
    days: Days,
    names: Names,
    facets: facets::Resolved,
    stored_bytes: HashMap<ProjectId, u64>,
    watched: Watched,
}

impl Rehearsal {
    /// Reads a message of ingest.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(message: Bytes) -> Result<Self, BatchError> {
        let message = Message::from(Batch::decode(message)?);
        let entries = || message.batch.entries.iter();
        let mut rehearsal = Self {
            days: Days::new(90),
            names: Names::new(),
            facets: entries().map(|entry| ((entry.project_id, entry.facet.clone()), 1)).collect(),
            stored_bytes: entries().map(|entry| (entry.project_id, 0)).collect(),
            watched: Watched::default(),
            message: message.clone(),
        };
        for (entry, number) in entries().zip(1..) {
            let key: (ProjectId, ErrorId) = (entry.project_id, entry.error_id);
            rehearsal.names.entry(key).or_insert_with(|| known(number));
        }
        Ok(rehearsal)
    }

    /// Makes the rows of the events and writes them in the form that Postgres takes: one array for each
    /// column.
    ///
    /// # Errors
    /// When a value can't be written.
    pub fn rows(&self) -> Result<BytesMut, Box<dyn Error + Send + Sync>> {
        let arrivals: Vec<Arrival<'_>> = self.message.arrivals(&self.days).collect();
        let budgets = Budgets { error_payloads_per_hour: u32::MAX, project_bytes: u64::MAX };
        let store = Store {
            facets: &self.facets,
            budgets,
            stored_bytes: &self.stored_bytes,
            watched: &self.watched,
        };
        let first = events::first_of_each_key(&arrivals);
        let new: Vec<New<'_>> = events::spent(first, &self.names, store)?;
        let columns = Columns::of(&new, &self.names, store)?;
        let mut written = BytesMut::new();
        for (column, kind) in columns.parameters().into_iter().zip(&TYPES) {
            // An array as a whole is never null.
            let _not_null = column.to_sql_checked(kind, &mut written)?;
        }
        Ok(written)
    }
}

/// An error that is known already, and whose budget is untouched.
fn known(number: i64) -> Name {
    Name {
        group_id: number,
        error_id: number,
        known: true,
        merged: false,
        payload_hour: None,
        payloads: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use shared::batch::{Entry, Facet};
    use shared::event::Level;
    use shared::ids::{BatchId, EventId, Fingerprint, InstanceId};
    use shared::payload::Payload;
    use uuid::Uuid;

    use super::*;

    fn message(payload: &'static [u8], events: usize) -> Bytes {
        let entry = |_| Entry {
            project_id: ProjectId(3),
            event_id: EventId::generate(),
            client_id: true,
            occurred_at: shared::time::now(),
            received_at: shared::time::now(),
            error_id: ErrorId(Uuid::from_u128(9)),
            fingerprint: Fingerprint([1; 16]),
            fingerprint_version: 1,
            earlier_ids: Vec::new(),
            facet: Facet {
                level: Level::from_str("error").unwrap(),
                source: "shop".to_owned(),
                environment: "production".to_owned(),
                release: String::new(),
            },
            user_hash: None,
            exception_type: None,
            message: "gone".to_owned(),
            culprit: None,
            payload: Some(Payload { encoding: 0, bytes: Bytes::from_static(payload) }),
        };
        let entries = (0..events).map(entry).collect();
        let batch =
            Batch { batch_id: BatchId::generate(), instance: InstanceId::generate(), entries };
        batch.encode().into()
    }

    fn rows(payload: &'static [u8], events: usize) -> usize {
        Rehearsal::of(message(payload, events)).unwrap().rows().unwrap().len()
    }

    #[test]
    fn every_event_has_a_row_with_its_payload() {
        // Nine values with four bytes of length each: 4 + 16 + 4 + 8 + 8 + 8 + 4 + 2, and the payload.
        const ROW: usize = 9 * 4 + 54;
        assert_eq!(rows(b"12345", 3) - rows(b"12345", 2), ROW + 5);
        assert_eq!(rows(b"", 2) - rows(b"", 1), ROW);
    }
}
