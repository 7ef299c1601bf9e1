//! Claim: a handler interrupts a call that waits: EINTR if nothing was moved, else a short count. Nothing is lost.
//!
//! EINTR is no error of the file. Call again (`ipc_kit::retry`), and go on where the count says (`ipc_kit::write_all`).
//!
//! Usage: cargo run -q -p signals --example a_signal_ends_a_wait_with_eintr
//! See also: `signal(7)` (Interruption of system calls), `write(2)` (RETURN VALUE)

use anyhow::{Context, Result};
use ipc_kit::{pipe, read_to_end, retry, write_all};
use nix::sys::signal::{SaFlags, Signal};
use nix::unistd::{read, write};
use signals::{asleep, child::Child, look, tally};
use std::os::fd::OwnedFd;

const MANY: usize = 4 << 20; // More than a pipe holds.

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::empty()).context("install a handler")?;
    reading("read", |end| read(end, &mut [0; 100]).map_err(|reason| reason.to_string()))?;
    reading("read in a loop", |end| retry(|| read(end, &mut [0; 100])).map_err(|reason| reason.to_string()))?;
    writing("write", |end| write(end, &[b'x'; MANY]))?;
    writing("write in a loop", |end| write_all(end, &[b'x'; MANY]).map(|()| MANY))
}

fn reading(what: &str, call: fn(&OwnedFd) -> Result<usize, String>) -> Result<()> {
    let (reader, writer) = pipe().context("make a pipe")?;
    let child = Child::run(|_| {
        match call(&reader) {
            Ok(count) => println!("{what}: {count} bytes"),
            Err(reason) => println!("{what}: {reason}"),
        }
        Ok(())
    })?;
    interrupt(&child, libc::SYS_read)?;
    write_all(&writer, b"hello").context("write")?; // Before it ends, this process holds a read end: no EPIPE.
    child.wait()?;
    Ok(())
}

fn writing(what: &str, call: fn(&OwnedFd) -> nix::Result<usize>) -> Result<()> {
    let (reader, writer) = pipe().context("make a pipe")?;
    let child = Child::run(|_| {
        let count = call(&writer).context("write")?;
        println!("{what}: {}", if count < MANY { "a part was taken" } else { "all was taken" });
        Ok(())
    })?;
    drop(writer);
    interrupt(&child, libc::SYS_write)?;
    let arrived = read_to_end(&reader).context("read")?.len();
    println!("{what}: arrived: {}", if arrived < MANY { "the part" } else { "all" });
    child.wait()?;
    Ok(())
}

/// Sends a signal when the child sleeps in that call, and returns when it has arrived.
fn interrupt(child: &Child, call: libc::c_long) -> Result<()> {
    asleep::until_in(child.pid(), call)?;
    child.send(Signal::SIGUSR1)?;
    look::until_taken(child.pid(), Signal::SIGUSR1)
}
