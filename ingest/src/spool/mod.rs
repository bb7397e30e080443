//! Messages that the broker did not take, on local disk until it does.
//!
//! Append-only segment files of checked records, synced before the append returns. [`drain()`] sends
//! them when the broker is back, in no promised order, and removes a segment once all of it is
//! confirmed. A message that is sent twice because the process died in between changes nothing: the
//! worker knows its batch id.

mod drain;
mod memory;
mod record;
mod segment;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use shared::broker::topology::Queue;
use shared::ids::BatchId;
use shared::telemetry::metrics::{self, Gauge};
use tokio::sync::Notify;

pub(crate) use drain::drain;

use self::record::Record;
use self::segment::{Writer, list};

/// A segment is closed at this size, so that the disk is freed piece by piece.
const SEGMENT_BYTES: u64 = 64 << 20;

/// Why a message could not be spooled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    #[error("there is no spool, because SPOOL_DIR names no folder that outlives the machine")]
    NoSpool,
    #[error("the spool is full")]
    Full,
    #[error("failed to write the spool in {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("failed to read the spool in {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("SPOOL_DIR is {path:?}, which is no folder that can be written")]
    Unusable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the spool folder {} belongs to another process", .0.display())]
    InUse(PathBuf),
    #[error("the write to the spool was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
}

/// The spool of one ingest process.
#[derive(Debug)]
pub(crate) struct Spool {
    dir: PathBuf,
    max_bytes: u64,
    state: Mutex<State>,
    /// Wakes the drain when something was appended.
    appended: Notify,
    /// Held for as long as the process lives, so that no other process drains this folder.
    _lock: File,
}

#[derive(Debug)]
struct State {
    writer: Option<Writer>,
    next_number: u64,
    /// Bytes of all segments.
    bytes: u64,
}

impl Spool {
    /// Opens the folder, making it if need be. What an earlier process left is drained.
    pub(crate) fn open(dir: &Path, max_bytes: u64) -> Result<Self, SpoolError> {
        let unusable = |source| SpoolError::Unusable { path: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(unusable)?;
        let lock = File::create(dir.join("lock")).map_err(unusable)?;
        lock.try_lock().map_err(|_| SpoolError::InUse(dir.to_owned()))?;
        let segments = list(dir)?;
        let bytes = segments.iter().map(|segment| segment.bytes).sum();
        if bytes > 0 {
            tracing::info!(bytes, "the spool holds messages of an earlier run");
        }
        metrics::set(Gauge::SpoolBytes, "", bytes);
        let next_number = segments.last().map_or(0, |segment| segment.number + 1);
        Ok(Self {
            dir: dir.to_owned(),
            max_bytes,
            state: Mutex::new(State { writer: None, next_number, bytes }),
            appended: Notify::new(),
            _lock: lock,
        })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether what is spooled is gone when the machine stops.
    pub(crate) fn lies_in_memory(&self) -> bool {
        memory::holds(&self.dir)
    }

    /// Writes a message and syncs it: when this returns, it survives the process and the machine.
    pub(crate) async fn append(
        self: Arc<Self>,
        queue: Queue,
        batch_id: BatchId,
        body: Vec<u8>,
    ) -> Result<(), SpoolError> {
        let writing = tokio::task::spawn_blocking(move || {
            self.append_blocking(&Record { queue, batch_id, body })
        });
        writing.await.map_err(SpoolError::Interrupted)?
    }

    fn append_blocking(&self, record: &Record) -> Result<(), SpoolError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = record.encode();
        if state.bytes + bytes.len() as u64 > self.max_bytes {
            return Err(SpoolError::Full);
        }
        let failed = |source| SpoolError::Write { path: self.dir.clone(), source };
        if state.writer.as_ref().is_none_or(|writer| writer.bytes() >= SEGMENT_BYTES) {
            let number = state.next_number;
            state.next_number += 1;
            state.writer = Some(Writer::create(&self.dir, number).map_err(failed)?);
        }
        if let Some(writer) = &mut state.writer
            && let Err(error) = writer.append(&bytes)
        {
            // What is behind a failed write can't be trusted; the next record starts a new segment.
            state.writer = None;
            return Err(failed(error));
        }
        state.bytes += bytes.len() as u64;
        metrics::set(Gauge::SpoolBytes, "", state.bytes);
        drop(state);
        self.appended.notify_one();
        Ok(())
    }

    /// The oldest segment, closed for writing. None when the spool is empty.
    fn take_oldest(&self) -> Result<Option<segment::Segment>, SpoolError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = list(&self.dir)?.into_iter().next();
        if let (Some(oldest), Some(writer)) = (&oldest, &state.writer)
            && writer.number() == oldest.number
        {
            state.writer = None;
        }
        Ok(oldest)
    }

