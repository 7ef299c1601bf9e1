//! Claim: two processes that both send first, and receive afterwards, wait for ever once both pipes are full.
//!
//! Each sends 65536 bytes to the other: it works, the pipes hold them. One byte more, and each waits in write for the
//! other to read. A bug that small tests do not find. (A message of the parent cannot break it; making room does.)
//!
//! Usage: cargo run -q -p producer-consumer --example two_full_pipes_are_a_deadlock
//! See also: `pipe(7)` (Pipe capacity), and poll_serves_both_directions for the cure

use anyhow::{Context, Result};
use nix::unistd::Pid;
use producer_consumer::{asleep, fill, framing, process};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let pipe = || ipc_kit::pipe().context("make a pipe");
    let ((to_ann, from_bob), (to_bob, from_ann)) = (pipe()?, pipe()?);
    let both = |bytes| -> Result<[Pid; 2]> {
        Ok([send_first(bytes, &from_ann, &to_ann)?, send_first(bytes, &from_bob, &to_bob)?])
    };
    both(65_536)?.into_iter().try_for_each(process::join)?;
    println!("65536 bytes each way: both have ended");

    let [ann, bob] = both(65_537)?;
    asleep::until_asleep(ann)?;
    asleep::until_asleep(bob)?;
    println!("65537 bytes each way: both sleep in write");
    println!("in the pipes: {} and {}", fill::bytes_in(&to_ann)?, fill::bytes_in(&to_bob)?);
    process::end(ann)?;
    process::end(bob)
}

/// A process that sends so many bytes, then receives as many.
fn send_first(bytes: usize, to: &OwnedFd, from: &OwnedFd) -> Result<Pid> {
    process::child(move || {
        ipc_kit::write_all(to, &vec![b'x'; bytes]).context("send")?;
        framing::fill(from, &mut vec![0; bytes]).map(drop).context("receive")
    })
}
