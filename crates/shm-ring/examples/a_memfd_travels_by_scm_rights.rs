//! Claim: a memfd is shared memory without a name. Who shall have it gets its descriptor over a Unix socket; nobody
//! else can open it, nobody can collide with it, and no crash leaves it behind.
//!
//! The child here is forked before the memory is made, so it has inherited nothing of it: it could be any process.
//!
//! Usage: cargo run -q -p shm-ring --example a_memfd_travels_by_scm_rights
//! See also: `memfd_create(2)`, `unix(7)` (SCM_RIGHTS)

use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use shm_ring::child::Child;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::{memfd, pass, segment};

fn main() -> Result<()> {
    let (ours, theirs) = UnixStream::pair().context("make a pair of sockets")?;
    let receiver = Child::start(|| {
        let received = pass::receive_descriptor(&theirs)?;
        println!(
            "receiver: {} bytes, of fixed size: {}",
            segment::length(&received)?,
            memfd::has_fixed_size(&received)?
        );
        let memory = Mapping::of(&received, segment::length(&received)?, Sharing::Shared)?;
        println!("receiver: adds 1 to {}", memory.word(0).fetch_add(1, Ordering::Relaxed));
        Ok(())
    })?;

    let memory = memfd::create(c"shm-ring-memfd", 4096)?;
    memfd::fix_size(&memory)?;
    let mapping = Mapping::of(&memory, 4096, Sharing::Shared)?;
    mapping.word(0).store(41, Ordering::Relaxed);
    let link = std::fs::read_link(format!("/proc/self/fd/{}", memory.as_raw_fd()))
        .context("look at the descriptor")?;
    println!("sender: the descriptor leads to {}", link.display());
    pass::send_descriptor(&ours, &memory)?;
    receiver.end()?;
    println!("sender: loads {}", mapping.word(0).load(Ordering::Relaxed));
    let names = std::fs::read_dir("/dev/shm").context("list the names")?;
    let named = names.flatten().any(|entry| entry.file_name() == "shm-ring-memfd");
    println!("a name in /dev/shm: {named}");
    Ok(())
}
