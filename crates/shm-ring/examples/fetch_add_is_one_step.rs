//! Claim: fetch_add is one step: nobody can come between its load and its store. So none is lost, with any number of
//! processes on any number of cores.
//!
//! Relaxed is enough for a counter: nothing else is found by looking at it. And one step is all you get: two counters
//! that belong together need a lock, or a sequence lock.
//!
//! Usage: cargo run -q -p shm-ring --example fetch_add_is_one_step
//! See also: `an_increment_is_three_steps`, `std::sync::atomic`

use std::sync::atomic::Ordering;

use anyhow::Result;
use shm_ring::child::Child;
use shm_ring::map::{Mapping, Sharing};

const PROCESSES: u64 = 4;
const INCREMENTS: u64 = 100_000;

fn main() -> Result<()> {
    let memory = Mapping::anonymous(4096, Sharing::Shared)?;
    let counter = memory.long(0);
    let children = (0..PROCESSES).map(|_| {
        Child::start(|| {
            for _ in 0..INCREMENTS {
                counter.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        })
    });
    let children: Vec<Child> = children.collect::<Result<_>>()?;
    for child in children {
        child.end()?;
    }
    println!("{PROCESSES} processes add 1, {INCREMENTS} times each: {}", counter.load(Ordering::Relaxed));
    Ok(())
}
