//! Claim: who waits for a child before reading its output waits for ever, once the output is larger than the pipe.
//!
//! The child waits in write for the parent to read; the parent would wait in waitpid for the child to end. With
//! 65536 bytes it works, with one byte more it hangs: a bug that small tests do not find.
//!
//! Usage: cargo run -q -p pipeline-shell --example waiting_before_reading_is_a_deadlock
//! See also: `pipe(7)`, `waitpid(2)` (WNOHANG)

use anyhow::{Context, Result};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use pipeline_shell::{asleep, fork, pipe, status};

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let fits = fork::child(|| pipe::write_all(&writer, &[b'x'; 65_536]).map(|()| 0))?;
    drop(writer);
    println!("65536 bytes, wait first: {}", status::wait(fits)?);
    println!("then read: {} bytes", pipe::read_all(&reader)?.len());

    let (reader, writer) = pipe::pipe()?;
    let too_big = fork::child(|| pipe::write_all(&writer, &[b'x'; 65_537]).map(|()| 0))?;
    drop(writer);
    asleep::until(too_big, 'S')?;
    let ended = waitpid(too_big, Some(WaitPidFlag::WNOHANG)).context("look at the child")?;
    println!("65537 bytes: the child would never end: {}", ended == WaitStatus::StillAlive);
    println!("read first: {} bytes", pipe::read_all(&reader)?.len());
    println!("then wait: {}", status::wait(too_big)?);
    Ok(())
}
