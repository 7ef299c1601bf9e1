//! Claim: a non-blocking call returns at once, but not always with success: it fails (EAGAIN) where it would wait.
//!
//! "Non-blocking send returns immediately" is half of the truth: until the buffer is full it succeeds, then it fails, and
//! the message is still the caller's. "Nothing yet" and "the end" are two different answers of a read.
//!
//! Usage: cargo run -q -p producer-consumer --example nonblocking_fails_where_it_would_wait
//! See also: `read(2)`, `write(2)` (EAGAIN), `open(2)` (O_NONBLOCK)

use anyhow::Result;
use nix::errno::Errno;
use producer_consumer::buffer;
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let (reader, writer) = buffer::bounded(2)?;
    buffer::set_nonblocking(&reader)?;
    buffer::set_nonblocking(&writer)?;
    println!("read, empty: {}", read(&reader));
    for _ in 0..3 {
        println!("send: {}", if buffer::try_put(&writer, &[0; buffer::SLOT])? { "done" } else { "EAGAIN" });
    }
    println!("read: {}", read(&reader));
    println!("send: {}", if buffer::try_put(&writer, &[0; buffer::SLOT])? { "done" } else { "EAGAIN" });
    drop(writer);
    println!("no producer is left: {}, {}, {}", read(&reader), read(&reader), read(&reader));
    Ok(())
}

fn read(reader: &OwnedFd) -> String {
    match nix::unistd::read(reader, &mut [0; buffer::SLOT]) {
        Ok(0) => "the end".to_owned(),
        Ok(count) => format!("{count} bytes"),
        Err(Errno::EAGAIN) => "EAGAIN".to_owned(),
        Err(reason) => reason.to_string(),
    }
}
