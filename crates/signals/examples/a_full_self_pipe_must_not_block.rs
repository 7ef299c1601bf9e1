//! Claim: the handler's pipe must be non-blocking. When it is full, a blocking write sleeps inside the handler for ever;
//! a non-blocking one fails, and nothing is lost: the loop has something to wake it.
//!
//! A pipe holds 65 536 bytes: so many signals may come while the loop is busy. The reader that would make room is the
//! very process that sleeps.
//!
//! Usage: cargo run -q -p signals --example a_full_self_pipe_must_not_block
//! See also: `pipe(7)` (O_NONBLOCK), `src/self_pipe.rs`
#![allow(unsafe_code, reason = "a handler that writes")]

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};
use nix::unistd::{pipe2, read};
use signals::{action, asleep, child::Child};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};

static WRITE_END: AtomicI32 = AtomicI32::new(-1);
static NOT_WRITTEN: AtomicU32 = AtomicU32::new(0);

extern "C" fn note(_number: libc::c_int) {
    // SAFETY: write(2) is async-signal-safe, and the pointer leads to one byte. (Nobody looks at errno here.)
    if unsafe { libc::write(WRITE_END.load(Relaxed), [b'x'].as_ptr().cast(), 1) } != 1 {
        NOT_WRITTEN.fetch_add(1, Relaxed);
    }
}

const SIGNALS: u32 = 65_537; // One more than the pipe holds.

fn main() -> Result<()> {
    let child = Child::run(|_| signal_often(OFlag::O_CLOEXEC))?;
    asleep::until_in(child.pid(), libc::SYS_write)?;
    println!("blocking: the process sleeps in the write of its own handler, and nobody can wake it");
    drop(child); // Kills it.
    signal_often(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)
}

fn signal_often(flags: OFlag) -> Result<()> {
    let (reader, writer) = pipe2(flags).context("make a pipe")?;
    WRITE_END.store(writer.as_raw_fd(), Relaxed);
    // SAFETY: the handler calls write(2) only.
    unsafe { action::catch(Signal::SIGUSR1, note, SaFlags::empty(), SigSet::empty()) }.context("install")?;
    for _ in 0..SIGNALS {
        raise(Signal::SIGUSR1).context("raise a signal")?;
    }
    let waiting = read(&reader, &mut vec![0; 1 << 20]).context("read")?;
    let not_written = NOT_WRITTEN.load(Relaxed);
    println!("non-blocking: {SIGNALS} signals, {not_written} not written; to wake the loop: {waiting} bytes");
    action::restore_default(Signal::SIGUSR1).context("take the handler away")?; // Before the pipe is closed.
    Ok(())
}
