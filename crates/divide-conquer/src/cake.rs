//! The three layers of parallel work: processes, threads in a process, lanes in a register. Here it sums bytes.
//!
//! A register of 64 bits holds four lanes of 16 bits. One addition adds four pairs of numbers: this is what vector
//! instructions do with 128 to 512 bits, written in plain integers so that it can be read and counted.

/// One byte after the other: the sum, and the number of additions.
#[must_use]
pub fn plain(bytes: &[u8]) -> (u64, u64) {
    bytes.iter().fold((0, 0), |(sum, additions), &byte| (sum + u64::from(byte), additions + 1))
}

/// Every second byte of a word: what fits a lane of 16 bits with room for carries.
const EVEN: u64 = 0x00ff_00ff_00ff_00ff;

/// A lane grows by at most 2 * 255 with each word, and holds 65535: 128 words are safe.
const WORDS: usize = 128;

/// Eight bytes at a time in four lanes: the sum, and the number of additions.
#[must_use]
pub fn lanes(bytes: &[u8]) -> (u64, u64) {
    let (words, rest) = bytes.as_chunks::<8>();
    let (mut sum, mut additions) = plain(rest);
    for block in words.chunks(WORDS) {
        let mut four = 0_u64;
        for word in block {
            let word = u64::from_ne_bytes(*word);
            four += (word & EVEN) + ((word >> 8) & EVEN);
            additions += 2;
        }
        for lane in 0..4 {
            sum += (four >> (16 * lane)) & 0xffff;
            additions += 1;
        }
    }
    (sum, additions)
}

/// Threads, each with a part of the bytes. They read the same memory and give their sums back by `join`.
///
/// # Panics
/// If a thread cannot be started.
#[must_use]
pub fn threads(bytes: &[u8], count: usize) -> (u64, u64) {
    std::thread::scope(|scope| {
        let part = |index| &bytes[crate::cut::part(bytes.len(), count, index)];
        let all: Vec<_> = (0..count).map(|index| scope.spawn(move || lanes(part(index)))).collect();
        let sums = all.into_iter().map(|thread| thread.join().expect("summing does not panic"));
        sums.fold((0, 0), |(sum, additions), (one, more)| (sum + one, additions + more))
    })
}
