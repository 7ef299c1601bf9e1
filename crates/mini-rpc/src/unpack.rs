//! Unmarshalling: bytes become values again. The bytes come from a stranger: nothing in them is believed.

use std::fmt;

/// Bytes that wait to be unpacked, in the order in which they were packed.
#[derive(Clone, Copy, Debug)]
pub struct Unpacker<'a>(&'a [u8]);

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadBytes {
    /// They end too early.
    Short {
        /// What the next value needs.
        wanted: usize,
        /// What there is.
        left: usize,
    },
    /// A text is no UTF-8.
    NotUtf8,
    /// Bytes are left when everything is unpacked.
    Trailing(usize),
}

impl fmt::Display for BadBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { wanted, left } => write!(f, "bytes wanted: {wanted}, there: {left}"),
            Self::NotUtf8 => write!(f, "the text is not UTF-8"),
            Self::Trailing(count) => write!(f, "bytes too many: {count}"),
        }
    }
}

impl std::error::Error for BadBytes {}

impl<'a> Unpacker<'a> {
    /// All of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`BadBytes::Short`]
    pub fn u8(&mut self) -> Result<u8, BadBytes> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    /// Two bytes.
    ///
    /// # Errors
    /// [`BadBytes::Short`]
    pub fn u16(&mut self) -> Result<u16, BadBytes> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Two bytes, two's complement.
    ///
    /// # Errors
    /// [`BadBytes::Short`]
    pub fn i16(&mut self) -> Result<i16, BadBytes> {
        Ok(i16::from_be_bytes(self.array()?))
    }

    /// A text.
    ///
    /// # Errors
    /// When fewer bytes are there than its length says, or they are no UTF-8.
    pub fn text(&mut self) -> Result<&'a str, BadBytes> {
        let length = usize::from(self.u8()?);
        std::str::from_utf8(self.take(length)?).map_err(|_| BadBytes::NotUtf8)
    }

    /// A row of bytes.
    ///
    /// # Errors
    /// When fewer are there than its length says.
    pub fn bytes(&mut self) -> Result<&'a [u8], BadBytes> {
        let length = usize::from(self.u16()?);
        self.take(length)
    }

    /// The end: nothing may be left.
    ///
    /// # Errors
    /// [`BadBytes::Trailing`]
    pub fn finish(self) -> Result<(), BadBytes> {
        if self.0.is_empty() { Ok(()) } else { Err(BadBytes::Trailing(self.0.len())) }
    }

    fn take(&mut self, wanted: usize) -> Result<&'a [u8], BadBytes> {
        let (taken, rest) =
            self.0.split_at_checked(wanted).ok_or(BadBytes::Short { wanted, left: self.0.len() })?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadBytes> {
        let (taken, rest) =
            self.0.split_first_chunk().ok_or(BadBytes::Short { wanted: N, left: self.0.len() })?;
        self.0 = rest;
        Ok(*taken)
    }
}
