//! The files of the spool.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::SpoolError;
use super::record::Record;

const EXTENSION: &str = "spool";

/// The segment that is being written.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    number: u64,
    bytes: u64,
}

impl Writer {
    /// Makes a segment, and makes sure that its name survives.
    pub(super) fn create(dir: &Path, number: u64) -> io::Result<Self> {
        let path = dir.join(format!("{number:020}.{EXTENSION}"));
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        File::open(dir)?.sync_all()?;
        Ok(Self { file, number, bytes: 0 })
    }

    /// Writes and syncs a record; takes a half-written one back.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.bytes += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                // If this fails too, the checksum tells the reader.
                self.file.set_len(self.bytes).ok();
                Err(error)
            }
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

/// A segment on disk.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) number: u64,
    pub(super) bytes: u64,
}

impl Segment {
    /// Reads the records.
    pub(super) fn reader(&self) -> io::Result<Reader> {
        let source = BufReader::with_capacity(1 << 20, File::open(&self.path)?);
        Ok(Reader { source, bytes: 0 })
    }

    /// Removes the file.
    pub(super) fn remove(&self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }

    /// Keeps what follows the readable records, in a file whose name is no segment's, and removes the
    /// rest: a torn record is small, and a whole segment for each would fill the disk past the bound
    /// of the spool. When that fails, the whole file is kept.
    pub(super) fn set_aside(&self, readable: u64) -> io::Result<()> {
        // Named by the time, too: numbers begin again when the spool was empty at a start.
        let now = shared::time::now().format("%Y%m%dT%H%M%S%6f");
        let aside = self.path.with_extension(format!("{now}.damaged"));
        match self.copy_rest(readable, &aside) {
            Ok(()) => self.remove(),
            Err(_) => std::fs::rename(&self.path, aside),
        }
    }

    fn copy_rest(&self, from: u64, to: &Path) -> io::Result<()> {
        let mut source = File::open(&self.path)?;
        source.seek(SeekFrom::Start(from))?;
        let mut rest = File::create(to)?;
        io::copy(&mut source, &mut rest)?;
        rest.sync_all()
    }
}

/// Reads the records of a segment, up to the first that is damaged.
#[derive(Debug)]
pub(super) struct Reader {
    source: BufReader<File>,
    bytes: u64,
}

impl Reader {
    /// The next record; none at the end of what can be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        let record = Record::read(&mut self.source)?;
        self.bytes += record.as_ref().map_or(0, Record::size);
        Ok(record)
    }

    /// Up to so many bytes of records; empty at the end of what can be read.
    pub(super) fn next_piece(&mut self, bytes: u64) -> io::Result<Vec<Record>> {
        let mut piece = Vec::new();
        let end = self.bytes + bytes;
        while self.bytes < end
            && let Some(record) = self.next()?
        {
            piece.push(record);
        }
        Ok(piece)
    }

    /// How many bytes the records had that were read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// All segments of a folder, oldest first.
pub(super) fn list(dir: &Path) -> Result<Vec<Segment>, SpoolError> {
    let failed = |source| SpoolError::Read { path: dir.to_owned(), source };
    let mut segments = Vec::new();
    for file in std::fs::read_dir(dir).map_err(failed)? {
        let file = file.map_err(failed)?;
        let path = file.path();
        if path.extension().is_none_or(|extension| extension != EXTENSION) {
            continue;
        }
        let Some(number) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()) else {
            continue;
        };
        let bytes = file.metadata().map_err(failed)?.len();
        segments.push(Segment { path, number, bytes });
    }
    segments.sort_by_key(|segment| segment.number);
    Ok(segments)
}
