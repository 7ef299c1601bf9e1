//! Claim: a seal is a promise that nobody can break or take back, neither root nor who gave it. With the size sealed,
//! no load in the mapping can be SIGBUS.
//!
//! The receiver asks for the seals *before* it maps. A descriptor that has no seals, or not these, is refused.
//!
//! Usage: cargo run -q -p shm-ring --example a_seal_forbids_truncation
//! See also: `memfd_create(2)` (File sealing), `F_ADD_SEALS(2const)`

use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use nix::unistd::ftruncate;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::memfd;

fn main() -> Result<()> {
    let memory = memfd::create(c"weather", 4096)?;
    let mapping = Mapping::of(&memory, 4096, Sharing::Shared)?;
    println!("fixed size: {}", memfd::has_fixed_size(&memory)?);
    memfd::fix_size(&memory)?;
    println!("sealed; fixed size: {}", memfd::has_fixed_size(&memory)?);

    println!("shrink: {}", ftruncate(&memory, 0).expect_err("sealed"));
    println!("grow: {}", ftruncate(&memory, 8192).expect_err("sealed"));
    println!("another seal: {}", memfd::fix_size(&memory).expect_err("sealed").root_cause());
    mapping.word(0).store(1, Ordering::Relaxed);
    println!("a store: {}", mapping.word(0).load(Ordering::Relaxed));

    let file = std::fs::File::open("/proc/self/exe").context("open a file")?;
    println!(
        "the seals of a file: {}",
        memfd::has_fixed_size(&file).expect_err("a file has none").root_cause()
    );
    Ok(())
}
