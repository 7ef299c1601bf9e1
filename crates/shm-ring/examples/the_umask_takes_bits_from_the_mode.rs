//! Claim: the mode given to shm_open is a wish, from which the umask takes bits. fchmod, before there is anything in
//! the segment, sets it whatever the umask.
//!
//! A segment has no other protection: no password, no identity of the peer. Whoever may open it may read and change
//! all of it.
//!
//! Usage: cargo run -q -p shm-ring --example the_umask_takes_bits_from_the_mode
//! See also: `umask(2)`, `shm_open(3)` (mode), `fchmod(2)`

use std::os::fd::AsFd;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::mman::shm_open;
use nix::sys::stat::{Mode, fstat, umask};
use shm_ring::segment::{self, Name};

fn main() -> Result<()> {
    for mask in [0o000, 0o022, 0o077, 0o777] {
        umask(Mode::from_bits_truncate(mask));
        let (plain, careful) = (Name::own("plain"), Name::own("careful"));
        let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_RDWR;
        let asked = Mode::from_bits_truncate(0o666);
        let wished = shm_open(&*plain, flags, asked).context("create with mode 0666")?;
        let set = segment::create(&careful, 4096)?;
        println!(
            "umask {mask:03o}: shm_open with 0666 gives {}, segment::create {}",
            mode(wished)?,
            mode(set)?
        );
    }
    Ok(())
}

fn mode(segment: impl AsFd) -> Result<String> {
    let found = fstat(segment).context("ask for the mode")?;
    Ok(format!("{:04o}", found.st_mode & 0o777))
}
