//! Claim: whoever may write a file may shorten it while others have it mapped. Their next load beyond the new end is
//! SIGBUS.
//!
//! No check of the length helps: it may change between the check and the load. That is why a segment from somebody
//! whom you do not trust should be a sealed memfd.
//!
//! Usage: cargo run -q -p shm-ring --example truncation_under_a_mapping_is_sigbus
//! See also: `mmap(2)` (SIGBUS), `ftruncate(2)`, and the example a_seal_forbids_truncation

use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use nix::unistd::ftruncate;
use shm_ring::child::{self, Child};
use shm_ring::gate::Gate;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::segment::{self, Name};

fn main() -> Result<()> {
    let name = Name::own("truncated");
    let segment = segment::create(&name, 8192)?;
    let (checked, go) = (Gate::new()?, Gate::new()?);
    let reader = Child::start(|| {
        child::leave_no_core()?;
        let segment = segment::open(&name)?;
        let length = segment::length(&segment)?;
        let memory = Mapping::of(&segment, length, Sharing::Shared)?;
        println!(
            "reader: {length} bytes; the last word is {}",
            memory.word(length - 4).load(Ordering::Relaxed)
        );
        checked.open()?;
        go.pass()?;
        println!("reader: the first word is {}", memory.word(0).load(Ordering::Relaxed));
        println!("reader: the last word is {}", memory.word(length - 4).load(Ordering::Relaxed));
        Ok(())
    })?;
    checked.pass()?;
    ftruncate(&segment, 100).context("shorten the segment")?;
    println!("somebody shortens the segment to 100 bytes");
    go.open()?;
    println!("reader: {}", child::describe(reader.end()?));
    Ok(())
}
