//! Claim: a stream of bytes has no structure; what the records are is decided by whoever reads it.
//!
//! The same 12 bytes, read by three programs: one cuts at newlines, one after each 4 bytes, one after the length
//! that the first byte gives. Each is sure of its result. That sender and receiver mean the same is their agreement
//! (the protocol), not the pipe's work.
//!
//! Usage: cargo run -q -p producer-consumer --example the_structure_is_in_the_reader
//! See also: `pipe(7)`, and the pipeline lecture: the_builder_makes_outputs_fit_inputs

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    ipc_kit::write_all(&writer, b"\x03pay\x07\n5 now\n").context("write")?;
    drop(writer);
    let bytes = ipc_kit::read_to_end(&reader).context("read")?;

    show("at newlines", bytes.split_inclusive(|byte| *byte == b'\n').collect());
    show("each 4 bytes", bytes.chunks(4).collect());
    let mut records = Vec::new();
    let mut rest = &bytes[..];
    while let Some((length, after)) = rest.split_first() {
        let (record, next) =
            after.split_at_checked(usize::from(*length)).context("a whole record is left")?;
        records.push(record);
        rest = next;
    }
    show("by length", records);
    Ok(())
}

fn show(rule: &str, records: Vec<&[u8]>) {
    let records: Vec<String> =
        records.iter().map(|record| format!("\"{}\"", record.escape_ascii())).collect();
    println!("{rule}: {}", records.join(" "));
}
