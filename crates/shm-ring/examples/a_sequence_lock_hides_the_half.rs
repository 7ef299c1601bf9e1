//! Claim: with a sequence lock a reader never takes a half for a whole, and the writer never waits for a reader.
//!
//! First the reader is stopped in the middle, while a child shows a whole reading: the sequence is even before and
//! after, but not the same. Then both run as they like. Each reading can be told: humidity and temperature follow
//! from its number.
//!
//! Usage: cargo run -q -p shm-ring --example a_sequence_lock_hides_the_half
//! See also: `board.rs` (show, look)

use anyhow::Result;
use shm_ring::board::{self, Board, Reading};
use shm_ring::child::Child;
use shm_ring::map::{Mapping, Sharing};

const LAST: u64 = 200_000;

fn reading(number: u64) -> Reading {
    let humidity = number.wrapping_mul(7919) % 1000;
    Reading { celsius: humidity.cast_signed() * 4 - 2000, humidity, number }
}

fn main() -> Result<()> {
    let board = Board::make(Mapping::anonymous(board::LENGTH, Sharing::Shared)?)?;
    board.show(reading(0));
    let seen = board.look_in_halves(|| {
        let writer = Child::start(|| {
            board.show(reading(1));
            Ok(())
        });
        writer.and_then(Child::end).expect("the writer runs and ends");
    });
    println!("a reading shown while the reader is in the middle: it sees {seen:?}");
    let writer = Child::start(|| {
        (2..=LAST).for_each(|number| board.show(reading(number)));
        Ok(())
    })?;
    let (mut seen, mut halves, mut backwards) = (reading(0), 0, 0);
    while seen.number < LAST {
        let next = board.look_until_whole();
        halves += u32::from(next != reading(next.number));
        backwards += u32::from(next.number < seen.number);
        seen = next;
    }
    println!("{LAST} readings shown, and looked at until the last");
    println!("halves taken for a whole: {halves}; an older one after a newer: {backwards}");
    println!("writer: exit status {}", writer.end()?);
    Ok(())
}