    /// Removes a segment whose messages are all confirmed. What could not be read of it is kept in a
    /// file of its own, for a person to look at.
    fn remove(&self, segment: &segment::Segment, read_bytes: u64) -> Result<(), SpoolError> {
        let outcome = if read_bytes < segment.bytes {
            tracing::error!(
                path = %segment.path.display(),
                unread = segment.bytes - read_bytes,
                "a segment of the spool is damaged or torn; what follows is kept aside"
            );
            segment.set_aside(read_bytes)
        } else {
            segment.remove()
        };
        outcome.map_err(|source| SpoolError::Write { path: self.dir.clone(), source })?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.bytes = state.bytes.saturating_sub(segment.bytes);
        metrics::set(Gauge::SpoolBytes, "", state.bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Record {
        Record {
            queue: Queue::Events,
            batch_id: BatchId::generate(),
            body: text.as_bytes().to_vec(),
        }
    }

    fn bodies(spool: &Spool) -> Vec<String> {
        let mut found = Vec::new();
        while let Some(segment) = spool.take_oldest().unwrap() {
            let mut reader = segment.reader().unwrap();
            while let Some(record) = reader.next().unwrap() {
                found.push(String::from_utf8(record.body).unwrap());
            }
            spool.remove(&segment, reader.bytes()).unwrap();
        }
        found
    }

    #[test]
    fn what_was_appended_outlives_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path(), 1 << 20).unwrap();
        spool.append_blocking(&record("one")).unwrap();
        spool.append_blocking(&record("two")).unwrap();
        drop(spool);
        let spool = Spool::open(dir.path(), 1 << 20).unwrap();
        spool.append_blocking(&record("three")).unwrap();
        assert_eq!(bodies(&spool), ["one", "two", "three"]);
        assert_eq!(spool.state.lock().unwrap().bytes, 0);
    }

    #[test]
    fn a_torn_last_record_is_left_out_and_the_rest_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path(), 1 << 20).unwrap();
        spool.append_blocking(&record("kept")).unwrap();
        spool.append_blocking(&record("torn")).unwrap();
        drop(spool);
        let path = list(dir.path()).unwrap()[0].path.clone();
        let bytes = std::fs::read(&path).unwrap();
        for cut in 1..30 {
            std::fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
            let spool = Spool::open(dir.path(), 1 << 20).unwrap();
            let segment = spool.take_oldest().unwrap().unwrap();
            let mut reader = segment.reader().unwrap();
            assert_eq!(reader.next().unwrap().unwrap().body, b"kept", "cut by {cut}");
            assert_eq!(reader.next().unwrap(), None, "cut by {cut}");
            assert!(reader.bytes() < segment.bytes);
        }
    }

    #[test]
    fn what_is_damaged_is_kept_aside_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let mut expected = Vec::new();
        for text in ["damaged", "damaged as well"] {
            // Opened with nothing in it, so both times the segment has the same number.
            let spool = Spool::open(dir.path(), 1 << 20).unwrap();
            spool.append_blocking(&record("good")).unwrap();
            let damaged = record(text);
            spool.append_blocking(&damaged).unwrap();
            let path = list(dir.path()).unwrap()[0].path.clone();
            let mut bytes = std::fs::read(&path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(bodies(&spool), ["good"]);
            expected.push(bytes[bytes.len() - damaged.encode().len()..].to_vec());
        }
        let files = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
        let mut kept: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|found| found == "damaged")).collect();
        kept.sort();
        let kept: Vec<Vec<u8>> = kept.iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn a_full_spool_refuses() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path(), 200).unwrap();
        spool.append_blocking(&record(&"x".repeat(100))).unwrap();
        assert!(matches!(spool.append_blocking(&record(&"x".repeat(100))), Err(SpoolError::Full)));
        assert_eq!(bodies(&spool).len(), 1);
        spool.append_blocking(&record(&"x".repeat(100))).unwrap();
    }

    #[test]
    fn a_folder_has_one_owner() {
        let dir = tempfile::tempdir().unwrap();
        let _first = Spool::open(dir.path(), 1 << 20).unwrap();
        assert!(matches!(Spool::open(dir.path(), 1 << 20), Err(SpoolError::InUse(_))));
    }
}
