//! Claim: mlock keeps pages in memory: no page fault and no swapping. It is a property of one mapping in one process;
//! a child of fork does not inherit it.
//!
//! For programs that must answer in time: audio, control, a secret that must not reach the disk. An ordinary user may
//! lock RLIMIT_MEMLOCK bytes.
//!
//! Usage: cargo run -q -p shm-ring --example locked_pages_are_seen_in_smaps
//! See also: `mlock(2)`, `getrlimit(2)` (RLIMIT_MEMLOCK), `proc_pid_smaps(5)`

use anyhow::Result;
use shm_ring::child::Child;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::smaps;

fn main() -> Result<()> {
    let memory = Mapping::anonymous(16 << 10, Sharing::Shared)?;
    let resident = || smaps::kib(memory.address(), "Rss");
    let locked = || smaps::kib(memory.address(), "Locked");
    println!("mapped:      {} of 16 KiB in memory, {} locked", resident()?, locked()?);
    memory.lock_in_memory()?;
    println!("after mlock: {} of 16 KiB in memory, {} locked", resident()?, locked()?);
    let child = Child::start(|| {
        println!("in a child:  {} locked", locked()?);
        Ok(())
    })?;
    child.end()?;
    Ok(())
}
