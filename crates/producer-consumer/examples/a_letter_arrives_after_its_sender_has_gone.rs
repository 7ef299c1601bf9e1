//! Claim: sending to a buffer is asynchronous: the sender goes on, and may have ended before anybody receives.
//!
//! Like a letter. What the sender does *not* know is whether it arrived: its success means "the kernel has it".
//!
//! Usage: cargo run -q -p producer-consumer --example a_letter_arrives_after_its_sender_has_gone
//! See also: `write(2)`, `pipe(7)`

use anyhow::{Context, Result};
use producer_consumer::{framing, process};

fn main() -> Result<()> {
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    let sender = process::child(|| Ok(framing::write_record(&writer, b"see you tomorrow")?))?;
    println!("the sender: exit code {}", process::end_of(sender)?);
    let letter = framing::read_record(&reader)?.context("the letter is there")?;
    println!("now the receiver starts, and reads: {}", String::from_utf8_lossy(&letter));

    let sender = process::child(|| Ok(framing::write_record(&writer, b"are you there?")?))?;
    println!("another sender: exit code {}", process::end_of(sender)?);
    drop(reader);
    println!("the receiver leaves without reading; nobody can tell the sender");
    Ok(())
}
