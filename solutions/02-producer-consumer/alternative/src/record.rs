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

use std::io::IoSlice;

use crate::crc::crc32;

/// Bytes before the payload.
pub(crate) const HEADER: usize = 8;
/// The longest payload.
pub(crate) const LONGEST: usize = 65_536;

/// What a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It carries data.
    Data,
    /// Its sender sends no more.
    End,
}

/// What stands before the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of payload.
    pub(crate) len: usize,
    /// Who made it.
    pub(crate) producer: u16,
    /// Data or end.
    pub(crate) kind: Kind,
    /// Its type: the priority in a POSIX queue, the type less one in a System V queue.
    pub(crate) type_: u8,
}

impl Header {
    /// Reads a header; `None` if the contract has no such record.
    pub(crate) fn parse(bytes: [u8; HEADER]) -> Option<Self> {
        let [a, b, c, d, e, f, kind, type_] = bytes;
        let len = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
        let kind = match kind {
            0 if (4..=LONGEST).contains(&len) => Kind::Data,
            1 if len == 0 => Kind::End,
            _ => return None,
        };
        Some(Self { len, producer: u16::from_le_bytes([e, f]), kind, type_ })
    }

    fn to_bytes(self) -> [u8; HEADER] {
        let [a, b, c, d] = (self.len as u32).to_le_bytes();
        let [e, f] = self.producer.to_le_bytes();
        let kind = match self.kind {
            Kind::Data => 0,
            Kind::End => 1,
        };
        [a, b, c, d, e, f, kind, self.type_]
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// What it says of itself.
    pub(crate) header: Header,
    /// As many bytes as the header says.
    payload: Vec<u8>,
}

impl Record {
    /// A record with data: the sequence number, then bytes of value (producer + seq) mod 256.
    pub(crate) fn data(producer: u16, seq: u32, len: usize, type_: u8) -> Self {
        let mut payload = vec![(u32::from(producer).wrapping_add(seq)) as u8; len];
        payload[..4].copy_from_slice(&seq.to_le_bytes());
        Self { header: Header { len, producer, kind: Kind::Data, type_ }, payload }
    }

    /// The record that says: no more of this producer.
    pub(crate) fn end(producer: u16, type_: u8) -> Self {
        Self { header: Header { len: 0, producer, kind: Kind::End, type_ }, payload: Vec::new() }
    }

    /// The record that `bytes` are, from the first to the last; `None` if they are not exactly one.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (header, payload) = bytes.split_first_chunk()?;
        let header = Header::parse(*header)?;
        (header.len == payload.len()).then(|| Self { header, payload: payload.to_vec() })
    }

    /// All its bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        [&self.header.to_bytes(), self.payload.as_slice()].concat()
    }

    /// Calls `write` with its bytes but for the first `sent`, as writev(2) takes them.
    pub(crate) fn rest<T>(&self, sent: usize, write: impl FnOnce(&[IoSlice]) -> T) -> T {
        let header = self.header.to_bytes();
        let mut parts = [IoSlice::new(&header), IoSlice::new(&self.payload)];
        let mut rest = parts.as_mut_slice();
        IoSlice::advance_slices(&mut rest, sent);
        write(rest)
    }

    /// How many bytes it has, the header included.
    pub(crate) fn size(&self) -> usize {
        HEADER + self.payload.len()
    }

    /// `ID SEQ LEN CRC32`, of a record with data.
    pub(crate) fn line(&self) -> String {
        let Header { producer, len, .. } = self.header;
        let seq = self.payload.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        format!("{producer} {seq} {len} {:08x}", crc32(&self.payload))
    }
}

/// What a source gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Took {
    /// A record of either kind.
    Record(Record),
    /// End of file, between two records; of a queue, a record of kind 1.
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
pub(crate) enum Sent {
    /// The system has the whole record.
    Done,
    /// There is no room now (only with `--try`). No byte of it was sent.
    Full,
}
