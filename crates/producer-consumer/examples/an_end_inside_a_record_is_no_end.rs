//! Claim: the end of the stream is an end only between two records; inside one it means that the writer died.
//!
//! A record of 3 bytes has 7 with its length. The stream is cut after each possible number of bytes. A reader that takes
//! every end for a good one would report success six times out of eight, with a record missing.
//!
//! Usage: cargo run -q -p producer-consumer --example an_end_inside_a_record_is_no_end
//! See also: `read(2)` (0 is the end of file), `framing.rs`

use anyhow::{Context, Result};
use producer_consumer::framing;

fn main() -> Result<()> {
    let bytes = framing::frame(b"end")?;
    for cut in 0..=bytes.len() {
        let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
        ipc_kit::write_all(&writer, &bytes[..cut]).context("write a part")?;
        drop(writer);
        let result = match framing::read_record(&reader) {
            Ok(None) => "the end".to_owned(),
            Ok(Some(record)) => format!("the record \"{}\"", record.escape_ascii()),
            Err(error) => format!("error: {error}"),
        };
        println!("cut after {cut}: {result}");
    }
    Ok(())
}
