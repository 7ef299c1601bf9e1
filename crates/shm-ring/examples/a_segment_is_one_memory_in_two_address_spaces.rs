//! Claim: a segment is one memory in several address spaces. Its interface is loads and stores; no message is sent.
//!
//! Two processes that know the name map the same pages. What one stores, the other loads. Who may go first is not
//! settled by the memory: here waitpid does it.
//!
//! Usage: cargo run -q -p shm-ring --example a_segment_is_one_memory_in_two_address_spaces
//! See also: `shm_overview(7)`, `mmap(2)`, and `segment.rs`, `map.rs`

use std::sync::atomic::Ordering;

use anyhow::Result;
use shm_ring::child::Child;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::segment::{self, Name};

fn main() -> Result<()> {
    let name = Name::own("two-spaces");
    let segment = segment::create(&name, 4096)?;
    let memory = Mapping::of(&segment, 4096, Sharing::Shared)?;
    drop(segment);
    println!("descriptor closed; a new segment holds {}", memory.word(0).load(Ordering::Relaxed));

    memory.word(0).store(1, Ordering::Relaxed);
    println!("parent stores 1");
    let child = Child::start(|| {
        let memory = Mapping::of(segment::open(&name)?, 4096, Sharing::Shared)?;
        println!("child, by the name: loads {}, stores 2", memory.word(0).load(Ordering::Relaxed));
        memory.word(0).store(2, Ordering::Relaxed);
        Ok(())
    })?;
    child.end()?;
    println!("parent loads {}", memory.word(0).load(Ordering::Relaxed));
    Ok(())
}
