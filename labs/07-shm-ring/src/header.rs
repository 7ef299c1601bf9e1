//! The first 32 bytes of a segment: what kind it is, and how large.

use crate::layout::{
    FLAG_LOCK, FLAG_MANY, FLAGS_AT, MAGIC, MAGIC_AT, SLOT_ALIGN, SLOT_HEAD, SLOT_SIZE_AT, SLOTS_AT,
    SLOTS_BEGIN, TOTAL_LEN_AT, VERSION, VERSION_AT,
};
use crate::options::Shape;

/// What the first 32 bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// [`FLAG_LOCK`], [`FLAG_MANY`].
    pub flags: u32,
    /// The slots.
    pub shape: Shape,
}

/// The bytes from the beginning of one slot to that of the next.
pub fn stride(shape: Shape) -> u64 {
    todo!("M1: the distance between two slots")
}

/// The bytes of a whole segment.
pub fn total_len(shape: Shape) -> u64 {
    todo!("M1: the length of the segment")
}

impl Header {
    /// As it stands in a segment.
    pub fn bytes(&self) -> [u8; 32] {
        todo!("M1: the header's bytes")
    }

    /// Reads a header of a segment that has `len` bytes; else says what is wrong. After this nobody looks at the shared
    /// bytes again: they may change.
    ///
    /// # Errors
    /// What is malformed.
    pub fn check(bytes: &[u8; 32], len: u64) -> Result<Header, &'static str> {
        todo!("M1: read slots and slot_size; M6: refuse whatever is wrong")
    }
}
