//! Lines through `crossbeam_queue::ArrayQueue`: a queue of boxed records.

use anyhow::Result;
use bench_peers::lines::{Pop, Push, arguments, run};
use crossbeam_queue::ArrayQueue;

struct Side<'a>(&'a ArrayQueue<Box<[u8]>>);

impl Push for Side<'_> {
    fn push(&mut self, record: &[u8]) -> bool {
        !self.0.is_full() && self.0.push(record.into()).is_ok()
    }
}

impl Pop for Side<'_> {
    fn pop(&mut self, to: &mut Vec<u8>) -> bool {
        self.0.pop().map(|record| to.extend_from_slice(&record)).is_some()
    }
}

fn main() -> Result<()> {
    let (slots, slot_size) = arguments()?;
    let queue = ArrayQueue::new(slots);
    run(Side(&queue), Side(&queue), slot_size)
}
