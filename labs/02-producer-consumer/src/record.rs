//! A record as bytes, and back.
//!
//! | bytes | |
//! |---|---|
//! | 0..4 | len, the bytes of payload |
//! | 4..6 | producer |
//! | 6 | kind: 0 data, 1 end |
//! | 7 | type |
//! | 8..8 + len | payload; of data, the first four bytes are the sequence number |
//!
//! All numbers are little endian.

use crate::crc::crc32;

/// Bytes before the payload.
pub const HEADER: usize = 8;
/// The longest payload.
pub const LONGEST: usize = 65_536;
/// A record with data.
pub const DATA: u8 = 0;
/// A record that says: no more of me.
pub const END: u8 = 1;

/// What stands before the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Bytes of payload.
    pub len: usize,
    /// Who made it.
    pub producer: u16,
    /// [`DATA`] or [`END`].
    pub kind: u8,
    /// Its type: the priority in a POSIX queue, the type less one in a System V queue.
    pub type_: u8,
}

impl Header {
    /// Reads a header; `None` if the contract has no such record.
    #[must_use]
    pub fn parse(bytes: &[u8; HEADER]) -> Option<Self> {
        todo!("M2: read len, producer, kind and type; refuse what is malformed")
    }
}

/// A whole record, header and payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it says of itself.
    pub header: Header,
    /// All its bytes, the header included.
    pub bytes: Vec<u8>,
}

impl Record {
    /// A record with data: the sequence number, then bytes of value (producer + seq) mod 256.
    #[must_use]
    pub fn data(producer: u16, seq: u32, len: usize, type_: u8) -> Self {
        todo!("M2: the bytes of a data record")
    }

    /// The record that says: no more of this producer.
    #[must_use]
    pub fn end(producer: u16, type_: u8) -> Self {
        todo!("M2: the bytes of a record of kind 1")
    }

    /// Its number, of a record with data.
    #[must_use]
    pub fn seq(&self) -> u32 {
        todo!("M2: the first four bytes of the payload")
    }

    /// `ID SEQ LEN CRC32`, without a newline.
    #[must_use]
    pub fn line(&self) -> String {
        let Header { producer, len, .. } = self.header;
        format!("{producer} {} {len} {:08x}", self.seq(), crc32(&self.bytes[HEADER..]))
    }
}

/// What a source gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Took {
    /// A record of either kind.
    Record(Record),
    /// End of file, between two records.
    End,
    /// Nothing is there now (only with `--try`).
    Nothing,
    /// End of file inside a record.
    Truncated,
    /// What the contract has no name for.
    Malformed,
}

/// What a sink has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The system has the whole record.
    Done,
    /// There is no room now (only with `--try`). No byte of it was sent.
    Full,
}
