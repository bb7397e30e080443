//! One message in a segment: length, checksum, queue, batch id, body.

use std::io::{self, Read};

use shared::broker::topology::Queue;
use shared::ids::BatchId;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

/// A spooled message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) queue: Queue,
    pub(super) batch_id: BatchId,
    pub(super) body: Vec<u8>,
}

/// Length (4 bytes) and checksum (8 bytes) of what follows.
const HEAD: usize = 12;
/// Queue (1 byte) and batch id (16 bytes) before the body.
const FIXED: usize = 17;
/// A longer record was not written by us.
const MAX: usize = shared::batch::MAX_BYTES + FIXED;

impl Record {
    /// How many bytes the record has on disk.
    pub(super) fn size(&self) -> u64 {
        (HEAD + FIXED + self.body.len()) as u64
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(FIXED + self.body.len());
        content.push(code(self.queue));
        content.extend_from_slice(self.batch_id.0.as_bytes());
        content.extend_from_slice(&self.body);
        let mut bytes = Vec::with_capacity(HEAD + content.len());
        bytes.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&xxh3_64(&content).to_le_bytes());
        bytes.extend_from_slice(&content);
        bytes
    }

    /// Reads the next record. None at the end, and at a record that was not written to its end.
    pub(super) fn read(source: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = [0; HEAD];
        if !fill(source, &mut head)? {
            return Ok(None);
        }
        let (length, checksum) = head.split_at(4);
        let length = u32::from_le_bytes(length.try_into().unwrap_or_default()) as usize;
        let checksum = u64::from_le_bytes(checksum.try_into().unwrap_or_default());
        if !(FIXED..=MAX).contains(&length) {
            return Ok(None);
        }
        let mut content = vec![0; length];
        if !fill(source, &mut content)? || xxh3_64(&content) != checksum {
            return Ok(None);
        }
        let body = content.split_off(FIXED);
        let (queue, id) = content.split_at(1);
        let queue = queue.first().copied().map_or(Queue::Events, queue_of);
        let batch_id = BatchId(Uuid::from_slice(id).unwrap_or_default());
        Ok(Some(Self { queue, batch_id, body }))
    }
}

/// Reads exactly so many bytes; false when the source ends before.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn code(queue: Queue) -> u8 {
    match queue {
        Queue::Events => 0,
        Queue::Bulk => 1,
        Queue::Dead => 2,
    }
}

fn queue_of(code: u8) -> Queue {
    match code {
        1 => Queue::Bulk,
        2 => Queue::Dead,
        _ => Queue::Events,
    }
}
