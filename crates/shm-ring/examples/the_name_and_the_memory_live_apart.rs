//! Claim: shm_unlink removes the name, not the memory. Who has it mapped goes on; who comes later finds nothing, or
//! another memory under the same name.
//!
//! It is the same with files and unlink. So a segment may be unlinked as soon as everybody has opened it: then no
//! crash can leave the name behind.
//!
//! Usage: cargo run -q -p shm-ring --example the_name_and_the_memory_live_apart
//! See also: `shm_unlink(3)`, `munmap(2)`

use std::sync::atomic::Ordering;

use anyhow::Result;
use shm_ring::child::Child;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::segment::{self, Name};

fn main() -> Result<()> {
    let name = Name::own("apart");
    let old = Mapping::of(segment::create(&name, 4096)?, 4096, Sharing::Shared)?;
    old.word(0).store(1, Ordering::Relaxed);
    segment::remove(&name)?;
    println!("unlinked; open: {}", segment::open(&name).expect_err("no such name").root_cause());
    println!("the mapping still holds {}", old.word(0).load(Ordering::Relaxed));

    let new = Mapping::of(segment::create(&name, 4096)?, 4096, Sharing::Shared)?;
    println!("made anew, the same name; it holds {}", new.word(0).load(Ordering::Relaxed));
    let child = Child::start(|| {
        old.word(0).store(2, Ordering::Relaxed);
        Ok(())
    })?;
    child.end()?;
    println!("a child stores 2 in the old one: old {}, new {}", value(&old), value(&new));
    Ok(())
}

fn value(memory: &Mapping) -> u32 {
    memory.word(0).load(Ordering::Relaxed)
}
