//! The places of a text that are replaced, collected first so that an innocent text costs nothing.

use crate::sanitise::MASK;

/// Replacements in ascending order that do not overlap.
#[derive(Default)]
pub(super) struct Edits {
    edits: Vec<Edit>,
}

struct Edit {
    start: usize,
    end: usize,
    /// JSON inside a text stays JSON when a bare number is replaced.
    quoted: bool,
}

impl Edits {
    pub(super) fn push(&mut self, start: usize, end: usize, quoted: bool) {
        self.edits.push(Edit { start, end, quoted });
    }

    /// The text with every place replaced; `None` when there is none.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        if self.edits.is_empty() {
            return None;
        }
        let mut masked = String::with_capacity(text.len() + self.edits.len() * (MASK.len() + 2));
        let mut kept = 0;
        for edit in &self.edits {
            // All places begin and end beside ASCII bytes, so that `get` always answers.
            masked.push_str(text.get(kept..edit.start).unwrap_or_default());
            let quote = if edit.quoted { "\"" } else { "" };
            masked.push_str(quote);
            masked.push_str(MASK);
            masked.push_str(quote);
            kept = edit.end;
        }
        masked.push_str(text.get(kept..).unwrap_or_default());
        Some(masked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_replaced_in_order() {
        let mut edits = Edits::default();
        assert_eq!(edits.apply("abc"), None);
        edits.push(0, 1, false);
        edits.push(2, 3, true);
        assert_eq!(edits.apply("abc").as_deref(), Some("[Filtered]b\"[Filtered]\""));
    }
}
