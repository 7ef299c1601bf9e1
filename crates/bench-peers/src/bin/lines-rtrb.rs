//! Lines through `rtrb`: a ring of bytes, each record behind its length.

use anyhow::Result;
use bench_peers::lines::{Pop, Push, arguments, run};
use rtrb::{Consumer, Producer, RingBuffer};

/// Bytes of a length.
const LENGTH: usize = 4;

struct In(Producer<u8>);
struct Out(Consumer<u8>);

impl Push for In {
    fn push(&mut self, record: &[u8]) -> bool {
        let Ok(mut chunk) = self.0.write_chunk(LENGTH + record.len()) else { return false };
        let length = u32::try_from(record.len()).expect("no line is longer than 4 GiB").to_ne_bytes();
        let (first, second) = chunk.as_mut_slices();
        put(first, second, 0, &length);
        put(first, second, LENGTH, record);
        chunk.commit_all();
        true
    }
}

impl Pop for Out {
    fn pop(&mut self, to: &mut Vec<u8>) -> bool {
        let Ok(chunk) = self.0.read_chunk(LENGTH) else { return false };
        let mut length = [0; LENGTH];
        let (first, second) = chunk.as_slices();
        length[..first.len()].copy_from_slice(first);
        length[first.len()..].copy_from_slice(second);
        let all = LENGTH + u32::from_ne_bytes(length) as usize;
        // A length is published together with its record.
        let Ok(chunk) = self.0.read_chunk(all) else { return false };
        let (first, second) = chunk.as_slices();
        let skipped = first.len().min(LENGTH);
        to.extend_from_slice(&first[skipped..]);
        to.extend_from_slice(&second[LENGTH - skipped..]);
        chunk.commit_all();
        true
    }
}

/// Copies into two slices as if they were one, from a place on.
fn put(first: &mut [u8], second: &mut [u8], at: usize, bytes: &[u8]) {
    let begin = at.min(first.len());
    let split = (first.len() - begin).min(bytes.len());
    first[begin..][..split].copy_from_slice(&bytes[..split]);
    let rest = &bytes[split..];
    let from = (at + split).saturating_sub(first.len());
    second[from..][..rest.len()].copy_from_slice(rest);
}

fn main() -> Result<()> {
    let (slots, slot_size) = arguments()?;
    let (producer, consumer) = RingBuffer::new(slots * (LENGTH + slot_size));
    run(In(producer), Out(consumer), slot_size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_the_end_of_the_ring() {
        let (producer, consumer) = RingBuffer::new(37);
        let (mut from, mut to) = (In(producer), Out(consumer));
        for round in 0..100_u8 {
            let record = vec![round; usize::from(round) % 33];
            assert!(from.push(&record));
            let mut came = Vec::new();
            assert!(to.pop(&mut came));
            assert_eq!(came, record);
        }
        assert!(!to.pop(&mut Vec::new()));
        assert!(!from.push(&[0; 34]));
    }
}
