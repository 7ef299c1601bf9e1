//! Where everything stands in a segment, in bytes from its beginning. Given. All numbers are little endian.
//!
//! ```text
//!    0  magic     8  version   12  flags     16  slot_size  20  slots     24  total_len
//!   32  state    36  producer  40  consumer  48  producer's start time    56  consumer's start time
//!   64  head     72  data word               76  consumer waits
//!  128  tail    136  space word             140  producer waits
//!  192  lock
//! 4096  slot 0: len u32, seq u32, bytes;  then slot 1, and so on
//! ```
//!
//! What the producer writes and what the consumer writes stand on different cache lines.

/// The first eight bytes of a ring.
pub const MAGIC: [u8; 8] = *b"IPCRING\0";
/// The only version so far.
pub const VERSION: u32 = 1;
/// A flag: whoever attaches keeps the segment in memory, mlock(2).
pub const FLAG_LOCK: u32 = 1;
/// A flag: many producers and many consumers, one at a time under the lock.
pub const FLAG_MANY: u32 = 2;

/// Offset of the magic.
pub const MAGIC_AT: usize = 0;
/// Offset of the version, u32.
pub const VERSION_AT: usize = 8;
/// Offset of the flags, u32.
pub const FLAGS_AT: usize = 12;
/// Offset of the number of bytes in a slot, u32.
pub const SLOT_SIZE_AT: usize = 16;
/// Offset of the number of slots, u32, a power of two.
pub const SLOTS_AT: usize = 20;
/// Offset of the length of the whole segment, u64.
pub const TOTAL_LEN_AT: usize = 24;
/// Where the slots begin; the header ends here.
pub const SLOTS_BEGIN: usize = 4096;
/// A slot's length and sequence number take so many bytes, before its own.
pub const SLOT_HEAD: usize = 8;
/// Each slot begins at a multiple of this from the first.
pub const SLOT_ALIGN: usize = 64;

/// The ring is being made.
pub const MAKING: u32 = 0;
/// The ring is in use.
pub const READY: u32 = 1;
/// Nothing more will come.
pub const CLOSED: u32 = 2;

/// In the lock word: somebody sleeps until the lock is free. (`FUTEX_WAITERS` of `<linux/futex.h>`.)
pub const LOCK_WAITERS: u32 = 0x8000_0000;
/// In the lock word: its owner died with it. (`FUTEX_OWNER_DIED`.)
pub const LOCK_OWNER_DIED: u32 = 0x4000_0000;
/// In the lock word: the thread id of the owner, 0 for nobody. (`FUTEX_TID_MASK`.)
pub const LOCK_OWNER: u32 = 0x3fff_ffff;

/// The first eight bytes of a list.
pub const LIST_MAGIC: [u8; 8] = *b"IPCLIST\0";
/// Offset of the list's length in bytes, u64. (Its version stands where that of a ring does.)
pub const LIST_TOTAL_LEN_AT: usize = 16;
/// Offset of the offset of the first node, u64; 0 without nodes.
pub const LIST_FIRST_AT: usize = 24;
/// Offset of the number of nodes, u64.
pub const LIST_COUNT_AT: usize = 32;
/// No node begins before this.
pub const NODES_BEGIN: usize = 64;
/// A node: next u64, len u32, zero u32, then its bytes. Each begins at a multiple of 8.
pub const NODE_HEAD: usize = 16;
