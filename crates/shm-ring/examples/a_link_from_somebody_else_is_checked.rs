//! Claim: an offset may lead out of the segment, between two words, or in a circle. Whoever follows it must check it
//! first, each time: it is a number that somebody else has written.
//!
//! The check needs the length of *our* mapping, not a length that stands in the segment: that is such a number too.
//!
//! Usage: cargo run -q -p shm-ring --example a_link_from_somebody_else_is_checked
//! See also: `list.rs` (node_at)

use std::sync::atomic::Ordering;

use anyhow::Result;
use shm_ring::list::{self, FIRST};
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let memory = Mapping::anonymous(4096, Sharing::Shared)?;
    let last = list::push_front(&memory, 2)?;
    let first = list::push_front(&memory, 1)?;
    let good = first as u64;
    println!("a good list: {:?}", list::values(&memory)?);
    for (link, what) in [
        (4096, "just behind the end"),
        (4088, "half a node inside"),
        (good + 1, "between two words"),
        (8, "into the header"),
        (u64::MAX - 7, "far away, near an overflow"),
    ] {
        memory.long(FIRST).store(link, Ordering::Relaxed);
        println!("{what}: {}", list::values(&memory).expect_err("a wrong link"));
    }
    memory.long(FIRST).store(good, Ordering::Relaxed);
    memory.long(last).store(good, Ordering::Relaxed);
    println!("the last links to the first: {}", list::values(&memory).expect_err("a circle"));
    Ok(())
}
