//! The parts a fingerprint is made of, and their hash.

use xxhash_rust::xxh3::xxh3_128;

use crate::ids::{FINGERPRINT_VERSION, Fingerprint};

/// What a part says. The numbers are hashed: they are never reused for another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Part {
    /// A piece of the client's own grouping.
    Client = 1,
    /// The computed fingerprint where the client's grouping asks for it.
    Default = 2,
    /// The type of an exception.
    Type = 3,
    /// The module or file of the frame that decides.
    Scope = 4,
    /// The function of that frame.
    Function = 5,
    /// The normalised message.
    Message = 6,
    /// A normalised line of a stack that no parser knows.
    Line = 7,
    /// The class of an HTTP status.
    Status = 8,
    /// The number or name of an error of system or database.
    ErrorNumber = 9,
    /// The port that a connection was refused at.
    Port = 10,
    /// The table of a statement.
    Table = 11,
}

impl Part {
    const ALL: [Self; 11] = [
        Self::Client,
        Self::Default,
        Self::Type,
        Self::Scope,
        Self::Function,
        Self::Message,
        Self::Line,
        Self::Status,
        Self::ErrorNumber,
        Self::Port,
        Self::Table,
    ];

    /// The name that people read.
    fn label(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Default => "default",
            Self::Type => "type",
            Self::Scope => "module",
            Self::Function => "function",
            Self::Message => "message",
            Self::Line => "line",
            Self::Status => "http_status_class",
            Self::ErrorNumber => "error_number",
            Self::Port => "port",
            Self::Table => "table",
        }
    }
}

/// One part of a fingerprint in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// What the part says: `type`, `function`, `message` and so on.
    pub kind: &'static str,
    /// Its value as it is hashed.
    pub value: String,
}

/// Bytes that hold each part behind its kind and its length, so that no two lists of parts are
/// written alike.
pub(super) struct Parts {
    bytes: Vec<u8>,
}

const LENGTH_BYTES: usize = size_of::<u32>();

impl Parts {
    pub(super) fn new() -> Self {
        let mut bytes = Vec::with_capacity(512);
        bytes.push(FINGERPRINT_VERSION);
        Self { bytes }
    }

    /// Adds a part as it is.
    pub(super) fn add(&mut self, part: Part, content: &[u8]) {
        self.add_with(part, |bytes| bytes.extend_from_slice(content));
    }

    /// Adds a part that is written in place.
    pub(super) fn add_with(&mut self, part: Part, write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.push(part as u8);
        let length_at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; LENGTH_BYTES]);
        write(&mut self.bytes);
        let length = self.bytes.len() - length_at - LENGTH_BYTES;
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.bytes[length_at..length_at + LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
    }

    /// Where the next part will start.
    pub(super) fn position(&self) -> usize {
        self.bytes.len()
    }

    /// Takes back the parts from `second` on when they repeat those between `first` and `second`.
    pub(super) fn drop_repetition(&mut self, first: usize, second: usize) {
        if self.bytes.get(first..second) == self.bytes.get(second..) {
            self.bytes.truncate(second);
        }
    }

    /// The parts in words.
    pub(super) fn components(&self) -> Vec<Component> {
        let mut components = Vec::new();
        let mut rest = self.bytes.get(1..).unwrap_or_default();
        while let Some((kind, value, after)) = split_part(rest) {
            let part = Part::ALL.into_iter().find(|part| *part as u8 == kind);
            components.extend(part.map(|part| Component {
                kind: part.label(),
                value: String::from_utf8_lossy(value).into_owned(),
            }));
            rest = after;
        }
        components
    }

    pub(super) fn hash(&self) -> Fingerprint {
        Fingerprint(xxh3_128(&self.bytes).to_be_bytes())
    }
}

/// Kind and content of the first part, and what follows it.
fn split_part(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (content, after) = rest.split_at_checked(length)?;
    Some((*kind, content, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(parts: &[(Part, &str)]) -> Fingerprint {
        let mut all = Parts::new();
        for (part, content) in parts {
            all.add(*part, content.as_bytes());
        }
        all.hash()
    }

    #[test]
    fn different_lists_are_written_differently() {
        let base = hash(&[(Part::Type, "ab"), (Part::Scope, "c")]);
        assert_eq!(base, hash(&[(Part::Type, "ab"), (Part::Scope, "c")]));
        assert_ne!(base, hash(&[(Part::Type, "a"), (Part::Scope, "bc")]));
        assert_ne!(base, hash(&[(Part::Scope, "ab"), (Part::Type, "c")]));
        assert_ne!(base, hash(&[(Part::Type, "ab"), (Part::Function, "c")]));
        assert_ne!(base, hash(&[(Part::Type, "ab")]));
    }

    #[test]
    fn parts_are_told_in_words() {
        let mut parts = Parts::new();
        parts.add(Part::Type, b"KeyError");
        parts.add(Part::Scope, b"");
        parts.add(Part::Function, "läuft".as_bytes());
        let told = parts.components();
        let told: Vec<_> = told.iter().map(|it| (it.kind, it.value.as_str())).collect();
        assert_eq!(told, [("type", "KeyError"), ("module", ""), ("function", "läuft")]);
    }

    #[test]
    fn only_repetitions_are_dropped() {
        let write = |contents: &[&str]| {
            let mut parts = Parts::new();
            let mut previous = parts.position();
            for content in contents {
                let start = parts.position();
                parts.add(Part::Type, content.as_bytes());
                parts.drop_repetition(previous, start);
                previous = if parts.position() > start { start } else { previous };
            }
            parts.hash()
        };
        assert_eq!(write(&["a", "a", "a", "b"]), write(&["a", "b"]));
        assert_ne!(write(&["a", "b", "a"]), write(&["a", "b"]));
    }
}
