//! The records of the contract, as the check makes and reads them.

use testkit::Room;

/// A data record, or the end of a producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) producer: u16,
    pub(crate) kind: u8,
    pub(crate) type_: u8,
    pub(crate) payload: Vec<u8>,
}

impl Record {
    /// What `produce` and `run` make: the sequence number, then bytes of value (producer + seq) mod 256.
    pub(crate) fn made(producer: u16, seq: u32, len: usize, type_: u8) -> Self {
        let mut payload = vec![((u32::from(producer) + seq) % 256) as u8; len];
        payload[..4].copy_from_slice(&seq.to_le_bytes());
        Self { producer, kind: 0, type_, payload }
    }

    /// A data record with random payload of `len` bytes.
    pub(crate) fn random(room: &Room, len: usize) -> Self {
        let producer = room.number(0..65_536) as u16;
        Self { producer, kind: 0, type_: room.number(0..256) as u8, payload: room.bytes(len) }
    }

    /// The record that says: no more of this producer.
    pub(crate) fn end(producer: u16) -> Self {
        Self { producer, kind: 1, type_: 0, payload: Vec::new() }
    }

    pub(crate) fn with_type(self, type_: u8) -> Self {
        Self { type_, ..self }
    }

    /// Its bytes on a stream, and its message in a queue.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = (self.payload.len() as u32).to_le_bytes().to_vec();
        bytes.extend(self.producer.to_le_bytes());
        bytes.extend([self.kind, self.type_]);
        bytes.extend(&self.payload);
        bytes
    }

    fn seq(&self) -> u32 {
        u32::from_le_bytes(self.payload[..4].try_into().expect("data has a number"))
    }

    /// The line of `consume`, with its newline.
    pub(crate) fn line(&self) -> String {
        format!("{} {} {} {:08x}\n", self.producer, self.seq(), self.payload.len(), crc32(&self.payload))
    }
}

/// The bytes of all of them.
pub(crate) fn stream(records: &[Record]) -> Vec<u8> {
    records.iter().flat_map(Record::bytes).collect()
}

/// The lines of all that have data.
pub(crate) fn lines(records: &[Record]) -> String {
    records.iter().filter(|record| record.kind == 0).map(Record::line).collect()
}

/// What `produce` sends: `count` records.
pub(crate) fn made(producer: u16, count: u32, len: usize) -> Vec<Record> {
    (0..count).map(|seq| Record::made(producer, seq, len, 0)).collect()
}

/// The header of a record with this len, and nothing else.
pub(crate) fn header(len: u32, kind: u8) -> Vec<u8> {
    [&len.to_le_bytes()[..], &[0, 0, kind, 0]].concat()
}

/// CRC-32 as in zlib, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |rest: u32, _| if rest & 1 == 1 { (rest >> 1) ^ 0xedb8_8320 } else { rest >> 1 };
    !bytes.iter().fold(!0, |rest, &byte| (0..8).fold(rest ^ u32::from(byte), step))
}
