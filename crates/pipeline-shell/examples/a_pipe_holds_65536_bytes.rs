//! Claim: a pipe holds 65536 bytes (16 pages) that nobody has read; then a write has no room.
//!
//! The writer is non-blocking: its write fails with EAGAIN instead of waiting. A blocking one sleeps there, see the
//! example a_full_pipe_stops_the_writer. So "non-blocking" does not mean "always works at once".
//!
//! Usage: cargo run -q -p pipeline-shell --example a_pipe_holds_65536_bytes
//! See also: `pipe(7)` (pipe capacity; it is less for a user who has very many pipes), `fcntl(2)` (F_GETPIPE_SZ)

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use pipeline_shell::pipe;

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    pipe::set_nonblocking(&writer)?;
    let capacity = fcntl(&writer, FcntlArg::F_GETPIPE_SZ).context("ask for the capacity")?;
    println!("the kernel says: {capacity} bytes");

    let mut written = 0;
    let refusal = loop {
        match nix::unistd::write(&writer, b"x") {
            Ok(count) => written += count,
            Err(reason) => break reason,
        }
    };
    println!("bytes written one by one: {written}");
    println!(
        "the next one: {}",
        if refusal == Errno::EAGAIN { "EAGAIN, try again later" } else { refusal.desc() }
    );
    nix::unistd::read(&reader, &mut [0; 4096]).context("read a page")?;
    println!(
        "after reading 4096 bytes: {} more",
        nix::unistd::write(&writer, &[b'x'; 10_000]).context("write")?
    );
    Ok(())
}
