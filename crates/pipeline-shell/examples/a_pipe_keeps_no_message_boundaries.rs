//! Claim: a pipe is a stream of bytes; what was one write may be two reads, and two writes one read.
//!
//! A read gives what is there, up to what was asked for. Who needs messages must mark their ends (newlines, lengths).
//!
//! Usage: cargo run -q -p pipeline-shell --example a_pipe_keeps_no_message_boundaries
//! See also: `pipe(7)`, `read(2)` (RETURN VALUE)

use anyhow::{Context, Result};
use pipeline_shell::pipe;
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    for message in ["one", "two", "three"] {
        pipe::write_all(&writer, message.as_bytes())?;
        println!("write {message:?}");
    }
    println!("read of at most 4: {:?}", read_once(&reader, 4)?);
    println!("read of at most 100: {:?}", read_once(&reader, 100)?);
    Ok(())
}

fn read_once(reader: &OwnedFd, most: usize) -> Result<String> {
    let mut bytes = vec![0; most];
    let count = nix::unistd::read(reader, &mut bytes).context("read from the pipe")?;
    bytes.truncate(count);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
