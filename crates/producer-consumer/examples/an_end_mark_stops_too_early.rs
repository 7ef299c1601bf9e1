//! Claim: with many producers an end mark ends too early; the pipe's own end comes when the *last* one has closed.
//!
//! Two producers send records and then the mark "end". A consumer that stops at the first mark misses what the other
//! producer sends. It could count marks, if it knew the number of producers and if none of them died. End of file
//! counts for it: also those that were killed.
//!
//! Usage: cargo run -q -p producer-consumer --example an_end_mark_stops_too_early
//! See also: `pipe(7)`, and the pipeline lecture: eof_needs_every_writer_closed

use anyhow::{Context, Result};
use producer_consumer::{framing, process};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    println!("until the first mark: {} of 5 records", consume(|record| record == b"end")?);
    println!("until the end of file: {} of 5 records", consume(|_| false)?);
    Ok(())
}

/// Lets two producers send 2 and 3 records, each with a mark behind: how many come before the consumer stops.
fn consume(stops_at: impl Fn(&[u8]) -> bool) -> Result<usize> {
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    let (gate, opened) = ipc_kit::pipe().context("make a gate")?;
    let quick = process::child(|| produce(2, &writer))?;
    let slow = process::child(|| {
        process::close_copy(&opened)?;
        framing::fill(&gate, &mut [0])?; // Until the quick one has ended.
        produce(3, &writer)
    })?;
    drop(writer);
    process::join(quick)?;
    drop(opened);

    let mut records = 0;
    while let Some(record) = framing::read_record(&reader)? {
        if stops_at(&record) {
            break;
        }
        records += usize::from(record != b"end");
    }
    process::join(slow)?;
    Ok(records)
}

fn produce(records: usize, writer: &OwnedFd) -> Result<()> {
    (0..records).try_for_each(|_| framing::write_record(writer, b"data"))?;
    framing::write_record(writer, b"end").context("send the mark")
}
