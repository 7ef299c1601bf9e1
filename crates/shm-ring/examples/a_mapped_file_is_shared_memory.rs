//! Claim: a mapped file is shared memory that is kept. Loads, stores, read and write all meet in one page cache, so a
//! store is in the file at once for everybody on this machine, even if its process is killed at that instant.
//!
//! The disk is another matter: see the example writes_reach_the_disk_later. And a mapping cannot make a file longer.
//!
//! Usage: cargo run -q -p shm-ring --example a_mapped_file_is_shared_memory
//! See also: `mmap(2)` (MAP_SHARED), `read(2)`

use std::fs;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use shm_ring::child::Child;
use shm_ring::gate::Gate;
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let path = folder.path().join("log");
    fs::write(&path, "cold").context("write a file")?;
    let file = fs::File::options().read(true).write(true).open(&path).context("open the file")?;
    let memory = Mapping::of(&file, 4096, Sharing::Shared)?;
    let text = || fs::read_to_string(&path).context("read the file");

    memory.byte(0).store(b'g', Ordering::Relaxed);
    println!("a store; read finds {:?}", text()?);
    file.write_all_at(b"m", 0).context("write to the file")?;
    println!("a write; a load finds {:?}", char::from(memory.byte(0).load(Ordering::Relaxed)));

    let stored = Gate::new()?;
    let child = Child::start(|| {
        memory.byte(0).store(b'f', Ordering::Relaxed);
        stored.open()?;
        Gate::new()?.pass()
    })?;
    stored.pass()?;
    child.kill()?;
    println!("a child stores and is killed; read finds {:?}", text()?);
    memory.byte(4).store(b'!', Ordering::Relaxed);
    println!("a store behind the end, in the last page; read finds {:?}", text()?);
    Ok(())
}
