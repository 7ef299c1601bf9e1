//! The work of lab 02: records with a header of 8 bytes, and the line that a consumer prints for each.

use std::io::{self, Read, Write};

use anyhow::{Context as _, Result, ensure};

/// Bytes of a header: the payload's length, the producer, the kind, the type.
pub const HEADER: usize = 8;
/// The longest payload.
pub const MOST: usize = 65_536;

/// Writes a data record: its payload is the number, then the same byte again and again.
///
/// # Errors
/// When it cannot be written, or a number does not fit.
pub fn put(to: &mut impl Write, producer: u16, number: u32, payload: &mut [u8]) -> Result<()> {
    let length = u32::try_from(payload.len()).context("a record has a length")?;
    let [low, ..] = (u32::from(producer) + number).to_le_bytes();
    payload.fill(low);
    payload[..4].copy_from_slice(&number.to_le_bytes());
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&length.to_le_bytes());
    header[4..6].copy_from_slice(&producer.to_le_bytes());
    to.write_all(&header).and_then(|()| to.write_all(payload)).context("write a record")
}

/// Reads a data record; its producer, and its payload in `payload`. `None`: there is none left.
///
/// # Errors
/// When it is malformed, or cannot be read.
pub fn take(from: &mut impl Read, payload: &mut Vec<u8>) -> Result<Option<u16>> {
    let mut header = [0; HEADER];
    match from.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other.context("read a header")?,
    }
    let [a, b, c, d, low, high, kind, _] = header;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    ensure!(kind == 0 && (4..=MOST).contains(&length), "malformed record");
    payload.resize(length, 0);
    from.read_exact(payload).context("read a payload")?;
    Ok(Some(u16::from_le_bytes([low, high])))
}

/// What a consumer prints for a record, without the newline.
#[must_use]
pub fn line(producer: u16, payload: &[u8]) -> String {
    let number = payload.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    format!("{producer} {number} {} {:08x}", payload.len(), crc32fast::hash(payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_out_as_it_went_in() {
        let (mut stream, mut payload) = (Vec::new(), [0; 6]);
        put(&mut stream, 3, 258, &mut payload).unwrap();
        let mut came = Vec::new();
        let mut input = stream.as_slice();
        assert_eq!(take(&mut input, &mut came).unwrap(), Some(3));
        assert_eq!(came, [2, 1, 0, 0, 5, 5]);
        assert_eq!(take(&mut input, &mut came).unwrap(), None);
        assert!(line(3, &came).starts_with("3 258 6 "));
        stream[6] = 9;
        assert!(take(&mut stream.as_slice(), &mut came).is_err());
    }
}
