//! Claim: on Linux a POSIX segment is a file in /dev/shm, a file system without a disk; its name is one component.
//!
//! So `ls`, `rm` and `hexdump` work, and so do owner, mode and rename. Portable programs use shm_open only.
//!
//! Usage: cargo run -q -p shm-ring --example a_segment_is_a_file_in_dev_shm
//! See also: `shm_overview(7)`, `shm_open(3)` (name), `tmpfs(5)`

use std::fs;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use shm_ring::map::{Mapping, Sharing};
use shm_ring::segment::{self, Name};

fn main() -> Result<()> {
    let name = Name::own("file");
    let segment = segment::create(&name, 4)?;
    let memory = Mapping::of(&segment, 4, Sharing::Shared)?;
    memory.word(0).store(u32::from_le_bytes(*b"rain"), Ordering::Relaxed);

    let path = format!("/dev/shm{}", &*name);
    let bytes = fs::read(&path).context("read the file")?;
    println!("cat /dev/shm/NAME: {:?}", String::from_utf8_lossy(&bytes));
    let system = statfs(path.as_str()).context("ask for the file system")?;
    println!("a file system without a disk: {}", system.filesystem_type() == TMPFS_MAGIC);
    fs::remove_file(&path).context("remove the file")?;
    println!("rm /dev/shm/NAME; open: {}", segment::open(&name).expect_err("it is removed").root_cause());

    let long = format!("/{}", "x".repeat(256));
    for (bad, shown) in
        [("/weather/today", "/weather/today"), ("/", "/"), (long.as_str(), "/ and 256 letters")]
    {
        println!("create {shown}: {}", segment::create(bad, 4).expect_err("a bad name").root_cause());
    }
    Ok(())
}
