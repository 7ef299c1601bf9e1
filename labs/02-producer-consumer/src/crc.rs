//! CRC-32 as in zlib, PNG and Ethernet (IEEE 802.3, reflected). This file is complete.
//!
//! A step for each byte has to wait for the step before it. Eight tables make a step of eight bytes, whose look-ups do
//! not wait for each other ("slicing by 8").

/// `TABLES[n][byte]`: what this byte does to the checksum if `n` bytes of its block follow it. Computed by the compiler.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut rest = byte as u32;
        let mut bit = 0;
        while bit < 64 {
            rest = if rest & 1 == 1 { (rest >> 1) ^ 0xedb8_8320 } else { rest >> 1 };
            bit += 1;
            if bit % 8 == 0 {
                tables[bit / 8 - 1][byte] = rest;
            }
        }
        byte += 1;
    }
    tables
}

/// The checksum of `bytes`.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let (blocks, rest) = bytes.as_chunks();
    let blocks = blocks.iter().fold(!0, |sum, block| {
        let block = (u64::from_le_bytes(*block) ^ u64::from(sum)).to_le_bytes();
        let pairs = block.iter().zip(TABLES.iter().rev());
        pairs.fold(0, |next, (&byte, table)| next ^ table[usize::from(byte)])
    });
    !rest.iter().fold(blocks, |sum, &byte| TABLES[0][usize::from(sum as u8 ^ byte)] ^ (sum >> 8))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_that_of_zlib() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(super::crc32(b""), 0);
        // As `crc32` of zlib says it: blocks of eight bytes, and a rest.
        assert_eq!(super::crc32(b"The quick brown fox jumps over the lazy dog"), 0x414f_a339);
    }
}
