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
    // BEGIN SOLUTION
    // In 64 bits: a slot of 2^32 - 1 bytes would wrap to a stride of 0 in 32.
    (u64::from(shape.slot_size) + SLOT_HEAD as u64).next_multiple_of(SLOT_ALIGN as u64)
    // END SOLUTION
    // STUB: todo!("M1: the distance between two slots")
}

/// The bytes of a whole segment.
pub fn total_len(shape: Shape) -> u64 {
    // BEGIN SOLUTION
    SLOTS_BEGIN as u64 + u64::from(shape.slots) * stride(shape)
    // END SOLUTION
    // STUB: todo!("M1: the length of the segment")
}

impl Header {
    /// As it stands in a segment.
    pub fn bytes(&self) -> [u8; 32] {
        // BEGIN SOLUTION
        let mut bytes = [0; 32];
        let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
        put(MAGIC_AT, &MAGIC);
        put(VERSION_AT, &VERSION.to_le_bytes());
        put(FLAGS_AT, &self.flags.to_le_bytes());
        put(SLOT_SIZE_AT, &self.shape.slot_size.to_le_bytes());
        put(SLOTS_AT, &self.shape.slots.to_le_bytes());
        put(TOTAL_LEN_AT, &total_len(self.shape).to_le_bytes());
        bytes
        // END SOLUTION
        // STUB: todo!("M1: the header's bytes")
    }

    /// Reads a header of a segment that has `len` bytes; else says what is wrong. After this nobody looks at the shared
    /// bytes again: they may change.
    ///
    /// # Errors
    /// What is malformed.
    pub fn check(bytes: &[u8; 32], len: u64) -> Result<Header, &'static str> {
        // BEGIN SOLUTION
        let small = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let wide = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let shape = Shape { slots: small(SLOTS_AT), slot_size: small(SLOT_SIZE_AT) };
        let flags = small(FLAGS_AT);
        let wrong = [
            (bytes[..8] != MAGIC, "not a ring: wrong magic"),
            (small(VERSION_AT) != VERSION, "unknown version"),
            (flags & !(FLAG_LOCK | FLAG_MANY) != 0, "unknown flags"),
            (shape.slot_size == 0, "slot_size is 0"),
            (!shape.slots.is_power_of_two(), "slots is no power of two"),
            (wide(TOTAL_LEN_AT) != total_len(shape), "total_len does not fit to slots and slot_size"),
            (len < total_len(shape), "shorter than its total_len"),
        ];
        match wrong.iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, what)) => Err(what),
            None => Ok(Header { flags, shape }),
        }
        // END SOLUTION
        // STUB: todo!("M1: read slots and slot_size; M6: refuse whatever is wrong")
    }
}
