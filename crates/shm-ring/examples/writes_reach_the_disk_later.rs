//! Claim: a store into a mapped file makes a page dirty, and that is all. The kernel writes it to the disk later, or
//! when msync asks for it.
//!
//! smaps counts the dirty pages of a mapping. Killing the process loses nothing (the page cache is the kernel's); a
//! power cut loses what is dirty. The cost of disk and msync is not paid by the store, so it is paid at a moment you
//! did not choose.
//!
//! Usage: cargo run -q -p shm-ring --example writes_reach_the_disk_later
//! See also: `msync(2)`, `proc_pid_smaps(5)`, `sync(2)`

use std::sync::atomic::Ordering;

use anyhow::{Context, Result, bail};
use nix::sys::statfs::{TMPFS_MAGIC, fstatfs};
use shm_ring::map::{Mapping, Sharing};
use shm_ring::smaps;

fn main() -> Result<()> {
    let file = tempfile::tempfile().context("make a file")?;
    if fstatfs(&file).context("ask for the file system")?.filesystem_type() == TMPFS_MAGIC {
        bail!("TMPDIR is in memory: set it to a folder on a disk");
    }
    file.set_len(4096).context("set its length")?;
    let memory = Mapping::of(&file, 4096, Sharing::Shared)?;
    memory.write_to_disk()?;
    println!("mapped, nothing stored: {} KiB dirty", dirty(&memory)?);
    println!("stored: the page becomes dirty: {}", becomes_dirty(&memory)?);
    memory.write_to_disk()?;
    println!("after msync: {} KiB dirty", dirty(&memory)?);
    Ok(())
}

/// Somebody may have called sync between our store and our look: so some attempts.
fn becomes_dirty(memory: &Mapping) -> Result<bool> {
    for attempt in 1..=100 {
        memory.word(0).store(attempt, Ordering::Relaxed);
        if dirty(memory)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// "Private" and "shared" count here how many processes have mapped the page, not how.
fn dirty(memory: &Mapping) -> Result<u64> {
    Ok(smaps::kib(memory.address(), "Private_Dirty")? + smaps::kib(memory.address(), "Shared_Dirty")?)
}
