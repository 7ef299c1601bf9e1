//! Claim: one pipe serves many producers and many consumers; each record reaches one of them, in its producer's order.
//!
//! Three producers and two consumers, records of 8 bytes: who sent it, and which one it is. Nobody locks anything. A pipe
//! does not know its writers, so the record must name its author; and "in order" is promised per producer only.
//!
//! Usage: cargo run -q -p producer-consumer --example each_record_goes_to_one_consumer
//! See also: `pipe(7)`; that a pipe has "one producer and one consumer" is often said and wrong

use anyhow::{Context, Result};
use producer_consumer::process;
use std::collections::HashSet;
use std::os::fd::OwnedFd;

const PRODUCERS: u32 = 3;
const RECORDS: u32 = 2000;

fn main() -> Result<()> {
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    let mut children = Vec::new();
    for author in 0..PRODUCERS {
        children.push(process::child(|| produce(author, &writer))?);
    }
    drop(writer); // Before the consumers start: one that holds a write end would wait for itself.
    let mut results = Vec::new();
    for _ in 0..2 {
        let (result_out, result_in) = ipc_kit::pipe().context("make a pipe for the result")?;
        children.push(process::child(|| {
            let mine = ipc_kit::read_to_end(&reader).context("consume")?;
            ipc_kit::write_all(&result_in, &mine).context("tell the result")
        })?);
        results.push(result_out);
    }

    let taken = results.iter().map(ipc_kit::read_to_end).collect::<nix::Result<Vec<_>>>().context("read")?;
    children.into_iter().try_for_each(process::join)?;
    let all: Vec<&[u8]> = taken.iter().flat_map(|bytes| bytes.chunks(8)).collect();
    println!("{} records, {} of them different", all.len(), all.iter().collect::<HashSet<_>>().len());
    println!("each consumer saw each producer's in order: {}", taken.iter().all(|bytes| is_in_order(bytes)));
    Ok(())
}

fn produce(author: u32, writer: &OwnedFd) -> Result<()> {
    // 8 bytes divide every size that a read may give here, so no consumer gets a part of a record.
    (0..RECORDS).try_for_each(|number| {
        let record = [author.to_le_bytes(), number.to_le_bytes()].concat();
        ipc_kit::write_all(writer, &record).context("produce")
    })
}

fn is_in_order(records: &[u8]) -> bool {
    let number = |part: &[u8]| u32::from_le_bytes([part[0], part[1], part[2], part[3]]);
    let of = |author| records.chunks(8).filter(move |record| number(record) == author);
    (0..PRODUCERS).all(|author| of(author).map(|record| number(&record[4..])).is_sorted())
}
