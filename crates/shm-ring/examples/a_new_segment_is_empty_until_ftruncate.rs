//! Claim: shm_open makes a segment of 0 bytes. It has memory only after ftruncate, and then it is all zero.
//!
//! mmap does not ask for the length: it maps more than there is, and the first load is SIGBUS. Whoever opens a
//! segment between these two calls of its maker must be ready for that.
//!
//! Usage: cargo run -q -p shm-ring --example a_new_segment_is_empty_until_ftruncate
//! See also: `shm_open(3)`, `ftruncate(2)`, `mmap(2)` (SIGBUS)

use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use nix::unistd::ftruncate;
use shm_ring::child::{self, Child};
use shm_ring::map::{Mapping, Sharing};
use shm_ring::segment::{self, Name};

fn main() -> Result<()> {
    let name = Name::own("empty");
    let segment = segment::create(&name, 0)?;
    println!("length of a new segment: {}", segment::length(&segment)?);
    println!("map its 0 bytes: {}", Mapping::of(&segment, 0, Sharing::Shared).expect_err("nothing to map"));

    let memory = Mapping::of(&segment, 4096, Sharing::Shared)?;
    println!("map 4096 bytes all the same: success");
    let reader = Child::start(|| {
        child::leave_no_core()?;
        println!("a child loads: {}", memory.word(0).load(Ordering::Relaxed));
        Ok(())
    })?;
    println!("a child that loads: {}", child::describe(reader.end()?));

    ftruncate(&segment, 4096).context("set the length")?;
    println!("after ftruncate, through the same mapping: {}", memory.word(0).load(Ordering::Relaxed));
    println!("all zero: {}", (0..4096).all(|offset| memory.byte(offset).load(Ordering::Relaxed) == 0));
    Ok(())
}
