//! Claim: a read gives what is there, also if that is three bytes of a length; so it is repeated until all is there.
//!
//! The writer is interrupted in the middle of the length and in the middle of the record. Each time the reader gets a
//! part. Who takes the first part for the whole reads a wrong length, and everything after it is wrong.
//!
//! Usage: cargo run -q -p producer-consumer --example a_read_may_give_half_a_record
//! See also: `read(2)` (RETURN VALUE), `framing.rs` (fill)

use anyhow::{Context, Result};
use producer_consumer::framing;

fn main() -> Result<()> {
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    let bytes = framing::frame(b"hello")?;
    let mut received = Vec::new();
    for part in [&bytes[..3], &bytes[3..7], &bytes[7..]] {
        ipc_kit::write_all(&writer, part).context("write a part")?;
        let mut space = [0; 100];
        let count = nix::unistd::read(&reader, &mut space).context("read")?;
        received.extend_from_slice(&space[..count]);
        println!("asked for 100 bytes, got {count}; the record is complete: {}", received == bytes);
    }

    ipc_kit::write_all(&writer, &bytes).context("write it once more")?;
    let record = framing::read_record(&reader)?.context("a record comes")?;
    println!("read in a loop: {}", String::from_utf8_lossy(&record));
    Ok(())
}
