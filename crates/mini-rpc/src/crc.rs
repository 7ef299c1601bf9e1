//! A cyclic redundancy check of 16 bits: the remainder when the message, seen as one long polynomial, is divided by
//! x^16 + x^12 + x^5 + 1. Disks and radios use the same one (CRC-16/IBM-3740, also called CCITT-FALSE).

/// The generator without its highest term: bits 12, 5 and 0.
const GENERATOR: u16 = 0x1021;

/// The check over these pieces, one after the other.
#[must_use]
pub fn crc16(pieces: &[&[u8]]) -> u16 {
    // Starts with all ones, so that leading zeros count too.
    pieces.iter().copied().flatten().fold(0xffff, |remainder, byte| divide(remainder ^ u16::from(*byte) << 8))
}

/// Shifts eight bits out; whenever a one falls out, the generator is subtracted (which is xor: no carries).
fn divide(mut remainder: u16) -> u16 {
    for _ in 0..8 {
        let falls_out = remainder & 0x8000 != 0;
        remainder <<= 1;
        if falls_out {
            remainder ^= GENERATOR;
        }
    }
    remainder
}

#[cfg(test)]
mod tests {
    use super::crc16;

    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(crc16(&[b"123456789"]), 0x29b1);
        assert_eq!(crc16(&[b"1234", b"", b"56789"]), 0x29b1);
    }
}
