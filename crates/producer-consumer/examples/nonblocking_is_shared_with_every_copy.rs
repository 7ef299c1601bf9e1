//! Claim: O_NONBLOCK belongs to the open end, not to the descriptor: who sets it, sets it for all who share the end.
//!
//! A child makes its standard input non-blocking and ends. Its parent's next read fails with EAGAIN, which it never
//! asked for. So a program sets the flag only on an end that it has opened itself, or it opens the end a second time.
//!
//! Usage: cargo run -q -p producer-consumer --example nonblocking_is_shared_with_every_copy
//! See also: `open(2)` (open file description), `fcntl(2)` (F_SETFL), `buffer.rs` (own_reader)

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use producer_consumer::{buffer, process};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let (reader, _writer) = ipc_kit::pipe().context("make a pipe")?;
    println!("at first, the parent's end is non-blocking: {}", is_nonblocking(&reader)?);
    process::join(process::child(|| buffer::own_reader(&reader).map(drop))?)?;
    println!("a child opened it a second time, non-blocking: {}", is_nonblocking(&reader)?);
    process::join(process::child(|| buffer::set_nonblocking(&reader))?)?;
    println!("a child set its inherited copy non-blocking: {}", is_nonblocking(&reader)?);
    Ok(())
}

fn is_nonblocking(end: &OwnedFd) -> Result<bool> {
    let flags = fcntl(end, FcntlArg::F_GETFL).context("ask for the flags")?;
    Ok(OFlag::from_bits_retain(flags).contains(OFlag::O_NONBLOCK))
}
