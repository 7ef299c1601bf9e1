//! A record as bytes, the one of lab 02, and the request in it. Given.
//!
//! | bytes | |
//! |---|---|
//! | 0..4 | len, the bytes of payload |
//! | 4..6 | producer |
//! | 6 | kind: 0 data, 1 end |
//! | 7 | type |
//! | 8..8 + len | payload; of data, the first four bytes are the sequence number, and the rest is the request |
//!
//! All numbers are little endian.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Bytes before the payload.
pub const HEADER: usize = 8;
/// The longest payload.
pub const LONGEST: usize = 65_536;
/// A record with data.
pub const DATA: u8 = 0;
/// A record that says: no more of this producer.
pub const END: u8 = 1;

/// What stands before the payload, as far as flushd needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Bytes of payload.
    pub len: usize,
    /// [`DATA`] or [`END`].
    pub kind: u8,
}

impl Header {
    /// Reads a header; `None` if the contract has no such record.
    #[must_use]
    pub fn parse(bytes: &[u8; HEADER]) -> Option<Self> {
        let [l0, l1, l2, l3, _, _, kind, _] = *bytes;
        let len = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
        let is_right = match kind {
            DATA => (4..=LONGEST).contains(&len),
            END => len == 0,
            _ => false,
        };
        is_right.then_some(Self { len, kind })
    }
}

/// What a record asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The record's sequence number.
    pub seq: u32,
    /// What is to be done.
    pub task: Task,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// `echo BYTES`.
    Echo(Vec<u8>),
    /// `gate PATH`.
    Gate(PathBuf),
    /// Nobody knows.
    Unknown,
}

impl Request {
    /// Reads the payload of a record with data, at least four bytes.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Self {
        let (seq, text) =
            payload.split_first_chunk().map_or((0, payload), |(seq, text)| (u32::from_le_bytes(*seq), text));
        let task = match (text.strip_prefix(b"echo "), text.strip_prefix(b"gate ")) {
            (Some(bytes), _) => Task::Echo(bytes.to_vec()),
            (_, Some(path)) => Task::Gate(PathBuf::from(OsStr::from_bytes(path))),
            _ => Task::Unknown,
        };
        Self { seq, task }
    }
}
