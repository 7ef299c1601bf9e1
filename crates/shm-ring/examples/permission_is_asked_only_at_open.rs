//! Claim: permission is asked when a segment is opened, never at a load or store. Who has it mapped keeps it,
//! whatever becomes of the mode; and who opened it to read cannot map it to write.
//!
//! So a reader can be kept from writing, if it gets a read-only descriptor. A writer cannot be kept from anything.
//!
//! Usage: cargo run -q -p shm-ring --example permission_is_asked_only_at_open
//! See also: `mmap(2)` (EACCES), `shm_open(3)` (O_RDONLY)

use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use nix::sys::stat::{Mode, fchmod};
use shm_ring::map::{Mapping, Sharing};
use shm_ring::segment::{self, Name};

fn main() -> Result<()> {
    let name = Name::own("permission");
    let segment = segment::create(&name, 4096)?;
    let memory = Mapping::of(&segment, 4096, Sharing::Shared)?;
    let reader = segment::open_to_read(&name)?;
    fchmod(&segment, Mode::empty()).context("take all rights")?;
    memory.word(0).store(1, Ordering::Relaxed);
    println!("mode 0000, and a mapping made before: stores {}", memory.word(0).load(Ordering::Relaxed));

    let refused = Mapping::of(&reader, 4096, Sharing::Shared).expect_err("opened to read");
    println!("opened to read, mapped shared to write: {}", refused.root_cause());
    let copy = Mapping::of(&reader, 4096, Sharing::Private)?;
    println!("opened to read, mapped privately: loads {}", copy.word(0).load(Ordering::Relaxed));
    copy.word(0).store(2, Ordering::Relaxed);
    println!("    stores 2 in its own copy; the segment holds {}", memory.word(0).load(Ordering::Relaxed));
    Ok(())
}
