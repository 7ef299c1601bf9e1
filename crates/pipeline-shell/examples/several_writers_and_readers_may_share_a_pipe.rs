//! Claim: a pipe may have several writers and several readers; each byte is read by one of them.
//!
//! Three writers, two readers, records of 8 bytes. All arrive once. Which reader gets a record is chance, and
//! nothing in the pipe says which writer sent it: the bytes carry no author.
//!
//! Usage: cargo run -q -p pipeline-shell --example several_writers_and_readers_may_share_a_pipe
//! See also: `pipe(7)`

use anyhow::Result;
use pipeline_shell::{fork, pipe, status};

const WRITERS: u64 = 3;
const RECORDS: u64 = 2000;

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let (results, result_writer) = pipe::pipe()?;
    let mut children = Vec::new();
    for number in 0..WRITERS {
        children.push(fork::child(|| {
            for record in number * RECORDS..(number + 1) * RECORDS {
                pipe::write_all(&writer, &record.to_ne_bytes())?;
            }
            Ok(0)
        })?);
    }
    drop(writer); // Before the readers start: a reader that holds a write end waits for itself.
    for _ in 0..2 {
        // All is written and read in multiples of 8 bytes (4096 is one), so no reader gets a torn record.
        children
            .push(fork::child(|| pipe::write_all(&result_writer, &pipe::read_all(&reader)?).map(|()| 0))?);
    }
    drop(result_writer);

    let bytes = pipe::read_all(&results)?;
    for child in children {
        println!("{}", status::wait(child)?);
    }
    println!("{} records, {} of them different", bytes.len() / 8, different(&bytes));
    Ok(())
}

fn different(records: &[u8]) -> usize {
    records.chunks(8).collect::<std::collections::HashSet<_>>().len()
}
