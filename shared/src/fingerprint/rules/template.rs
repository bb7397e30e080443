//! The parts of a fingerprint that a rule gives: text, with values of the event in it.

use super::Key;
use super::facts::Facts;
use crate::fingerprint::normalised;

/// Bytes of one part once its values stand in it.
const MAX_FILLED: usize = 1_024;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Template {
    /// `{{ default }}`: the fingerprint that would be computed.
    Default,
    /// Everything else.
    Pieces(Vec<Piece>),
}

/// A piece of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// `{{ type }}` and the like.
    Value(Key),
}

impl Template {
    /// What a client would give in its place.
    pub(super) fn fill(&self, facts: &Facts<'_>) -> String {
        let Self::Pieces(pieces) = self else {
            return "{{ default }}".to_owned();
        };
        let mut filled = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                // As it is, a message would differ from event to event.
                Piece::Value(Key::Message) => filled.push_str(&normalised(facts.input.message)),
                Piece::Value(key) => filled.push_str(&facts.value(key)),
            }
        }
        filled.truncate(filled.floor_char_boundary(MAX_FILLED));
        filled
    }
}
