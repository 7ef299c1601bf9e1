//! Claim: a pointer in shared memory is an address of whoever stored it. Elsewhere nothing is there, or something
//! else.
//!
//! Nothing checks it: following it is SIGSEGV if you are lucky, and somebody else's data if you are not. So a
//! structure in a segment has no pointer, no reference, no Box, no Vec, no String: offsets and plain numbers only.
//!
//! Usage: cargo run -q -p shm-ring --example a_pointer_is_wrong_in_another_mapping
//! See also: `mmap(2)`, `proc_pid_maps(5)`

use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use shm_ring::map::{Mapping, Sharing};
use shm_ring::{memfd, smaps};

fn main() -> Result<()> {
    let memory = memfd::create(c"pointer", 4096)?;
    let first = Mapping::of(&memory, 4096, Sharing::Shared)?;
    let second = Mapping::of(&memory, 4096, Sharing::Shared)?;
    let node = 64;
    first.long(node).store(42, Ordering::Relaxed);
    first.long(0).store((first.address() + node) as u64, Ordering::Relaxed);
    first.long(8).store(node as u64, Ordering::Relaxed);
    println!("stored: a pointer to the node, and its offset");
    drop(first);

    let pointer = usize::try_from(second.long(0).load(Ordering::Relaxed)).context("read the pointer")?;
    let inside = (second.address()..second.address() + second.length()).contains(&pointer);
    println!("the pointer leads into the mapping that is left: {inside}");
    println!("anything is there at all: {}", smaps::is_mapped(pointer)?);
    let offset = usize::try_from(second.long(8).load(Ordering::Relaxed)).context("read the offset")?;
    println!("the offset leads to {}", second.long(offset).load(Ordering::Relaxed));
    Ok(())
}
