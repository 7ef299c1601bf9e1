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

/// The bytes from the beginning of one slot to that of the next. At most 2^32 + 64, so 64 bits hold it.
pub fn stride(shape: Shape) -> u64 {
    (SLOT_HEAD as u64 + u64::from(shape.slot_size)).next_multiple_of(SLOT_ALIGN as u64)
}

/// The bytes of a whole segment. At most about 2^63, since there are at most 2^31 slots: 64 bits hold this, too.
pub fn total_len(shape: Shape) -> u64 {
    SLOTS_BEGIN as u64 + u64::from(shape.slots) * stride(shape)
}

impl Header {
    /// As it stands in a segment.
    pub fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[MAGIC_AT..MAGIC_AT + 8].copy_from_slice(&MAGIC);
        bytes[VERSION_AT..VERSION_AT + 4].copy_from_slice(&VERSION.to_le_bytes());
        bytes[FLAGS_AT..FLAGS_AT + 4].copy_from_slice(&self.flags.to_le_bytes());
        bytes[SLOT_SIZE_AT..SLOT_SIZE_AT + 4].copy_from_slice(&self.shape.slot_size.to_le_bytes());
        bytes[SLOTS_AT..SLOTS_AT + 4].copy_from_slice(&self.shape.slots.to_le_bytes());
        bytes[TOTAL_LEN_AT..].copy_from_slice(&total_len(self.shape).to_le_bytes());
        bytes
    }

    /// Reads a header of a segment that has `len` bytes; else says what is wrong. After this nobody looks at the shared
    /// bytes again: they may change.
    ///
    /// # Errors
    /// What is malformed.
    pub fn check(bytes: &[u8; 32], len: u64) -> Result<Header, &'static str> {
        let flags = word(bytes, FLAGS_AT);
        let shape = Shape { slots: word(bytes, SLOTS_AT), slot_size: word(bytes, SLOT_SIZE_AT) };
        // The shape is proved before its product is formed: only then does that fit into 64 bits.
        let sound = [
            (bytes[MAGIC_AT..MAGIC_AT + 8] == MAGIC, "this is no ring: its magic is wrong"),
            (word(bytes, VERSION_AT) == VERSION, "its version is not 1"),
            (flags & !(FLAG_LOCK | FLAG_MANY) == 0, "it has a flag that nobody knows"),
            (shape.slot_size > 0, "its slots have no bytes"),
            (shape.slots.is_power_of_two(), "its number of slots is no power of two"),
        ];
        if let Some((_, wrong)) = sound.iter().find(|(holds, _)| !holds) {
            return Err(wrong);
        }
        if wide(bytes, TOTAL_LEN_AT) != total_len(shape) {
            return Err("its length does not fit to its slots");
        }
        if len < total_len(shape) {
            return Err("its file is shorter than its header says");
        }
        Ok(Header { flags, shape })
    }
}

fn word(bytes: &[u8; 32], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}

fn wide(bytes: &[u8; 32], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}
