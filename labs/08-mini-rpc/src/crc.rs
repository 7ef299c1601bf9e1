//! The checksum of a frame: CRC-32 as in zlib, Ethernet and PNG. Complete; nothing to do here.

/// The remainders of all bytes, for the polynomial 0x04C11DB7 with its bits reversed.
const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut rest = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 1 == 1 { rest >> 1 ^ 0xEDB8_8320 } else { rest >> 1 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
}

/// The checksum of several pieces, as if they were one.
#[must_use]
pub fn crc32(pieces: &[&[u8]]) -> u32 {
    let step = |rest: u32, &byte: &u8| TABLE[usize::from(rest as u8 ^ byte)] ^ rest >> 8;
    !pieces.iter().copied().flatten().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_literature() {
        assert_eq!(crc32(&[b"123456789"]), 0xCBF4_3926);
        assert_eq!(crc32(&[b"1234", b"", b"56789"]), 0xCBF4_3926);
        assert_eq!(crc32(&[]), 0);
    }
}
