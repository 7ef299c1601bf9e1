//! Claim: when the reader of a FIFO dies, another may take over, but what the dead one had in its hands is lost.
//!
//! The first reader takes 5 records with one read, as every buffered reader does, works on one and dies. The writer stays,
//! so what is still in the pipe waits for the second reader. Records 2 to 5 are nowhere, and nobody was told: a pipe
//! has no receipts. Whoever needs them must have them sent again.
//!
//! Usage: cargo run -q -p producer-consumer --example a_dead_fifo_reader_takes_records_with_it
//! See also: `fifo(7)`; a queue that keeps messages until they are acknowledged is a job for a broker

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, raise};
use producer_consumer::{fifo::Fifo, framing, process};
use std::os::fd::OwnedFd;

/// Bytes of a record.
const RECORD: usize = 8;

fn main() -> Result<()> {
    let fifo = Fifo::new()?;
    let (done, tell_done) = ipc_kit::pipe().context("make a pipe for the results")?;
    let first = process::child(|| {
        let reader = fifo.reader()?;
        let mut hands = [0; 5 * RECORD];
        framing::fill(&reader, &mut hands)?;
        work_on(&hands[..RECORD], &tell_done)?;
        raise(Signal::SIGKILL).context("die")
    })?;
    let writer = fifo.writer()?;
    // One write: all 8 are in the pipe before the reader can take any.
    let records: Vec<u8> = (1..=8_u64).flat_map(u64::to_le_bytes).collect();
    ipc_kit::write_all(&writer, &records).context("write")?;
    println!("the first reader: exit code {}", process::end_of(first)?);

    let second = process::child(|| {
        let reader = fifo.reader_now()?; // The writer is there; what waits can be read.
        let mut record = [0; RECORD];
        (6..=8).try_for_each(|_| {
            framing::fill(&reader, &mut record)?;
            work_on(&record, &tell_done)
        })
    })?;
    process::join(second)?;
    drop(tell_done);
    let numbers = ipc_kit::read_to_end(&done).context("read the results")?;
    println!("worked on: {:?}", numbers.chunks(RECORD).map(|record| record[0]).collect::<Vec<_>>());
    Ok(())
}

fn work_on(record: &[u8], done: &OwnedFd) -> Result<()> {
    ipc_kit::write_all(done, record).context("tell the result")
}
