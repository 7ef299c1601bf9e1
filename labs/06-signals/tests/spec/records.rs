//! Requests as the check sends them: records of lab 02.

/// A data record with this number and text.
pub(super) fn request(seq: u32, text: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = [&seq.to_le_bytes()[..], text.as_ref()].concat();
    record(payload.len() as u32, 0, &payload)
}

/// A record as it is told, right or wrong.
pub(super) fn record(len: u32, kind: u8, payload: &[u8]) -> Vec<u8> {
    let producer = (len % 251) as u16;
    let header = [&len.to_le_bytes()[..], &producer.to_le_bytes(), &[kind, 7]].concat();
    [header.as_slice(), payload].concat()
}

/// A record of kind 1.
pub(super) fn end_record() -> Vec<u8> {
    record(0, 1, &[])
}

/// What an `echo` request writes.
pub(super) fn echoed(seq: u32, bytes: &[u8]) -> Vec<u8> {
    [bytes, format!("done {seq}\n").as_bytes()].concat()
}
