//! Claim: a reader sees the end of the data only when *every* copy of the write end is closed.
//!
//! The write end has two copies here: the parent's and the child's. The child writes and ends. As long as the parent
//! keeps its copy, a read would wait for ever; this reader is non-blocking, so it says so instead of hanging.
//!
//! Usage: cargo run -q -p pipeline-shell --example eof_needs_every_writer_closed
//! See also: `pipe(7)` (I/O on pipes and FIFOs), `read(2)`

use anyhow::Result;
use nix::errno::Errno;
use pipeline_shell::{fork, pipe, status};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    pipe::set_nonblocking(&reader)?;
    let child = fork::child(|| pipe::write_all(&writer, b"last words").map(|()| 0))?;
    println!("writer: {}", status::wait(child)?);
    println!("first read: {}", read_once(&reader));
    println!("next read, parent still holds a write end: {}", read_once(&reader));
    drop(writer);
    println!("next read, no write end left: {}", read_once(&reader));
    Ok(())
}

fn read_once(reader: &OwnedFd) -> String {
    match nix::unistd::read(reader, &mut [0; 100]) {
        Ok(0) => "0 bytes: the end".to_owned(),
        Ok(count) => format!("{count} bytes"),
        Err(Errno::EAGAIN) => "nothing yet: would wait".to_owned(),
        Err(reason) => reason.to_string(),
    }
}
