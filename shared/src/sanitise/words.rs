//! Splits keys into words.
//!
//! A word is a run of letters; everything else separates, and so does a change of case as in
//! `secretAccessKey` or `APIKey`. What the words mean is no concern of this module.

/// Longer runs of letters are no word of ours.
const LONGEST_WORD: usize = 24;

/// One word in lower case; a too long one is empty.
#[derive(Clone, Copy)]
pub(super) struct Word {
    letters: [u8; LONGEST_WORD],
    length: usize,
}

impl Word {
    pub(super) const EMPTY: Self = Self { letters: [0; LONGEST_WORD], length: 0 };

    fn new(range: &[u8]) -> Self {
        let mut word = Self::EMPTY;
        if range.len() <= LONGEST_WORD {
            for (letter, byte) in word.letters.iter_mut().zip(range) {
                *letter = byte.to_ascii_lowercase();
            }
            word.length = range.len();
        }
        word
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.letters.get(..self.length).unwrap_or_default()
    }

    pub(super) fn is_plural(&self) -> bool {
        self.bytes().ends_with(b"s") && !self.bytes().ends_with(b"ss")
    }

    /// Without the last `s`, so that one list serves `secret` and `secrets`.
    pub(super) fn singular(&self) -> &[u8] {
        let bytes = self.bytes();
        if self.is_plural() { bytes.strip_suffix(b"s").unwrap_or(bytes) } else { bytes }
    }
}

/// The words of a key as [`Word`]s.
pub(super) struct Words<'a> {
    ranges: Ranges<'a>,
}

impl<'a> Words<'a> {
    pub(super) fn new(key: &'a [u8]) -> Self {
        Self { ranges: Ranges::new(key) }
    }

    /// The run of letters around the last word as one word, where a change of case has split it, so
    /// that `PassWord` and `APIkey` are understood too.
    pub(super) fn unsplit(&self) -> Option<Word> {
        let segment = self.ranges.segment();
        (self.ranges.last_length < segment.len()).then(|| Word::new(segment))
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        self.ranges.next().map(Word::new)
    }
}

/// The words of a key as they stand in it.
#[derive(Clone)]
pub(super) struct Ranges<'a> {
    key: &'a [u8],
    at: usize,
    segment_start: usize,
    last_length: usize,
}

impl<'a> Ranges<'a> {
    pub(super) fn new(key: &'a [u8]) -> Self {
        Self { key, at: 0, segment_start: 0, last_length: 0 }
    }

    fn byte(&self, at: usize) -> u8 {
        self.key.get(at).copied().unwrap_or_default()
    }

    /// The letters since the last separator, up to where reading stands.
    fn segment(&self) -> &'a [u8] {
        self.key.get(self.segment_start..self.at).unwrap_or_default()
    }

    fn skip_separators(&mut self) {
        let start = self.at;
        while self.at < self.key.len() && !self.byte(self.at).is_ascii_alphabetic() {
            // `%5B` is a bracket, not the word `B`.
            let encoded = self.byte(self.at) == b'%'
                && self.byte(self.at + 1).is_ascii_hexdigit()
                && self.byte(self.at + 2).is_ascii_hexdigit();
            self.at += if encoded { 3 } else { 1 };
        }
        if self.at > start || start == 0 {
            self.segment_start = self.at;
        }
    }

    /// Whether a new word begins at `at`, which continues a run of letters.
    fn turns(&self, at: usize) -> bool {
        if !self.byte(at).is_ascii_uppercase() {
            return false;
        }
        if self.byte(at - 1).is_ascii_lowercase() {
            return true;
        }
        // The last capital of `APIKey` begins a word, that of `IDs` does not.
        let next = self.byte(at + 1);
        let plural = next == b's' && !self.byte(at + 2).is_ascii_lowercase();
        next.is_ascii_lowercase() && !plural
    }
}

impl<'a> Iterator for Ranges<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.skip_separators();
        let start = self.at;
        if start >= self.key.len() {
            return None;
        }
        self.at += 1;
        while self.byte(self.at).is_ascii_alphabetic() && !self.turns(self.at) {
            self.at += 1;
        }
        self.last_length = self.at - start;
        self.key.get(start..self.at)
    }
}
