//! Marshalling: values become bytes. Both sides agree on sizes, byte order and encodings, whatever their machines use.
//!
//! ```text
//!   u8, u16, i16    1 or 2 bytes, the most significant first ("network byte order")
//!   text            u8 length in bytes, then UTF-8
//!   bytes           u16 length, then the bytes
//! ```

use std::fmt;

/// Bytes under construction.
#[derive(Clone, Debug, Default)]
pub struct Packer(Vec<u8>);

/// A text or a row of bytes whose length does not fit into its length field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// What it has.
    pub bytes: usize,
    /// What it may have.
    pub limit: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes are too long, the limit is {}", self.bytes, self.limit)
    }
}

impl std::error::Error for TooLong {}

impl Packer {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One byte.
    #[must_use]
    pub fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    /// Two bytes.
    #[must_use]
    pub fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Two bytes, two's complement.
    #[must_use]
    pub fn i16(mut self, value: i16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// A text of at most 255 bytes.
    ///
    /// # Errors
    /// When it is longer: a length that is cut off would make another message of it.
    pub fn text(mut self, text: &str) -> Result<Self, TooLong> {
        let limit = usize::from(u8::MAX);
        self.0.push(u8::try_from(text.len()).map_err(|_| TooLong { bytes: text.len(), limit })?);
        self.0.extend(text.as_bytes());
        Ok(self)
    }

    /// At most 65535 bytes.
    ///
    /// # Errors
    /// When there are more.
    pub fn bytes(mut self, bytes: &[u8]) -> Result<Self, TooLong> {
        let limit = usize::from(u16::MAX);
        let length = u16::try_from(bytes.len()).map_err(|_| TooLong { bytes: bytes.len(), limit })?;
        self.0.extend(length.to_be_bytes());
        self.0.extend(bytes);
        Ok(self)
    }

    /// What was packed.
    #[must_use]
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}
