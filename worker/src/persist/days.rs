//! The day an event is filed under, and the partitions that must be there for it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Days as ChronoDays, NaiveDate, Utc};
use deadpool_postgres::Object;
use shared::batch::Batch;
use shared::ids::BatchId;
use shared::postgres::DbError;
use shared::time;

use super::arrival::Delivered;

/// Knows which partitions exist, and bounds the days that make new ones.
#[derive(Debug)]
pub(super) struct Days {
    retention_days: u32,
    made: Mutex<BTreeSet<NaiveDate>>,
}

/// A day ahead of ours: the clocks of two machines may differ around midnight, not more.
const MAX_AHEAD: ChronoDays = ChronoDays::new(1);

/// Upkeep drops no partition that is younger than this, so what is known of such a day holds. Older
/// days are rare (a message that waited in a spool) and are looked at each time.
const RECENT: ChronoDays = ChronoDays::new(2);

impl Days {
    pub(super) fn new(retention_days: u32) -> Self {
        Self { retention_days, made: Mutex::new(BTreeSet::new()) }
    }

    /// The day of a receipt, bounded: an ingest whose clock is wrong by a year makes no partitions
    /// of that year.
    pub(super) fn of(&self, received_at: DateTime<Utc>) -> NaiveDate {
        let today = time::day(time::now());
        let oldest = today - ChronoDays::new(u64::from(self.retention_days));
        time::day(received_at).clamp(oldest, today + MAX_AHEAD)
    }

    /// The day of a batch, from the time in its id, bounded the same way.
    pub(super) fn of_batch(&self, batch: BatchId) -> NaiveDate {
        self.of(batch.minted_at().unwrap_or_else(time::now))
    }

    /// Makes the partitions that the messages need and that are not known to exist. Outside of their
    /// transaction, which must not hold the locks that this takes.
    pub(super) async fn prepare(
        &self,
        client: &Object,
        delivered: &Delivered,
    ) -> Result<(), DbError> {
        let recent = time::day(time::now()) - RECENT;
        let missing: BTreeSet<NaiveDate> = {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let is_there = |day: &NaiveDate| *day >= recent && made.contains(day);
            let batches = delivered.messages.iter().flat_map(|message| self.needed(&message.batch));
            let unreadable = delivered.unreadable.iter().map(|message| self.of_batch(*message));
            batches.chain(unreadable).filter(|day| !is_there(day)).collect()
        };
        for day in missing {
            client
                .execute(include_str!("sql/make_partitions.sql"), &[&day, &day])
                .await
                .map_err(DbError::statement("make partitions"))?;
            self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(day);
        }
        Ok(())
    }

    /// Days of a batch's rows: its own, those of its events, and for given ids the day after.
    fn needed(&self, batch: &Batch) -> BTreeSet<NaiveDate> {
        let mut days = BTreeSet::from([self.of_batch(batch.batch_id)]);
        for entry in &batch.entries {
            let day = self.of(entry.received_at);
            days.insert(day);
            days.insert(day + ChronoDays::new(1));
        }
        days
    }
}
