//! Claim: a write of at most PIPE_BUF (4096) bytes goes in whole or not at all; a longer one may go in by parts.
//!
//! That is why short records of many producers never mix, and it is easiest to see when the pipe is nearly full and
//! the writer does not wait.
//!
//! Usage: cargo run -q -p producer-consumer --example up_to_pipe_buf_it_is_all_or_nothing
//! See also: `pipe(7)` (PIPE_BUF); POSIX promises 512, Linux 4096

use anyhow::{Context, Result};
use nix::errno::Errno;
use producer_consumer::{buffer, fill};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    for (held, length) in [(8191, 4096), (8191, 1), (4096, 4096), (4096, 4097), (4096, 5000)] {
        let (reader, writer) = buffer::bounded(2)?;
        buffer::set_nonblocking(&writer)?;
        put(&writer, held)?;
        let taken = put(&writer, length)?;
        println!("room for {}, write of {length}: {taken}", 8192 - held);
        anyhow::ensure!(fill::bytes_in(&reader)? >= held, "what was in it stays");
    }
    Ok(())
}

fn put(writer: &OwnedFd, length: usize) -> Result<String> {
    match nix::unistd::write(writer, &vec![b'x'; length]) {
        Ok(count) => Ok(format!("takes {count}")),
        Err(Errno::EAGAIN) => Ok("EAGAIN, takes nothing".to_owned()),
        Err(reason) => Err(reason).context("write"),
    }
}
