//! Claim: the reader of a FIFO is told the end whenever the last writer leaves, and again at each read, without waiting.
//!
//! A server that takes the end for the end serves one client. One that simply reads again, spins: the end is reported at
//! once, again and again. If it holds a write end itself, there is always a writer, no end comes, and it sleeps.
//!
//! Usage: cargo run -q -p producer-consumer --example a_fifo_reader_sees_an_end_after_each_writer
//! See also: `fifo(7)`, `pipe(7)`

use anyhow::{Context, Result};
use nix::errno::Errno;
use producer_consumer::fifo::Fifo;
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let fifo = Fifo::new()?;
    let reader = fifo.reader_now()?;
    client(&fifo, "first")?;
    println!("{}, {}, {}", read(&reader), read(&reader), read(&reader));

    let _own = fifo.writer_now()?.context("we read ourselves")?;
    client(&fifo, "second")?;
    println!("{}, {}", read(&reader), read(&reader));
    client(&fifo, "third")?;
    println!("{}, {}", read(&reader), read(&reader));
    Ok(())
}

/// Comes, writes and leaves.
fn client(fifo: &Fifo, text: &str) -> Result<()> {
    let writer = fifo.writer_now()?.context("somebody reads")?;
    ipc_kit::write_all(&writer, text.as_bytes()).context("write")
}

fn read(reader: &OwnedFd) -> String {
    let mut bytes = [0; 100];
    match nix::unistd::read(reader, &mut bytes) {
        Ok(0) => "the end".to_owned(),
        Ok(count) => format!("\"{}\"", bytes[..count].escape_ascii()),
        Err(Errno::EAGAIN) => "(would wait)".to_owned(),
        Err(reason) => reason.to_string(),
    }
}
