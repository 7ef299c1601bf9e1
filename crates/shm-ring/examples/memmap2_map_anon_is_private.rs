//! Claim: fork copies memory, and after that nobody sees what the other one stores, unless the mapping is shared. The
//! anonymous mapping of the crate memmap2 is MAP_PRIVATE: good as a buffer, useless between processes.
//!
//! Its documentation says "anonymous memory map", not whose. The kernel's list of mappings does: `p` or `s`. For
//! sharing use MAP_SHARED, or a memfd, which memmap2 maps shared.
//!
//! Usage: cargo run -q -p shm-ring --example memmap2_map_anon_is_private
//! See also: `mmap(2)` (MAP_ANONYMOUS), `proc_pid_maps(5)`, `fork(2)`

use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use memmap2::{MmapMut, MmapRaw};
use shm_ring::child::Child;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::{memfd, smaps};

fn main() -> Result<()> {
    let mut buffer = MmapMut::map_anon(4096).context("map with memmap2")?;
    let memory = Mapping::anonymous(4096, Sharing::Shared)?;
    let descriptor = memfd::create(c"pages", 4096)?;
    let raw = MmapRaw::map_raw(&descriptor).context("map a memfd with memmap2")?;
    println!("memmap2, anonymous:      {}", smaps::permissions(buffer.as_ptr().addr())?);
    println!("MAP_SHARED, anonymous:   {}", smaps::permissions(memory.address())?);
    println!("memmap2, of a memfd:     {}", smaps::permissions(raw.as_ptr().addr())?);

    let child = Child::start(|| {
        buffer[0] = 1;
        memory.byte(0).store(1, Ordering::Relaxed);
        println!("a child stores 1 and loads {}, {}", buffer[0], memory.byte(0).load(Ordering::Relaxed));
        Ok(())
    })?;
    child.end()?;
    println!("its parent loads {}, {}", buffer[0], memory.byte(0).load(Ordering::Relaxed));
    Ok(())
}
