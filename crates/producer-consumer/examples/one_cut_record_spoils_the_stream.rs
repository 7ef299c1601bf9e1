//! Claim: records longer than PIPE_BUF of several producers may mix, and after one mix no record can be trusted.
//!
//! The long writer is stopped half-way, as a busy machine could do at any moment, and another record gets into the gap.
//! The reader takes the other's length and bytes for a part of the record, and then finds a "length" in the middle of
//! text. A stream has no place where one could begin anew.
//!
//! Usage: cargo run -q -p producer-consumer --example one_cut_record_spoils_the_stream
//! See also: `pipe(7)` (PIPE_BUF), and the pipeline lecture: a_longer_write_can_be_cut_in_two

use anyhow::Result;
use producer_consumer::{asleep, buffer, framing, process};

fn main() -> Result<()> {
    let (reader, writer) = buffer::bounded(1)?;
    let long = process::child(|| Ok(framing::write_record(&writer, &[b'A'; 6000])?))?;
    asleep::until_asleep(long)?; // The pipe is full, 1908 bytes wait.
    process::stop(long)?;
    let mut bytes = vec![0; buffer::SLOT];
    framing::fill(&reader, &mut bytes)?;
    framing::write_record(&writer, b"short")?;
    drop(writer);
    process::go_on(long)?;
    bytes.extend(ipc_kit::read_to_end(&reader)?);
    process::join(long)?;

    // The reader's view: the same bytes, from a pipe.
    let (reader, writer) = ipc_kit::pipe()?;
    ipc_kit::write_all(&writer, &bytes)?;
    drop(writer);
    let record = framing::read_record(&reader)?.unwrap_or_default();
    let foreign = record.iter().filter(|byte| **byte != b'A').count();
    println!("sent: a record of 6000 times A, and the record \"short\"");
    println!("received: a record of {} bytes, {foreign} of them are not A", record.len());
    println!("then: {}", framing::read_record(&reader).expect_err("the place is lost"));
    Ok(())
}
