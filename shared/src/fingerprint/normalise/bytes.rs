//! What each byte of a message may be part of, looked up in a table: most chunks are plain words, which
//! are told from everything else by one pass over their bytes.

/// A set of properties of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks(u8);

impl Marks {
    /// Ends a chunk: white space, quotes, brackets, and what separates.
    pub(super) const END: Self = Self(1);
    pub(super) const COLON: Self = Self(1 << 1);
    pub(super) const AT: Self = Self(1 << 2);
    /// `/`, `\\` and `~`.
    pub(super) const PATH: Self = Self(1 << 3);
    pub(super) const DOT: Self = Self(1 << 4);
    pub(super) const DIGIT: Self = Self(1 << 5);
    /// Other marks, among them `-`, `_`, `#` and `$`.
    pub(super) const OTHER: Self = Self(1 << 6);
    /// May begin a quote of more than one byte.
    pub(super) const WIDE: Self = Self(1 << 7);
    pub(super) const END_OR_WIDE: Self = Self(Self::END.0 | Self::WIDE.0);

    /// Everything that is found in the text.
    pub(super) fn of(text: &[u8]) -> Self {
        Self(text.iter().fold(0, |marks, byte| marks | TABLE[usize::from(*byte)]))
    }

    pub(super) fn of_byte(byte: u8) -> Self {
        Self(TABLE[usize::from(byte)])
    }

    /// Whether any of the others is among these.
    pub(super) fn has(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether there is nothing but letters.
    pub(super) fn are_letters(self) -> bool {
        self.0 & !Self::WIDE.0 == 0
    }
}

const TABLE: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c | 0x1b => Marks::END.0,
            b'"' | b'\'' | b'`' | b'=' => Marks::END.0,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' => Marks::END.0,
            b',' | b';' | b'|' | b'?' | b'&' | b'!' | b'*' => Marks::END.0,
            b':' => Marks::COLON.0,
            b'@' => Marks::AT.0,
            b'/' | b'\\' | b'~' => Marks::PATH.0,
            b'.' => Marks::DOT.0,
            b'0'..=b'9' => Marks::DIGIT.0,
            b'a'..=b'z' | b'A'..=b'Z' => 0,
            0xc2 | 0xe2 | 0xe3 => Marks::WIDE.0,
            0x80..=0xff => 0,
            _ => Marks::OTHER.0,
        };
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}
