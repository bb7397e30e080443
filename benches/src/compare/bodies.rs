//! The bodies of a run: envelopes, compressed as SDKs compress them. Made before anything is measured, so that
//! making them takes no processor time from whoever is measured.

use std::io::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::sdk::Envelopes;

/// Bodies that are each sent once, in turn, by whoever asks next.
#[derive(Debug, Clone)]
pub struct Bodies {
    all: Arc<[Bytes]>,
    next: Arc<AtomicUsize>,
}

impl Bodies {
    /// Makes so many bodies, each with an event of its own; takes all processors meanwhile.
    ///
    /// # Errors
    /// When the operating system gives no threads.
    pub fn make(envelopes: &Envelopes, count: u64) -> io::Result<Self> {
        let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
        let share = count.div_ceil(threads).max(1);
        let parts = thread::scope(|scope| {
            let ranges = (0..threads).map(|at| at * share..((at + 1) * share).min(count));
            let started: Vec<_> =
                ranges.map(|range| scope.spawn(move || part(envelopes, range))).collect();
            let died = |_| Err(io::Error::other("a thread that made bodies died"));
            started
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(died))
                .collect::<io::Result<Vec<Vec<Bytes>>>>()
        })?;
        Ok(Self { all: parts.concat().into(), next: Arc::default() })
    }

    /// The next body, while there are any.
    #[must_use]
    pub fn take(&self) -> Option<Bytes> {
        self.all.get(self.next.fetch_add(1, Ordering::Relaxed)).cloned()
    }

    /// The same bodies from the beginning.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { all: Arc::clone(&self.all), next: Arc::default() }
    }

    /// Bytes on the wire of one body, on average.
    #[must_use]
    pub fn mean_bytes(&self) -> usize {
        self.all.iter().map(Bytes::len).sum::<usize>() / self.all.len().max(1)
    }
}

fn part(envelopes: &Envelopes, numbers: Range<u64>) -> io::Result<Vec<Bytes>> {
    numbers.map(|number| packed(&envelopes.envelope(number))).collect()
}

fn packed(text: &str) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Read as _;

    use super::*;
    use crate::sdk::Size;

    #[test]
    fn every_body_is_sent_once_and_can_be_read() {
        let at = "2026-11-20T14:12:54Z".to_owned();
        let envelopes = Envelopes { size: Size::Small, errors: 3, at };
        let bodies = Bodies::make(&envelopes, 11).unwrap();
        let mut texts = BTreeSet::new();
        while let Some(body) = bodies.take() {
            let mut text = String::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
            texts.insert(text);
        }
        assert_eq!(texts.len(), 11);
        let again = bodies.again();
        assert_eq!(std::iter::from_fn(|| again.take()).count(), 11);
        assert!((300..1_000).contains(&bodies.mean_bytes()));
    }
}
