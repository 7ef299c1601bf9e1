//! Claim: a CRC finds each single flipped bit, and bytes that changed places; a plain sum does not find the latter.
//!
//! All bits of a frame are flipped, one after the other. A flip in the length field shows as a wrong length, each other by
//! the check.
//!
//! Usage: cargo run -q -p mini-rpc --example a_crc_finds_every_flipped_bit
//! See also: the module `crc`

use anyhow::Result;
use mini_rpc::crc::crc16;
use mini_rpc::frame::{BadFrame, Message};

fn main() -> Result<()> {
    let frame = Message::call(7, 1, b"\x03\x04hall\x00\x05".to_vec()).to_frame()?;
    let (mut by_length, mut by_crc, mut unseen) = (0, 0, 0);
    for bit in 0..frame.len() * 8 {
        let mut damaged = frame.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match Message::from_frame(&damaged) {
            Err(BadFrame::Crc { .. }) => by_crc += 1,
            Err(BadFrame::Length(_) | BadFrame::TooLong(_)) => by_length += 1,
            _ => unseen += 1,
        }
    }
    println!(
        "{} bits flipped: {by_length} seen by the length, {by_crc} by the crc, {unseen} unseen",
        frame.len() * 8
    );

    let (said, heard) = (b"hall 18".as_slice(), b"hall 81".as_slice());
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    println!(
        "two bytes change places: same sum: {}, same crc: {}",
        sum(said) == sum(heard),
        crc16(&[said]) == crc16(&[heard])
    );
    Ok(())
}
