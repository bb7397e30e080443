//! One row of the table: what is sent, and what has to come back.

/// A request that something is wrong with, or that looks like it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) after: After,
    pub(crate) expected: Expected,
    pub(crate) cost: Cost,
}

/// What the client does once everything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Waits for the answer.
    Wait,
    /// Ends its side, so that the service knows that nothing more comes.
    End,
    /// Sends one more byte each second, for as long as it may.
    Drip,
}

/// What comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// `201`: the event is taken, mended where that was needed.
    Stored,
    /// `200` for a batch: so many taken, and the others refused with these codes.
    Batch { accepted: i64, codes: &'static [&'static str] },
    /// Refused, with the code and the first bad field.
    Refused { status: u16, code: &'static str, field: Option<&'static str> },
    /// Refused as something that is no event: what the parser can't read, and what is sent to no door.
    NoEvent { status: u16, code: &'static str, field: Option<&'static str> },
}

impl Expected {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Stored => 201,
            Self::Batch { .. } => 200,
            Self::Refused { status, .. } | Self::NoEvent { status, .. } => status,
        }
    }

    /// Events that are stored.
    pub(crate) fn stored(self) -> i64 {
        match self {
            Self::Stored => 1,
            Self::Batch { accepted, .. } => accepted,
            Self::Refused { .. } | Self::NoEvent { .. } => 0,
        }
    }

    /// Events that are counted as invalid.
    pub(crate) fn invalid(self) -> u64 {
        match self {
            Self::Batch { codes, .. } => codes.len() as u64,
            Self::Stored | Self::NoEvent { .. } => 0,
            Self::Refused { .. } => 1,
        }
    }
}

/// The memory that a row may cost at its peak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Heads, and bodies of some kilobytes.
    Small,
    /// A body of up to a megabyte and what it is read into.
    Body,
    /// A body that inflates to more than its bound of one megabyte.
    Bomb,
    /// The same for a decoder that looks back on up to 16 MiB.
    Window,
    /// A batch at its bounds, 20 MiB on the wire and 100 MiB inflated.
    Batch,
    /// The same, and once more where it has to be copied to be mended: as much as all requests together
    /// may hold.
    Mended,
}

impl Cost {
    pub(crate) fn kib(self) -> u64 {
        match self {
            Self::Small => 4 << 10,
            Self::Body => 48 << 10,
            Self::Bomb => 8 << 10,
            Self::Window => 24 << 10,
            Self::Batch => 136 << 10,
            Self::Mended => 256 << 10,
        }
    }
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, bytes: Vec<u8>, expected: Expected) -> Self {
        Self { name: name.into(), bytes, after: After::Wait, expected, cost: Cost::Small }
    }

    /// Bytes that nothing in particular is expected of.
    pub(crate) fn sent(name: &str, bytes: Vec<u8>) -> Self {
        Self::new(name, bytes, Expected::Stored)
    }

    pub(crate) fn after(self, after: After) -> Self {
        Self { after, ..self }
    }

    pub(crate) fn cost(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }
}

/// `400 MALFORMED_JSON`.
pub(crate) const MALFORMED: Expected = refused(400, "MALFORMED_JSON");
/// `413`.
pub(crate) const TOO_LARGE: Expected = refused(413, "PAYLOAD_TOO_LARGE");
/// `415`.
pub(crate) const UNSUPPORTED: Expected = refused(415, "UNSUPPORTED_MEDIA_TYPE");

/// Refused for the request as a whole.
pub(crate) const fn refused(status: u16, code: &'static str) -> Expected {
    Expected::Refused { status, code, field: None }
}

/// Sent where there is no door.
pub(crate) const fn no_door(status: u16, code: &'static str) -> Expected {
    Expected::NoEvent { status, code, field: None }
}

/// Refused for a field.
pub(crate) const fn invalid(field: &'static str) -> Expected {
    Expected::Refused { status: 400, code: "VALIDATION_ERROR", field: Some(field) }
}

/// Refused by the parser, which calls the part `request` or `headers`.
pub(crate) const fn unreadable(field: &'static str) -> Expected {
    Expected::NoEvent { status: 400, code: "VALIDATION_ERROR", field: Some(field) }
}

/// A request under construction. It starts good; the rows spoil it.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    line: Vec<u8>,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

impl Ask {
    /// A post of an error.
    pub(crate) fn error(body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST /api/errors", body)
    }

    /// A post of a batch.
    pub(crate) fn batch(body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST /api/errors/batch", body)
    }

    pub(crate) fn new(line: impl Into<Vec<u8>>, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = body.len().to_string();
        let headers = [
            ("Host", "errata"),
            ("X-API-Key", "test-api-key"),
            ("Content-Type", "application/json"),
            ("Content-Length", &length),
        ];
        let headers = headers.map(|(name, value)| (name, value.as_bytes().to_vec())).into();
        Self { line: line.into(), headers, body }
    }

    /// With another value of a header.
    pub(crate) fn set(self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.without(name).also(name, value)
    }

    /// With one more header.
    pub(crate) fn also(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    /// The request on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.line.as_slice(), b" HTTP/1.1\r\n"].concat();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }

    pub(crate) fn expect(&self, name: impl Into<String>, expected: Expected) -> Row {
        Row::new(name, self.bytes(), expected)
    }
}
